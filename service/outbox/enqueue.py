"""Putting a mail into the outbox."""

import uuid
from dataclasses import dataclass, field

from service import clock, queues
from service.outbox.records import OutboundMail
from service.tables import Document, Session


@dataclass(frozen=True)
class Letter:
    """A mail to be written: to whom, which kind (a template's name), and the facts it states.

    `key` is the ledger key: the database holds each key once, so nothing is said twice.
    """

    key: str
    kind: str
    to_address: str
    to_name: str
    context: Document
    complaint_id: int | None = None
    agency_id: int | None = None
    reply_to: str = ""
    thread: list[str] = field(default_factory=list)


def enqueue(session: Session, letter: Letter, domain: str) -> OutboundMail:
    """Add the row (the caller commits) and have the bell rung after the commit."""
    row = as_row(letter, domain)
    session.add(row)
    queues.ring_after_commit(session, queues.DELIVER_MAIL)
    return row


def as_row(letter: Letter, domain: str) -> OutboundMail:
    """The row of a letter, with its Message-ID fixed; not in any session."""
    return OutboundMail(
        ledger_key=letter.key,
        complaint_id=letter.complaint_id,
        agency_id=letter.agency_id,
        kind=letter.kind,
        to_address=letter.to_address,
        to_name=letter.to_name,
        message_id=f"<{uuid.uuid4().hex}@{domain}>",
        thread=letter.thread,
        reply_to=letter.reply_to,
        context=letter.context,
        created_at=clock.now(),
        log=[],
    )
