"""Tests of pure rules: no database."""
