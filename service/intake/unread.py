"""Mails that the server has not delivered: recorded at once, tried again for as long as they lie in the folder.

A server may be busy for a minute, or need repair for a day; in both cases the mail is no less a citizen's. So its row
waits in quarantine, where the desk sees it, and takes its bytes when they can be had. `leased_until` says when it is
tried next: after one minute, two, four, … and then every hour.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy import Row, any_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT

from service import clock, queues
from service.intake.connection import BROKEN
from service.intake.mailbox import Fetched
from service.intake.records import DISCARDED, STORED, InboundMail
from service.intake.storing import content, is_unread, reason, write_rest
from service.tables import Session

log = structlog.get_logger()
# A mail larger than this is not fetched: three copies of it are in memory at once. It waits for a person.
LARGEST_BYTES = 100 * 1024 * 1024
MOST_AT_ONCE = 10
LONGEST_PAUSE = timedelta(hours=1)
# So long we believe that an undelivered mail may yet be an answer in time, and accuse nobody.
BLIND = timedelta(hours=1)
GONE = "tidak ada lagi di kotak surat"

Transaction = Callable[[], AbstractContextManager[Session]]


class Source(Protocol):
    """What this needs of a connected mailbox."""

    uidvalidity: int

    def sizes(self, uids: list[int]) -> dict[int, int]: ...
    def fetch(self, uids: list[int]) -> list[Fetched]: ...
    def archive(self, uids: list[int]) -> None: ...


def too_large(uid: int, size: int) -> Fetched:
    """A mail that is not even asked for."""
    return Fetched(uid, None, None, f"{size // 1024**2} MB, lebih besar dari {LARGEST_BYTES // 1024**2} MB")


def try_again(transaction: Transaction, folder: Source, mailbox_id: int) -> int:
    """Ask for the undelivered mails whose turn it is; returns how many were delivered."""
    delivered = 0
    for _ in range(MOST_AT_ONCE):
        with transaction() as session:
            # Committed before the server is asked: should that break the connection, the next one asks for another.
            row = _claim(session, mailbox_id, folder.uidvalidity)
        if row is None:
            break
        mail = _ask(folder, row.uid)
        with transaction() as session:
            delivered += _record(session, mailbox_id, row.id, mail)
        if mail.raw is not None:
            folder.archive([row.uid])
    return delivered


def _claim(session: Session, mailbox_id: int, uidvalidity: int) -> Row[tuple[int, int]] | None:
    now = func.clock_timestamp()
    due = (
        select(InboundMail.id)
        .where(InboundMail.mailbox_id == mailbox_id, InboundMail.uidvalidity == uidvalidity, is_unread())
        .where(or_(InboundMail.leased_until.is_(None), InboundMail.leased_until < now))
        .order_by(InboundMail.leased_until.nulls_first())
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    seconds = func.least(60 * func.power(2, func.least(InboundMail.attempts, 10)), LONGEST_PAUSE.total_seconds())
    pause = func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    claim = (
        update(InboundMail)
        .where(InboundMail.id == due.scalar_subquery())
        .values(attempts=InboundMail.attempts + 1, leased_until=now + pause)
        .returning(InboundMail.id, InboundMail.uid)
        .execution_options(synchronize_session=False)
    )
    return session.execute(claim).one_or_none()


def _ask(folder: Source, uid: int) -> Fetched:
    try:
        size = folder.sizes([uid]).get(uid)
        if size is not None and size > LARGEST_BYTES:
            return too_large(uid, size)
        found = folder.fetch([uid])
    except BROKEN:
        raise
    except Exception as error:
        return Fetched(uid, None, None, f"{type(error).__name__}: {error}")
    return found[0] if found else Fetched(uid, None, None, GONE)


def _record(session: Session, mailbox_id: int, mail_id: int, mail: Fetched) -> bool:
    """Write down what came of it; True when the mail has its bytes now."""
    waiting = update(InboundMail).where(InboundMail.id == mail_id, is_unread())
    waiting = waiting.execution_options(synchronize_session=False)
    if mail.raw is None:
        session.execute(waiting.values(reason=reason(mail.words)))
        return False
    columns = content(mail.raw)
    twin = select(InboundMail.id).where(
        InboundMail.mailbox_id == mailbox_id, InboundMail.sha256 == columns["sha256"], InboundMail.id != mail_id
    )
    if session.scalar(twin):
        session.execute(waiting.values(status=DISCARDED, leased_until=None, reason="Surat yang sama sudah tersimpan"))
        return False
    done = session.execute(
        waiting.values(
            **columns,
            received_at=min(mail.received_at, clock.now()) if mail.received_at else InboundMail.received_at,
            status=STORED,
            stored_at=func.clock_timestamp(),  # else it would seem to have waited unprocessed all that time
            verdict="",
            reason="",
            attempts=0,
            leased_until=None,
        )
    )
    if done.rowcount:
        write_rest(session, InboundMail.id == mail_id, mail.raw)
    queues.ring_after_commit(session, queues.PROCESS_MAIL)
    log.info("mail_delivered_late", mail_id=mail_id)
    return bool(done.rowcount)


def set_aside(session: Session, mailbox_id: int, uidvalidity: int) -> None:
    """The folder has new UIDs and is read anew, so each undelivered mail in it gets a row of its own again."""
    session.execute(
        update(InboundMail)
        .where(InboundMail.mailbox_id == mailbox_id, InboundMail.uidvalidity != uidvalidity, is_unread())
        .values(status=DISCARDED, reason="Kotak surat dinomori ulang; surat ini dibaca lagi dari awal")
        .execution_options(synchronize_session=False)
    )


def known(session: Session, mailbox_id: int, uidvalidity: int, uids: list[int]) -> dict[int, bool]:
    """Which of these UIDs have a row, and whether the mail was delivered."""
    query = select(InboundMail.uid, is_unread()).where(
        InboundMail.mailbox_id == mailbox_id,
        InboundMail.uidvalidity == uidvalidity,
        InboundMail.uid == any_(literal(uids, ARRAY(BIGINT))),
    )
    return {uid: not unread for uid, unread in session.execute(query)}
