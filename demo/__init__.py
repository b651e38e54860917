"""The simulated city that `make demo` plays: its people's words (content/), their photos, and what they do."""
