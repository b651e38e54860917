"""The sweep of clocks that are due: reminders, breaches, escalations."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select, update

from service import clock
from service.agencies import directory as directories
from service.agencies.directory import Directory
from service.casework.breach import breach
from service.casework.cases import end_wait
from service.casework.clocks import advance, steps_of, upcoming
from service.casework.escalate import escalate
from service.casework.lapse import lapse
from service.casework.remind import remind
from service.complaints.history import holdings_of
from service.complaints.records import Complaint
from service.complaints.terms import WAIT_TERM
from service.deadlines.records import Deadline
from service.deadlines.rules import BREACH, ESCALATION, PACT, REMINDER, STATUTE, Holding
from service.tables import Session

log = structlog.get_logger()
BATCH = 100
RETRY_AFTER = timedelta(minutes=1)

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Sight:
    """How far the system has seen: every mail that arrived before `until` has been read and processed, but for
    those that wait for the desk (`undecided`: case id -> earliest arrival; `undecided_of`: agency id -> earliest
    arrival of what it sent without saying about which case) and those whose content nobody could get: `unread`, the
    instants when they arrived, for which we do not wait any longer."""

    until: datetime
    undecided: dict[int, datetime] = field(default_factory=dict)
    undecided_of: dict[int, datetime] = field(default_factory=dict)
    unread: tuple[datetime, ...] = ()


def turn(transaction: Transaction, sight_of: Callable[[Session], Sight]) -> int:
    """Do the due steps of one batch of clocks in one transaction; returns how many clocks were looked at.

    Should the batch fail, its clocks are taken one by one, and one that fails alone is put off for a minute,
    so that it blocks no other.
    """
    try:
        with transaction() as session:
            return len(_take(session, sight_of(session)))
    except Exception:
        log.exception("sweep_batch_failed")
    with transaction() as session:
        ids = session.scalars(_due(clock.now(), sight_of(session)).with_only_columns(Deadline.id)).all()
    for deadline_id in ids:
        _alone(transaction, sight_of, deadline_id)
    return len(ids)


def _alone(transaction: Transaction, sight_of: Callable[[Session], Sight], deadline_id: int) -> None:
    try:
        with transaction() as session:
            _take(session, sight_of(session), only=deadline_id)
    except Exception:
        log.exception("clock_step_failed", deadline_id=deadline_id)
        with transaction() as session:
            put_off = update(Deadline).where(Deadline.id == deadline_id)
            session.execute(put_off.values(retry_at=func.clock_timestamp() + RETRY_AFTER))


def _due(now: datetime, sight: Sight):
    """Clocks whose next step is due. Steps that accuse wait until the mailbox was read past their instant."""
    query = (
        select(Deadline, Complaint)
        .join(Complaint, Complaint.id == Deadline.complaint_id)
        .where(Deadline.next_at <= now)
        .where((Deadline.next_kind == REMINDER) | (Deadline.next_at < sight.until))
        .where(Deadline.retry_at.is_(None) | (Deadline.retry_at < func.clock_timestamp()))
        .order_by(Deadline.next_at)
        .limit(BATCH)
    )
    for case, arrived in sight.undecided.items():
        may_be_answered = (Deadline.complaint_id == case) & (Deadline.next_at >= arrived)
        query = query.where((Deadline.next_kind == REMINDER) | ~may_be_answered)
    for agency, arrived in sight.undecided_of.items():
        holds = Complaint.agency_id.is_not_distinct_from(agency)
        may_be_answered = holds & (Deadline.start_at <= arrived) & (Deadline.next_at >= arrived)
        query = query.where((Deadline.next_kind == REMINDER) | ~may_be_answered)
    return query


def _take(session: Session, sight: Sight, only: int | None = None) -> list[Deadline]:
    now = clock.now()
    query = _due(now, sight).with_for_update(of=Complaint, skip_locked=True)
    if only is not None:
        query = query.where(Deadline.id == only)
    rows = session.execute(query).all()
    # An act may have stopped a clock between the query's snapshot and our lock on its case: look again.
    ids = [deadline.id for deadline, _ in rows]
    fresh = session.scalars(
        select(Deadline).where(Deadline.id.in_(ids)).execution_options(populate_existing=True)
    ).all()
    due = {deadline.id for deadline in fresh if deadline.next_at is not None and deadline.next_at <= now}
    directory = directories.current(session) if due else None
    accusing = [deadline.complaint_id for deadline, _ in rows if deadline.id in due and deadline.next_kind == BREACH]
    units = {unit.code: unit.id for unit in directory.units.values()} if directory else {}
    holdings = holdings_of(session, accusing, units) if accusing else {}
    for deadline, complaint in rows:
        if deadline.id in due:
            _step(session, directory, complaint, deadline, now, holdings.get(complaint.id, []), sight.unread)
    return [deadline for deadline, _ in rows]


def _step(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    deadline: Deadline,
    now: datetime,
    holdings: list[Holding],
    unread: tuple[datetime, ...],
) -> None:
    plan = steps_of(session, directory, deadline)
    position = upcoming(deadline, plan)
    if position is None:
        advance(deadline, plan)
        return
    step = plan[position]
    if deadline.kind == STATUTE and complaint.asked_at and complaint.asked_at < step.at:
        _wait(session, directory, complaint, deadline, complaint.asked_at, now)
        return
    if deadline.run < complaint.run and step.kind != BREACH:  # only the truth about an earlier run is still told
        advance(deadline, plan, done=position)
        return
    following = plan[position + 1] if position + 1 < len(plan) else None
    if step.kind == REMINDER and not (following and following.at <= now):
        # A reminder that the next step has overtaken (we were down) would only be noise.
        remind(session, directory, complaint, deadline, step)
    if step.kind == BREACH and deadline.kind == PACT:
        breach(session, directory, complaint, deadline, step, holdings, unread)
    if step.kind == BREACH and deadline.kind == STATUTE:
        lapse(session, directory, complaint, deadline, step)
    if step.kind == ESCALATION:
        escalate(session, directory, complaint, step)
    advance(deadline, plan, done=position)


def _wait(
    session: Session, directory: Directory, complaint: Complaint, deadline: Deadline, since: datetime, now: datetime
) -> None:
    """The law's clock waits for the citizen, and goes on when the longest wait is over."""
    over = since + WAIT_TERM
    if now < over:
        deadline.next_at = over
    else:
        end_wait(session, directory, complaint, over)
