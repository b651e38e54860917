"""The embedded parts, the launcher, the mail reader and the set-up, really run."""
