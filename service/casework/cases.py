"""Getting hold of a case, and what several acts do to its clock."""

from datetime import datetime

from sqlalchemy import Select, select

from service.agencies.directory import Directory
from service.casework import withdraw
from service.complaints.records import Complaint
from service.deadlines import calendars
from service.deadlines.records import Deadline
from service.deadlines.rules import BREACH, PACT, STATUTE, Step, statute_steps, steps
from service.pacts import registry
from service.tables import Session


def locked(session: Session, complaint_id: int) -> Complaint | None:
    """The case with its row locked until the transaction ends, so that acts on one case happen one by one."""
    return session.get(Complaint, complaint_id, with_for_update=True, populate_existing=True)


def clock_of(session: Session, complaint: Complaint) -> Deadline:
    """The pact's clock in the case's present run, whether it runs or has ended."""
    return session.scalars(_clocks(complaint).where(Deadline.kind == PACT)).one()


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

    What was met in time needs no step; what was met late still needs its breach written, if it is not.
    """
    for position in range(deadline.next_step, len(plan)):
        if deadline.met_at is None:
            return position
        if plan[position].kind == BREACH and deadline.met_at > deadline.due_at:
            return position
    return None


def settle(session: Session, directory: Directory, complaint: Complaint, at: datetime) -> None:
    """The case was answered `at` (arrival): stop the pact's clock, and set right what it has said so far.

    In time: the clock is done, and a breach that was written meanwhile is withdrawn. Late: escalations end,
    and a breach that is not yet written still will be. An answer that is later than an earlier one changes nothing.
    """
    if complaint.responded_at is not None and complaint.responded_at <= at:
        return
    deadline = clock_of(session, complaint)
    complaint.responded_at = deadline.met_at = at
    advance(deadline, steps_of(session, directory, deadline))
    if at <= complaint.due_at:
        complaint.accountable_id = deadline.accountable_id = complaint.agency_id
        if complaint.breached_at is not None:
            withdraw.withdraw(session, directory, complaint, arrived=at)
            deadline.breached_at = None


def finish(session: Session, directory: Directory, complaint: Complaint, at: datetime) -> None:
    """The case was settled `at`: stop the law's clock, if there is one."""
    deadline = statute_of(session, complaint)
    if deadline is None or deadline.met_at is not None:
        return
    deadline.met_at, deadline.accountable_id = at, complaint.agency_id
    advance(deadline, statute_steps(deadline.start_at, deadline.due_at))
