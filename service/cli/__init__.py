"""Flask commands.

In: what an administrator types. Out: calls into the rooms, each in one transaction, and words on the terminal.
"""

from flask import Flask

from service.cli import (
    calendar,
    clock,
    deadlines,
    digest,
    doctor,
    evidence,
    figures,
    intake,
    outbox,
    preset,
    quarantine,
    user,
)


def register(app: Flask) -> None:
    """Add every command group to the app."""
    app.cli.add_command(doctor.command)
    for module in (preset, user, intake, quarantine, outbox, deadlines, clock, calendar, digest, figures, evidence):
        app.cli.add_command(module.group)
