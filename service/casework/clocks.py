"""Starting a case's clocks, and setting them to their next step."""

from datetime import datetime

from sqlalchemy import Select, select

from service.agencies.directory import Directory
from service.complaints.records import Complaint
from service.deadlines import calendars
from service.deadlines.records import Deadline
from service.deadlines.rules import BREACH, PACT, STATUTE, Step, due_at, statute_due_at, statute_steps, steps
from service.pacts import registry
from service.pacts.rules import Promise
from service.tables import Session


def promised(session: Session, directory: Directory, received_at: datetime) -> tuple[Promise, datetime]:
    """The promise in force when something was received (aware UTC), and by when it is to be answered."""
    promise = registry.at(session, directory, received_at)
    return promise, due_at(received_at, promise, calendars.current(session, directory))


def statute_due(session: Session, directory: Directory, complaint: Complaint, at: datetime) -> datetime | None:
    """By when a case that comes in `at` is to be settled (aware UTC); None for a class without a term."""
    working_days = directory.terms.get(complaint.classification)
    return statute_due_at(at, working_days, calendars.current(session, directory)) if working_days else None


def start(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    promise: Promise,
    at: datetime,
    settle_by: datetime | None,
) -> None:
    """Start both clocks of the case's present run `at` (aware UTC): the pact's, due at the case's `due_at`, and the
    law's, due at `settle_by`, where its class has a term."""
    calendar = calendars.current(session, directory)
    clock = _clock(complaint, PACT, promise, calendar.version, at, complaint.due_at)
    advance(clock, steps(at, complaint.due_at, promise, calendar))
    session.add(clock)
    if settle_by is not None:
        clock = _clock(complaint, STATUTE, promise, calendar.version, at, settle_by)
        advance(clock, statute_steps(at, settle_by))
        session.add(clock)


def _clock(
    complaint: Complaint, kind: str, promise: Promise, calendar_id: int, at: datetime, due: datetime
) -> Deadline:
    return Deadline(
        complaint_id=complaint.id,
        kind=kind,
        run=complaint.run,
        pact_id=promise.pact_id,
        calendar_id=calendar_id,
        start_at=at,
        due_at=due,
        next_step=0,
    )


def clock_of(session: Session, complaint: Complaint) -> Deadline:
    """The pact's clock in the case's present run, whether it runs or has ended."""
    return session.scalars(_clocks(complaint).where(Deadline.kind == PACT)).one()


def clock_at(session: Session, complaint: Complaint, at: datetime) -> Deadline:
    """The pact's clock of the run in which something arrived: what comes in late through quarantine may belong to the
    run before the present one."""
    clocks = session.scalars(
        select(Deadline)
        .where(Deadline.complaint_id == complaint.id, Deadline.kind == PACT)
        .order_by(Deadline.run.desc())
    ).all()
    return next((clock for clock in clocks if clock.start_at <= at), clocks[-1])


def run_of(session: Session, complaint: Complaint, run: int) -> Deadline | None:
    """The pact's clock of this run of the case; None when there was no such run."""
    query = select(Deadline).where(Deadline.complaint_id == complaint.id, Deadline.kind == PACT, Deadline.run == run)
    return session.scalar(query)


def statute_of(session: Session, complaint: Complaint) -> Deadline | None:
    """The law's clock in the case's present run; None for a class without a term."""
    return session.scalars(_clocks(complaint).where(Deadline.kind == STATUTE)).one_or_none()


def _clocks(complaint: Complaint) -> Select[tuple[Deadline]]:
    return select(Deadline).where(Deadline.complaint_id == complaint.id, Deadline.run == complaint.run)


def steps_of(session: Session, directory: Directory, deadline: Deadline) -> list[Step]:
    """The clock's steps, by the versions of pact and calendar that it was started with."""
    if deadline.kind == STATUTE:
        return statute_steps(deadline.start_at, deadline.due_at)
    promise = registry.by_id(session, directory, deadline.pact_id)
    calendar = calendars.by_id(session, directory, deadline.calendar_id)
    return steps(deadline.start_at, deadline.due_at, promise, calendar)


def advance(deadline: Deadline, plan: list[Step], done: int | None = None) -> None:
    """Set the clock to its next step. `done` is the position of the step that was just taken: it is never taken
    again, whatever becomes of the case later."""
    if done is not None:
        deadline.next_step = done + 1
    position = upcoming(deadline, plan)
    deadline.next_at = None if position is None else plan[position].at
    deadline.next_kind = "" if position is None else plan[position].kind
    deadline.retry_at = None


def upcoming(deadline: Deadline, plan: list[Step]) -> int | None:
    """The position of the next step that still applies; None when the clock has nothing left to do.

    What was met in time needs no step; what was met late still needs its breach written, if it is not. Where an
    answer was voided, only the breach is made up for: nobody could have acted upon the rest.
    """
    for position in range(deadline.next_step, len(plan)):
        if deadline.resumed_at and plan[position].kind != BREACH and plan[position].at <= deadline.resumed_at:
            continue
        if deadline.met_at is None:
            return position
        if plan[position].kind == BREACH and deadline.met_at > deadline.due_at:
            return position
    return None
