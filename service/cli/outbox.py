"""`flask outbox list|retry`."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from service import queues
from service.database import transaction
from service.outbox import delivery
from service.outbox.records import DEAD, OutboundMail

group = AppGroup("outbox", help="Mail that could not be delivered.")


@group.command("list")
def list_command() -> None:
    """One line a dead letter: id, kind, recipient, the server's last words."""
    with transaction() as session:
        for row in session.scalars(select(OutboundMail).where(OutboundMail.status == DEAD).order_by(OutboundMail.id)):
            click.echo(f"{row.id}  {row.kind:16} {row.to_address:40} {row.log[-1]['words'] if row.log else ''}")


@group.command("retry")
@click.argument("mail_ids", type=int, nargs=-1)
@click.option("--all", "every", is_flag=True)
def retry_command(mail_ids: tuple[int, ...], every: bool) -> None:
    """Put dead letters back into the queue."""
    with transaction() as session:
        dead = session.scalars(select(OutboundMail.id).where(OutboundMail.status == DEAD)).all()
        chosen = [mail_id for mail_id in (dead if every else mail_ids) if delivery.retry(session, mail_id)]
        queues.ring_after_commit(session, queues.DELIVER_MAIL)
    click.echo(f"{len(chosen)} put back.")
