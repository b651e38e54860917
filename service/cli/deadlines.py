"""`flask deadlines sweep`."""

import click
from flask.cli import AppGroup

from service.casework import quiet, sweep
from service.database import transaction
from service.intake.watermark import sight

group = AppGroup("deadlines", help="The clocks of cases.")


@group.command("sweep")
def sweep_command() -> None:
    """Do every due step now, as the schedule would."""
    done = 0
    while count := sweep.turn(transaction, sight) or quiet.turn(transaction, sight):
        done += count
    click.echo(f"{done} steps done.")
