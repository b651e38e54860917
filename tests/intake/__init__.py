"""Tests of intake, on a real database."""
