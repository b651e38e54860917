"""`flask quarantine list|show|retry`."""

import sys

import click
from flask.cli import AppGroup

from service import queues
from service.database import transaction
from service.intake import quarantine
from service.intake.quarantine import NotInQuarantineError

group = AppGroup("quarantine", help="Mail that waits for a person.")


@group.command("list")
def list_command() -> None:
    """One line a mail: id, arrival, size, reason."""
    with transaction() as session:
        for row in quarantine.waiting(session):
            click.echo(f"{row.id}  {row.received_at:%Y-%m-%d %H:%M}Z  {row.size:>9}  {row.reason}")


@group.command("show")
@click.argument("mail_id", type=int)
def show_command(mail_id: int) -> None:
    """Print a mail's bytes as they arrived."""
    with transaction() as session:
        sys.stdout.buffer.write(_held(session, mail_id).raw)


@group.command("retry")
@click.argument("mail_ids", type=int, nargs=-1)
@click.option("--all", "every", is_flag=True)
def retry_command(mail_ids: tuple[int, ...], every: bool) -> None:
    """Have mails judged again."""
    with transaction() as session:
        chosen = [row.id for row in quarantine.waiting(session)] if every else list(mail_ids)
        for mail_id in chosen:
            quarantine.retry(session, _held(session, mail_id))
        queues.ring_after_commit(session, queues.PROCESS_MAIL)
    click.echo(f"{len(chosen)} put back.")


def _held(session, mail_id: int):
    try:
        return quarantine.held(session, mail_id)
    except NotInQuarantineError:
        raise click.ClickException(f"mail {mail_id} is not in quarantine") from None
