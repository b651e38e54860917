"""What went wrong elsewhere, and must not happen here: one file a theme, one test a fault (docs/mail.md)."""
