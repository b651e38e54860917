"""Every test; `make test` runs them all."""
