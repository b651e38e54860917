"""Delivery: claim with a lease, render, send, record.

No transaction is open while a server is spoken to. At least once: if we die between the server's 250 and
our record of it, the lease lapses and the same bytes go again under the same Message-ID.
"""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import undefer

from service import clock
from service.mail.compose import clean_address
from service.outbox.claim import claim
from service.outbox.records import DEAD, QUEUED, SENT, OutboundMail
from service.outbox.smtp import Outcome
from service.tables import Session

log = structlog.get_logger()

# Pauses of 10 s, doubling to two hours, and up to a quarter longer: the 36th attempt comes between 52 and 67 hours
# after the first (RFC 5321 §4.5.4.1 asks for days).
LONGEST_PAUSE_SECONDS = 7200
MOST_ATTEMPTS = 36
# A server that takes a mail and never says so may deliver a copy each time: so seldom, and no more often (10 minutes,
# 80 minutes, 11 hours, two days).
MOST_UNSURE, UNSURE_PAUSE, LONGEST_UNSURE_PAUSE = 5, timedelta(minutes=10), timedelta(hours=48)
# How long a domain that asks for less mail is left alone.
DOMAIN_RESTS = timedelta(minutes=5)
# While no server takes mail from us: how soon the next look, when that is no attempt of any mail.
LOOK_AGAIN_SECONDS = 10
# A mail that was leased so often and never written has killed its worker each time.
MOST_DEATHS = 3
# The last mail of a batch must begin so early that the lease holds, however long the server takes over it.
BEGIN_WITHIN_SECONDS = 60

Transaction = Callable[[], AbstractContextManager[Session]]
Render = Callable[[Session, OutboundMail], bytes]
# Told of each mail that will not be tried again, and whether its recipient's server is why.
OnDead = Callable[[Session, OutboundMail, bool], None]
# The envelope sender of the mail with this id: bounces come back to it.
SenderOf = Callable[[int], str]


class Sender(Protocol):
    """What delivery needs of an SMTP connection."""

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome: ...


@dataclass(frozen=True)
class Written:
    """A mail that is ours to send now."""

    id: int
    recipient: str
    domain: str
    raw: bytes


def turn(transaction: Transaction, smtp: Sender, render: Render, on_dead: OnDead, sender_of: SenderOf) -> int:
    """Deliver one batch of mails that are due; returns how many were claimed; 0 when nothing is waiting or no server
    takes mail from us: then it is for a later sweep.

    `on_dead` is told of each mail that will not be tried again, in the transaction that records it.
    """
    begun = time.monotonic()
    with transaction() as session:
        claimed = claim(session)
    if not claimed:
        return 0
    with transaction() as session:
        mails = _written(session, claimed, render, on_dead)
    crowded: set[str] = set()
    kept: list[int] = []
    for position, mail in enumerate(mails):
        if mail.domain in crowded or time.monotonic() - begun > BEGIN_WITHIN_SECONDS:
            kept.append(mail.id)
            continue
        outcome = smtp.send(sender_of(mail.id), mail.recipient, mail.raw)
        if not outcome.reachable:
            with transaction() as session:
                _wait_for_server(session, [*kept, *(rest.id for rest in mails[position:])], outcome.words)
            return 0
        with transaction() as session:
            _record(session, mail.id, outcome, on_dead)
        if outcome.crowded:
            crowded.add(mail.domain)
    if kept:
        with transaction() as session:
            _give_back(session, kept)
    return len(claimed)


def _written(session: Session, claimed: list[int], render: Render, on_dead: OnDead) -> list[Written]:
    """The claimed mails with their bytes, made now for those that have none yet."""
    query = select(OutboundMail).where(OutboundMail.id.in_(claimed), OutboundMail.status == QUEUED)
    rows = session.scalars(query.options(undefer(OutboundMail.raw)).with_for_update()).all()
    found = []
    with session.no_autoflush:  # else each mail's first question would write the one before it, alone
        for row in sorted(rows, key=lambda row: claimed.index(row.id)):
            row.raw = row.raw or _rendered(session, row, render, on_dead)
            if row.raw is not None:
                found.append(Written(row.id, clean_address(row.to_address), row.domain, row.raw))
    return found


def _rendered(session: Session, row: OutboundMail, render: Render, on_dead: OnDead) -> bytes | None:
    """The mail's bytes. A mail that cannot be written goes to the shelf and blocks no other."""
    try:
        if row.attempts > MOST_DEATHS:
            raise RuntimeError("its worker died over it each time")
        clean_address(row.to_address)
        return render(session, row)
    except Exception as error:
        log.exception("mail_not_rendered", mail_id=row.id, kind=row.kind)
        row.status, row.leased_until = DEAD, None
        row.log = [*row.log, log_line(f"not rendered: {type(error).__name__}: {error}")]
        on_dead(session, row, False)
        return None


