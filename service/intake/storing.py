"""Fetched mails as rows: the one place where mail enters the database."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column
from sqlalchemy.dialects.postgresql import insert

from service import clock
from service.intake.mailbox import Fetched, message_id_of
from service.intake.records import QUARANTINED, STORED, InboundMail
from service.tables import Session

# The UIDVALIDITY of a mail that was not read from the mailbox's own folder; no server gives it (RFC 9051 §9).
NO_PLACE = 0
EMPTY = hashlib.sha256(b"").hexdigest()


def is_unread() -> ColumnElement[bool]:
    """Rows of mails that the server has not delivered. (A mail of no bytes at all is one that it has.)"""
    return and_(InboundMail.status == QUARANTINED, InboundMail.size == 0, InboundMail.sha256 != EMPTY)


def store(
    session: Session, mailbox_id: int, uidvalidity: int, mails: list[Fetched], not_before: datetime
) -> list[Fetched]:
    """Write these mails; returns those that were new to us, by their bytes.

    One that we have is noted to lie at its new place, else it would be fetched at every connection. `not_before`
    stands for the arrival of a mail whose INTERNALDATE cannot be had either.
    """
    rows: dict[str, tuple[dict[str, Any], Fetched]] = {}
    for mail in mails:
        row = _row(mailbox_id, uidvalidity, mail, not_before)
        rows.setdefault(row["sha256"], (row, mail))
    if not rows:
        return []
    statement = insert(InboundMail.__table__)  # type: ignore[arg-type]
    place = {"uid": statement.excluded.uid, "uidvalidity": statement.excluded.uidvalidity} if uidvalidity else None
    known = ["mailbox_id", "sha256"]
    if place:
        statement = statement.on_conflict_do_update(index_elements=known, set_=place)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=known)
    # xmax is 0 in a row that was inserted, and not in one that was there and has been changed.
    answer = statement.values([row for row, _ in rows.values()]).returning(
        InboundMail.sha256, literal_column("xmax = 0")
    )
    new = {digest for digest, inserted in session.execute(answer) if inserted}
    return [mail for digest, (_, mail) in rows.items() if digest in new]


def _row(mailbox_id: int, uidvalidity: int, mail: Fetched, not_before: datetime) -> dict[str, Any]:
    unread = mail.raw is None
    return {
        "mailbox_id": mailbox_id,
        "uidvalidity": uidvalidity,
        "uid": mail.uid,
        # No mail came after we have it: so a mail server whose clock is ahead makes no answer late.
        "received_at": min(mail.received_at or not_before, clock.now()),
        "sender": "",
        "subject": "",
        "status": QUARANTINED if unread else STORED,
        "verdict": "hold" if unread else "",
        "reason": reason(mail.words) if unread else "",
        "party": "",
        "attempts": 0,
        "leased_until": func.clock_timestamp() + literal_column("interval '1 minute'") if unread else None,
        "decided_by": "",
        # What the server cannot deliver is told apart by its place, so that two such mails are two rows.
        **content(
            mail.raw if mail.raw is not None else b"", f"undeliverable {uidvalidity} {mail.uid}" if unread else ""
        ),
    }


def content(raw: bytes, instead: str = "") -> dict[str, Any]:
    """The columns that say what a mail is: its bytes, or `instead` of them the words that its digest is made from."""
    return {
        "raw": raw,
        "size": len(raw),
        "message_id": message_id_of(raw),
        "sha256": hashlib.sha256(instead.encode() or raw).hexdigest(),
    }


def reason(words: str) -> str:
    """Why a mail is held whose content we do not have."""
    return f"Server surat tidak dapat memberikan isi surat ini; dicoba lagi berkala ({words[:200] or 'tanpa alasan'})"
