"""How Tuntas is set up and started: gunicorn's settings, the set-up script, and the embedded parts of `make run`."""
