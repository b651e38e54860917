"""Tests of outbox, on a real database."""
