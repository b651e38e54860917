"""`flask intake run-once`."""

import click
from flask.cli import AppGroup

from service.config import settings
from service.database import transaction
from service.intake import poll, process
from service.intake.mailbox import ImapMailbox, name_of

group = AppGroup("intake", help="Mail that comes in.")
OWNER = "flask intake run-once"


@group.command("run-once")
def run_once() -> None:
    """Read every mailbox once and process what is there, without poller or worker."""
    for url in settings().imap_urls:
        name = name_of(url)
        if not poll.take_lease(transaction, name, OWNER):
            click.echo(f"{name}: a poller is at work")
            continue
        folder = ImapMailbox(url)
        try:
            click.echo(f"{name}: {poll.turn(transaction, folder, name, OWNER, first=True)} new")
        finally:
            folder.close()
            poll.give_up_lease(transaction, name, OWNER)
    done = 0
    while count := process.turn(transaction):
        done += count
    click.echo(f"{done} processed")
