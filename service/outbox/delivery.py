"""Delivery: claim with a lease, render, send, record.

No transaction is open while a server is spoken to. At least once: if we die between the server's 250 and
our record of it, the lease lapses and the same bytes go again under the same Message-ID.
"""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import undefer

from service import clock
from service.outbox.records import DEAD, QUEUED, SENT, OutboundMail
from service.outbox.smtp import Outcome
from service.tables import Session

log = structlog.get_logger()

BATCH = 20
LEASE = timedelta(minutes=5)
# Pauses of 10 s, doubling to two hours: 36 attempts make 48 hours and more (RFC 5321 §4.5.4.1 asks for days).
LONGEST_PAUSE_SECONDS = 7200
MOST_ATTEMPTS = 36

Transaction = Callable[[], AbstractContextManager[Session]]
Render = Callable[[Session, OutboundMail], bytes]
OnDead = Callable[[Session, OutboundMail], None]


class Sender(Protocol):
    """What delivery needs of an SMTP connection."""

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome: ...


def turn(transaction: Transaction, smtp: Sender, render: Render, on_dead: OnDead, envelope_from: str) -> int:
    """Deliver one batch of mails that are due; returns how many were tried; 0 when nothing is
    waiting or no server is there: then it is for a later sweep.

    `on_dead` is told of each mail that will not be tried again, in the transaction that records it.
    """
    with transaction() as session:
        claimed = _claim(session, render, on_dead)
    for position, (mail_id, recipient, raw) in enumerate(claimed):
        outcome = smtp.send(envelope_from, recipient, raw)
        with transaction() as session:
            _record(session, mail_id, outcome, on_dead)
        if not outcome.reachable:
            with transaction() as session:
                _release(session, [mail_id for mail_id, _, _ in claimed[position + 1 :]])
            return 0
    return len(claimed)


def _claim(session: Session, render: Render, on_dead: OnDead) -> list[tuple[int, str, bytes]]:
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
    with session.no_autoflush:  # else each mail's first question would write the one before it, alone
        for row in session.scalars(due).all():
            raw = row.raw or _rendered(session, row, render, on_dead)
            if raw is not None:
                row.raw = raw
                claimed.append((row.id, row.to_address, raw))
    session.flush()
    session.execute(
        update(OutboundMail)
        .where(OutboundMail.id.in_([mail_id for mail_id, _, _ in claimed]))
        .values(leased_until=now + LEASE, attempts=OutboundMail.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    return claimed


def _rendered(session: Session, row: OutboundMail, render: Render, on_dead: OnDead) -> bytes | None:
    """The mail's bytes. A mail that cannot be written goes to the shelf and blocks no other."""
    try:
        return render(session, row)
    except Exception as error:
        log.exception("mail_not_rendered", mail_id=row.id, kind=row.kind)
        row.status = DEAD
        row.log = [*row.log, log_line(f"not rendered: {type(error).__name__}: {error}")]
        on_dead(session, row)
        return None


def _record(session: Session, mail_id: int, outcome: Outcome, on_dead: OnDead) -> None:
    """Write down what became of a mail, unless a twin whose lease had lapsed was quicker."""
    values: dict[str, Any] = {
        "leased_until": None,
        "log": OutboundMail.log.op("||")(literal([log_line(outcome.words)], JSONB)),
    }
    if outcome.sent:
        values |= {"status": SENT, "sent_at": clock.now()}
    else:
        values |= {"next_attempt_at": func.clock_timestamp() + pause(1)}
    mine = update(OutboundMail).where(OutboundMail.id == mail_id, OutboundMail.status == QUEUED).values(values)
    session.execute(mine.execution_options(synchronize_session=False))
    log.info("mail_tried", mail_id=mail_id, sent=outcome.sent, permanent=outcome.permanent)
    if not outcome.sent:
        _after_failure(session, mail_id, outcome, on_dead)


def _after_failure(session: Session, mail_id: int, outcome: Outcome, on_dead: OnDead) -> None:
    row = session.get_one(OutboundMail, mail_id, with_for_update=True)
    if row.status != QUEUED:
        return
    if outcome.permanent or row.attempts >= MOST_ATTEMPTS:
        row.status = DEAD
        on_dead(session, row)
        return
    row.next_attempt_at = func.clock_timestamp() + pause(row.attempts)  # type: ignore[assignment]


def _release(session: Session, mail_ids: list[int]) -> None:
    """Give back what was claimed and not tried: no server was there to try it on."""
    values = {"leased_until": None, "attempts": OutboundMail.attempts - 1,
              "next_attempt_at": func.clock_timestamp() + timedelta(seconds=5)}  # fmt: skip
    session.execute(update(OutboundMail).where(OutboundMail.id.in_(mail_ids)).values(values))


def pause(attempts: int) -> timedelta:
    """How long to wait after the n-th attempt, with jitter so that mails do not come back as one herd."""
    seconds = min(LONGEST_PAUSE_SECONDS, 10 * 2 ** min(attempts - 1, 20))
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, not a secret


def log_line(words: str) -> dict[str, str]:
    """One entry of a mail's log: when (machine time) and the server's words."""
    return {"at": clock.machine_clock().isoformat(timespec="seconds"), "words": words[:500]}


def retry(session: Session, mail_id: int) -> bool:
    """Put a mail from the shelf of dead letters back into the queue; False when it is not on the shelf."""
    row = session.get(OutboundMail, mail_id, with_for_update=True)
    if row is None or row.status != DEAD:
        return False
    row.status, row.attempts = QUEUED, 0
    row.next_attempt_at = func.clock_timestamp()  # type: ignore[assignment]
    return True
