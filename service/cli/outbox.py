"""`flask outbox list|retry`.

Exit codes: 0 all was done, 1 a mail that was asked for is not on the shelf (the others are put back), 2 the command
was not understood.
"""

import json
import sys

import click
from flask.cli import AppGroup
from sqlalchemy import ColumnElement, Select, func, select

from service import queues
from service.cli.plain import plain_line
from service.database import transaction
from service.outbox import delivery
from service.outbox.records import DEAD, OutboundMail

group = AppGroup("outbox", help="Mail that could not be delivered.")


@group.command("list")
@click.option("--to", "recipient", default="", metavar="ADDRESS", help="Only mail to this address.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects, for programs.")
def list_command(recipient: str, as_json: bool) -> None:
    """One line a dead letter: id, kind, recipient, the server's last words."""
    with transaction() as session:
        rows = list(session.scalars(_dead(recipient)))
        if as_json:
            click.echo(json.dumps([_as_json(row) for row in rows], indent=1, ensure_ascii=False))
            return
        for row in rows:
            click.echo(f"{row.id}  {row.kind:16} {plain_line(row.to_address):40} {plain_line(_last_words(row))}")


@group.command("retry")
@click.argument("mail_ids", type=int, nargs=-1)
@click.option("--all", "every", is_flag=True, help="Everything on the shelf.")
@click.option("--to", "recipient", default="", metavar="ADDRESS", help="Everything to this address.")
def retry_command(mail_ids: tuple[int, ...], every: bool, recipient: str) -> None:
    """Put dead letters back into the queue: by id, all, or all to one address."""
    if sum((bool(mail_ids), every, bool(recipient))) != 1:
        raise click.UsageError("give ids, or --to ADDRESS, or --all")
    with transaction() as session:
        chosen = sorted(set(mail_ids)) or [row.id for row in session.scalars(_dead(recipient))]
        done = {mail_id for mail_id in chosen if 0 < mail_id < 2**63 and delivery.retry(session, mail_id)}
        queues.ring_after_commit(session, queues.DELIVER_MAIL)
    click.echo(f"{len(done)} put back.")
    missing = [mail_id for mail_id in mail_ids if mail_id not in done]
    for mail_id in missing:
        click.echo(f"Error: mail {mail_id} is not on the shelf of dead letters", err=True)
    if missing:
        sys.exit(1)


def _dead(recipient: str) -> Select[OutboundMail]:
    which: list[ColumnElement[bool]] = [OutboundMail.status == DEAD]
    if recipient:
        which.append(func.lower(OutboundMail.to_address) == recipient.strip().lower())
    return select(OutboundMail).where(*which).order_by(OutboundMail.id)


def _last_words(row: OutboundMail) -> str:
    return str(row.log[-1]["words"]) if row.log else ""


def _as_json(row: OutboundMail) -> dict[str, object]:
    return {
        "id": row.id,
        "kind": row.kind,
        "to": row.to_address,
        "complaint_id": row.complaint_id,
        "created_at": row.created_at.isoformat(),
        "attempts": row.attempts,
        "words": _last_words(row),
    }
