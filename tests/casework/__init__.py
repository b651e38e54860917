"""The acts, on a real database."""
