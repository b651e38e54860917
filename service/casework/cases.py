"""Getting hold of a case, and what several acts do to its clock."""

from datetime import datetime

from sqlalchemy import select

from service.agencies.directory import Directory
from service.casework import withdraw
from service.complaints.records import Complaint
from service.deadlines.records import Deadline
from service.deadlines.rules import BREACH, Step, steps
from service.pacts import registry
from service.tables import Session


def locked(session: Session, complaint_id: int) -> Complaint | None:
    """The case with its row locked until the transaction ends, so that acts on one case happen one by one."""
    return session.get(Complaint, complaint_id, with_for_update=True, populate_existing=True)


def clock_of(session: Session, complaint: Complaint) -> Deadline:
    """The running or finished clock of the case's present run."""
    query = select(Deadline).where(Deadline.complaint_id == complaint.id, Deadline.run == complaint.run)
    return session.scalars(query).one()


def steps_of(session: Session, directory: Directory, deadline: Deadline) -> list[Step]:
    """The clock's steps, by the pact version that it was started with."""
    promise = registry.by_id(session, directory, deadline.pact_id)
    return steps(deadline.start_at, deadline.due_at, promise)


def advance(deadline: Deadline, plan: list[Step], position: int) -> None:
    """Make the step at `position` the clock's next one; behind the last one the clock is done."""
    deadline.next_step = position
    deadline.next_at = plan[position].at if position < len(plan) else None
    deadline.next_kind = plan[position].kind if position < len(plan) else ""
    deadline.retry_at = None


def settle(session: Session, directory: Directory, complaint: Complaint, at: datetime) -> None:
    """The case was answered `at` (arrival): stop its clock, and set right what the clock has said so far.

    In time: the clock is done, and a breach that was written meanwhile is withdrawn. Late: escalations end,
    and a breach that is not yet written still will be. An answer that is later than an earlier one changes nothing.
    """
    if complaint.responded_at is not None and complaint.responded_at <= at:
        return
    complaint.responded_at = at
    deadline = clock_of(session, complaint)
    plan = steps_of(session, directory, deadline)
    if at > complaint.due_at and complaint.breached_at is None:
        advance(deadline, plan, next(i for i, step in enumerate(plan) if step.kind == BREACH))
        return
    advance(deadline, plan, len(plan))
    if at <= complaint.due_at:
        complaint.accountable_id = complaint.agency_id
        if complaint.breached_at is not None:
            withdraw.withdraw(session, directory, complaint, arrived=at)
