"""Presets in the database."""
