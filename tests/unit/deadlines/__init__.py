"""Pure rules of deadlines."""
