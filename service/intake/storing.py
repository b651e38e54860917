"""Fetched mails as rows: the one place where mail enters the database."""

import hashlib
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, LargeBinary, Table, and_, bindparam, func, literal_column, update
from sqlalchemy.dialects.postgresql import insert

from service import clock
from service.intake.mailbox import Fetched, message_id_of
from service.intake.records import QUARANTINED, STORED, InboundMail
from service.tables import Session

# The UIDVALIDITY of a mail that was not read from the mailbox's own folder; no server gives it (RFC 9051 §9).
NO_PLACE = 0
PIECE_BYTES = 4 * 1024 * 1024
EMPTY = hashlib.sha256(b"").hexdigest()

_TABLE = cast(Table, InboundMail.__table__)
_PIECE = bindparam("piece", type_=LargeBinary)
_KNOWN = ["mailbox_id", "sha256"]
# xmax is 0 in a row that was inserted, and not in one that was there and has been changed.
_ANSWER = (_TABLE.c.sha256, literal_column("xmax = 0"))
_KEEP = insert(_TABLE).on_conflict_do_nothing(index_elements=_KNOWN).returning(*_ANSWER)
_PLACE = {name: insert(_TABLE).excluded[name] for name in ("uid", "uidvalidity")}
_FOLLOW = insert(_TABLE).on_conflict_do_update(index_elements=_KNOWN, set_=_PLACE).returning(*_ANSWER)


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
    written = session.execute(_FOLLOW if uidvalidity else _KEEP, [row for row, _ in rows.values()])
    new = {digest for digest, inserted in written if inserted}
    unread = [digest for digest in new if rows[digest][1].raw is None]
    if unread:
        mine = and_(InboundMail.mailbox_id == mailbox_id, InboundMail.sha256.in_(unread))
        later = func.clock_timestamp() + literal_column("interval '1 minute'")
        session.execute(update(_TABLE).where(mine).values(leased_until=later))
    for digest in new:
        write_rest(
            session, and_(InboundMail.mailbox_id == mailbox_id, InboundMail.sha256 == digest), rows[digest][1].raw
        )
    return [mail for digest, (_, mail) in rows.items() if digest in new]


def write_rest(session: Session, which: ColumnElement[bool], raw: bytes | None) -> None:
    """Add the rest of a large mail to its row, in the same transaction: sent in one piece, it would lie in memory three
    times."""
    for start in range(PIECE_BYTES, len(raw or b""), PIECE_BYTES):
        piece = {"piece": (raw or b"")[start : start + PIECE_BYTES]}  # apart: the statement is kept, with what is in it
        session.execute(update(_TABLE).where(which).values(raw=_TABLE.c.raw.op("||")(_PIECE)), piece)


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
        "decided_by": "",
        # What the server cannot deliver is told apart by its place, so that two such mails are two rows.
        **content(
            mail.raw if mail.raw is not None else b"", f"undeliverable {uidvalidity} {mail.uid}" if unread else ""
        ),
    }


def content(raw: bytes, instead: str = "") -> dict[str, Any]:
    """The columns that say what a mail is: its first bytes (`write_rest` adds the others), or `instead` of them the
    words that its digest is made from."""
    return {
        "raw": raw[:PIECE_BYTES],
        "size": len(raw),
        "message_id": message_id_of(raw),
        "sha256": hashlib.sha256(instead.encode() or raw).hexdigest(),
    }


def reason(words: str) -> str:
    """Why a mail is held whose content we do not have."""
    return f"Server surat tidak dapat memberikan isi surat ini; dicoba lagi berkala ({words[:200] or 'tanpa alasan'})"
