"""Reading a mailbox into the database: raw first, archive after the commit.

If we die before the commit, the watermark has not moved and the mails are read again. If we die between
commit and archiving, they are found in the folder at the next connection, known by UID, and archived then.
"""

import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from service import clock, queues
from service.intake.mailbox import Fetched
from service.intake.records import QUARANTINED, STORED, InboundMail, Mailbox
from service.tables import Session

log = structlog.get_logger()
LEASE = timedelta(seconds=30)

Transaction = Callable[[], AbstractContextManager[Session]]
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>\r\n]{1,990}>)", re.IGNORECASE | re.MULTILINE)


class Folder(Protocol):
    """What reading needs of a connected mailbox (`mailbox.ImapMailbox`, or the fake of the tests)."""

    uidvalidity: int

    def uids_above(self, last_uid: int) -> list[int]: ...
    def fetch(self, uids: list[int]): ...
    def archive(self, uids: list[int]) -> None: ...


def take_lease(transaction: Transaction, name: str, owner: str) -> bool:
    """Become or stay the one poller of this mailbox for 30 s; False while another one is."""
    with transaction() as session:
        session.execute(insert(Mailbox).values(name=name, problem="").on_conflict_do_nothing())
        free = or_(
            Mailbox.leased_by == owner,
            Mailbox.leased_until.is_(None),
            Mailbox.leased_until < func.clock_timestamp(),
        )
        taken = session.execute(
            update(Mailbox)
            .where(Mailbox.name == name, free)
            .values(leased_by=owner, leased_until=func.clock_timestamp() + LEASE)
        )
        return bool(taken.rowcount)


def give_up_lease(transaction: Transaction, name: str, owner: str) -> None:
    """Let the standby take over at once (a clean stop)."""
    with transaction() as session:
        session.execute(
            update(Mailbox).where(Mailbox.name == name, Mailbox.leased_by == owner).values(leased_until=None)
        )


def turn(transaction: Transaction, folder: Folder, name: str, owner: str, *, first: bool) -> int:
    """Store what the folder holds above the watermark; returns how many mails were new to us.

    `first` is the first turn of a connection: then the whole folder is looked at, and what a crash left behind
    is stored or archived. Ends by noting until when the mailbox has been read. The caller holds the lease.
    """
    before = clock.now()
    with transaction() as session:
        mailbox = session.scalars(select(Mailbox).where(Mailbox.name == name)).one()
        if mailbox.uidvalidity != folder.uidvalidity:
            log.info("uidvalidity_changed", mailbox=name)
            mailbox.uidvalidity, mailbox.last_uid = folder.uidvalidity, 0
        mailbox_id, last_uid = mailbox.id, mailbox.last_uid
    uids = folder.uids_above(0 if first else last_uid)
    if first:
        uids = _archive_known(transaction, folder, mailbox_id, uids)
    new = 0
    for batch in folder.fetch(uids):
        new += _store(transaction, folder, mailbox_id, batch)
        folder.archive([mail.uid for mail in batch])
    with transaction() as session:
        session.execute(
            update(Mailbox)
            .where(Mailbox.id == mailbox_id, Mailbox.leased_by == owner)
            .values(read_until=before, problem="", leased_until=func.clock_timestamp() + LEASE)
        )
    return new


def _archive_known(transaction: Transaction, folder: Folder, mailbox_id: int, uids: list[int]) -> list[int]:
    """Archive what is stored already; returns the UIDs that are not."""
    with transaction() as session:
        query = select(InboundMail.uid).where(
            InboundMail.mailbox_id == mailbox_id,
            InboundMail.uidvalidity == folder.uidvalidity,
            InboundMail.uid.in_(uids),
        )
        known = set(session.scalars(query))
    folder.archive(sorted(known))
    return [uid for uid in uids if uid not in known]


def _store(transaction: Transaction, folder: Folder, mailbox_id: int, batch: list[Fetched]) -> int:
    """Commit a batch of raw mails and move the watermark behind it. A mail that we have by its hash stays one."""
    rows = [_row(mailbox_id, folder.uidvalidity, mail) for mail in batch]
    with transaction() as session:
        stored = 0
        if rows:
            added = insert(InboundMail).values(rows).on_conflict_do_nothing().returning(InboundMail.id)
            stored = len(session.scalars(added).all())
            highest = max(mail.uid for mail in batch)
            session.execute(
                update(Mailbox)
                .where(Mailbox.id == mailbox_id, Mailbox.uidvalidity == folder.uidvalidity)
                .values(
                    last_uid=func.greatest(Mailbox.last_uid, highest),
                    leased_until=func.clock_timestamp() + LEASE,
                )
            )
        queues.ring_after_commit(session, queues.PROCESS_MAIL)
    if stored:
        log.info("mail_stored", mailbox_id=mailbox_id, mails=stored)
    return stored


def _row(mailbox_id: int, uidvalidity: int, mail: Fetched) -> dict[str, object]:
    raw = mail.raw or b""
    found = _MESSAGE_ID.search(raw[:100_000])
    unread = mail.raw is None
    # What the server cannot deliver is told apart by its UID, so that two such mails are two rows.
    digest = hashlib.sha256(raw if not unread else f"undeliverable {uidvalidity} {mail.uid}".encode()).hexdigest()
    return {
        "mailbox_id": mailbox_id,
        "uidvalidity": uidvalidity,
        "uid": mail.uid,
        "received_at": mail.received_at,
        "sha256": digest,
        "message_id": found[1].decode("ascii", "replace") if found else "",
        "sender": "",
        "subject": "",
        "size": len(raw),
        "raw": raw,
        "status": QUARANTINED if unread else STORED,
        "verdict": "hold" if unread else "",
        "reason": "Server surat tidak dapat memberikan isi surat ini" if unread else "",
        "party": "",
        "attempts": 0,
        "decided_by": "",
    }


def note_problem(transaction: Transaction, name: str, words: str) -> None:
    """Keep why the mailbox cannot be read, for the desk and for `flask doctor`."""
    with transaction() as session:
        session.execute(update(Mailbox).where(Mailbox.name == name).values(problem=words[:500]))
