"""Getting hold of a case, and what several acts do to its clocks."""

from datetime import datetime

from service.agencies.directory import Directory
from service.casework import withdraw
from service.casework.clocks import advance, clock_of, statute_of, steps_of
from service.complaints.records import Complaint
from service.tables import Session


def locked(session: Session, complaint_id: int) -> Complaint | None:
    """The case with its row locked until the transaction ends, so that acts on one case happen one by one."""
    return session.get(Complaint, complaint_id, with_for_update=True, populate_existing=True)


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
    if at > complaint.due_at:
        return
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
    advance(deadline, steps_of(session, directory, deadline))
