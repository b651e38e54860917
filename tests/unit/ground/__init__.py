"""Pure rules of ground."""
