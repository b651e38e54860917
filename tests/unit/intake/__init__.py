"""Pure rules of intake."""
