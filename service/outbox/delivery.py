"""Delivery: claim with a lease, render, send, record.

No transaction is open while a server is spoken to. At least once: if we die between the server's 250 and
our record of it, the lease lapses and the same bytes go again under the same Message-ID.
"""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from service import clock
from service.outbox.records import DEAD, QUEUED, SENT, OutboundMail
from service.outbox.smtp import Outcome
from service.tables import Session

log = structlog.get_logger()

BATCH = 20
LEASE = timedelta(minutes=5)
# Tried for 48 hours (RFC 5321 §4.5.4.1 asks for some days) before the shelf of dead letters.
GIVE_UP_AFTER = timedelta(hours=48)
LONGEST_PAUSE = timedelta(hours=2)

Transaction = Callable[[], AbstractContextManager[Session]]
Render = Callable[[OutboundMail], bytes]


class Sender(Protocol):
    """What delivery needs of an SMTP connection."""

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome: ...


def turn(transaction: Transaction, smtp: Sender, render: Render, envelope_from: str) -> int:
    """Deliver one batch of mails that are due; returns how many were tried (0: nothing is waiting)."""
    with transaction() as session:
        claimed = _claim(session, render)
    outcomes = []
    for mail_id, recipient, raw in claimed:
        outcomes.append((mail_id, smtp.send(envelope_from, recipient, raw)))
        if len(outcomes) == 1 and not outcomes[0][1].sent and not outcomes[0][1].permanent:
            break  # the server is likely down: leave the rest of the batch for its retry
    with transaction() as session:
        for mail_id, outcome in outcomes:
            _record(session, mail_id, outcome)
        tried = {mail_id for mail_id, _ in outcomes}
        _release(session, [mail_id for mail_id, _, _ in claimed if mail_id not in tried])
    return len(outcomes)


def _claim(session: Session, render: Render) -> list[tuple[int, str, bytes]]:
    now = func.clock_timestamp()
    due = (
        select(OutboundMail)
        .where(OutboundMail.status == QUEUED, OutboundMail.next_attempt_at <= now)
        .where((OutboundMail.leased_until.is_(None)) | (OutboundMail.leased_until < now))
        .order_by(OutboundMail.next_attempt_at)
        .limit(BATCH)
        .options(undefer(OutboundMail.raw))
        .with_for_update(skip_locked=True)
    )
    claimed = []
    rows = session.scalars(due).all()
    for row in rows:
        raw = row.raw or _rendered(row, render)
        if raw is not None:
            row.raw = raw
            row.attempts += 1
            claimed.append((row.id, row.to_address, raw))
    leased = [mail_id for mail_id, _, _ in claimed]
    session.flush()
    session.execute(
        update(OutboundMail)
        .where(OutboundMail.id.in_(leased))
        .values(leased_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )
    return claimed


def _rendered(row: OutboundMail, render: Render) -> bytes | None:
    """The mail's bytes. A mail that cannot be written goes to the shelf and blocks no other."""
    try:
        return render(row)
    except Exception as error:
        log.exception("mail_not_rendered", mail_id=row.id, kind=row.kind)
        row.status = DEAD
        row.log = [*row.log, {"at": _stamp(), "words": f"not rendered: {type(error).__name__}"}]
        return None


def _record(session: Session, mail_id: int, outcome: Outcome) -> None:
    row = session.get_one(OutboundMail, mail_id, with_for_update=True)
    if row.status != QUEUED:  # a twin whose lease had lapsed was quicker
        return
    row.leased_until = None
    row.log = [*row.log[-19:], {"at": _stamp(), "words": outcome.words[:500]}]
    if outcome.sent:
        row.status = SENT
        row.sent_at = clock.now()
        log.info("mail_sent", mail_id=row.id, kind=row.kind, complaint_id=row.complaint_id)
        return
    pause = _pause(row.attempts)
    age = session.scalar(select(func.clock_timestamp() - row.next_attempt_at)) or timedelta()
    log.warning("mail_not_sent", mail_id=row.id, kind=row.kind, permanent=outcome.permanent)
    if outcome.permanent or row.attempts >= _tries():
        row.status = DEAD
        return
    row.next_attempt_at = row.next_attempt_at + age + pause


def _release(session: Session, mail_ids: list[int]) -> None:
    """Give back what was claimed and not tried."""
    values = {"leased_until": None, "attempts": OutboundMail.attempts - 1,
              "next_attempt_at": func.clock_timestamp() + timedelta(seconds=5)}  # fmt: skip
    session.execute(update(OutboundMail).where(OutboundMail.id.in_(mail_ids)).values(values))


def _pause(attempts: int) -> timedelta:
    """The pause after the n-th attempt: 10 s, doubling to two hours, with jitter so that mails do not return as a herd."""
    longest = min(LONGEST_PAUSE.total_seconds(), 10 * 2 ** min(attempts - 1, 20))
    return timedelta(seconds=longest * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, not a secret


def _tries() -> int:
    """After how many attempts the pauses add up to 48 hours."""
    total, tries = timedelta(), 0
    while total < GIVE_UP_AFTER:
        tries += 1
        total += min(LONGEST_PAUSE, timedelta(seconds=10 * 2 ** (tries - 1)))
    return tries + 1


def _stamp() -> str:
    return clock.machine_clock().isoformat(timespec="seconds")
