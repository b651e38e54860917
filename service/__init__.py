"""Tuntas: every public complaint answered within 24 hours.

The rooms follow the road of a complaint; a room imports only rooms that stand before it
(`pyproject.toml`, importlinter). Flask lives in `web`, `api`, `cli`, `app` and `database` only.
"""
