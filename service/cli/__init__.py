"""Flask commands.

In: what an administrator types. Out: calls into the rooms, each in one transaction, and words on the terminal.
"""

from flask import Flask

from service.cli import deadlines, digest, doctor, outbox, preset, quarantine, user


def register(app: Flask) -> None:
    """Add every command group to the app."""
    for module in (preset, user, quarantine, outbox, deadlines, digest, doctor):
        app.cli.add_command(module.group)
