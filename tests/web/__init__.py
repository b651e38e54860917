"""Tests of the pages, through HTTP, on a real database."""
