"""Tests of compliance, on a real database."""
