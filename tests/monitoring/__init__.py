"""The watch, its alarms and its letters."""
