"""The bell, on a real Valkey."""
