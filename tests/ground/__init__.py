"""The database binding."""