def _record(session: Session, mail_id: int, outcome: Outcome, on_dead: OnDead) -> None:
    """Write down what became of a mail, unless a twin whose lease had lapsed was quicker."""
    log.info("mail_tried", mail_id=mail_id, sent=outcome.sent, permanent=outcome.permanent)
    if not outcome.sent:
        _record_failure(session, mail_id, outcome, on_dead)
        return
    values: dict[str, Any] = {
        "status": SENT,
        "sent_at": clock.now(),
        "leased_until": None,
        "log": OutboundMail.log.op("||")(literal([log_line(outcome.words)], JSONB)),
    }
    mine = update(OutboundMail).where(OutboundMail.id == mail_id, OutboundMail.status == QUEUED).values(values)
    session.execute(mine.execution_options(synchronize_session=False))


def _record_failure(session: Session, mail_id: int, outcome: Outcome, on_dead: OnDead) -> None:
    row = session.get_one(OutboundMail, mail_id, with_for_update=True)
    if row.status != QUEUED:
        return
    row.log = [*row.log, log_line(outcome.words) | ({"unsure": True} if outcome.unsure else {})]
    row.leased_until = None
    unsure = sum("unsure" in line for line in row.log) if outcome.unsure else 0
    if outcome.permanent or row.attempts >= MOST_ATTEMPTS or unsure >= MOST_UNSURE:
        row.status = DEAD
        on_dead(session, row, not unsure)
        return
    wait = pause(row.attempts)
    if outcome.crowded:
        wait = max(wait, DOMAIN_RESTS)
        row.domain_rests_until = func.clock_timestamp() + DOMAIN_RESTS  # type: ignore[assignment]
    if unsure:
        wait = max(wait, min(LONGEST_UNSURE_PAUSE, UNSURE_PAUSE * 8 ** (unsure - 1)))
    row.next_attempt_at = func.clock_timestamp() + wait  # type: ignore[assignment]


def _wait_for_server(session: Session, mail_ids: list[int], words: str) -> None:
    """No server took mail from us: that is no attempt of any mail, or an outage would use them up, and the backlog
    would come hours after its end. Yet each mail says why it waited: since when, and how often we looked."""
    for row in session.scalars(select(OutboundMail).where(OutboundMail.id.in_(mail_ids)).with_for_update()):
        last = row.log[-1] if row.log else {}
        if "looked" in last:
            row.log = [*row.log[:-1], last | log_line(words) | {"since": last["since"], "looked": last["looked"] + 1}]
        else:
            line = log_line(words)
            row.log = [*row.log, line | {"since": line["at"], "looked": 1}]
        row.leased_until, row.attempts = None, max(0, row.attempts - 1)
        wait = timedelta(seconds=LOOK_AGAIN_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
        row.next_attempt_at = func.clock_timestamp() + wait  # type: ignore[assignment]


def _give_back(session: Session, mail_ids: list[int]) -> None:
    """Give back what was claimed and not tried, as if it had not been claimed."""
    values = {"leased_until": None, "attempts": func.greatest(0, OutboundMail.attempts - 1)}
    session.execute(update(OutboundMail).where(OutboundMail.id.in_(mail_ids)).values(values))


def pause(attempts: int) -> timedelta:
    """How long to wait after the n-th attempt, with jitter so that mails do not come back as one herd."""
    seconds = min(LONGEST_PAUSE_SECONDS, 10 * 2 ** min(attempts - 1, 20))
    return timedelta(seconds=seconds * random.uniform(1, 1.25))  # noqa: S311 - jitter, not a secret


def log_line(words: str) -> dict[str, Any]:
    """One entry of a mail's log: when (machine time) and the server's words."""
    return {"at": clock.machine_clock().isoformat(timespec="seconds"), "words": words[:500]}


def retry(session: Session, mail_id: int) -> bool:
    """Put a mail from the shelf of dead letters back into the queue; False when it is not on the shelf."""
    row = session.get(OutboundMail, mail_id, with_for_update=True)
    if row is None or row.status != DEAD:
        return False
    row.status, row.attempts = QUEUED, 0
    row.leased_until = row.domain_rests_until = None
    row.next_attempt_at = func.clock_timestamp()  # type: ignore[assignment]
    return True
