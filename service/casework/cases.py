"""Getting hold of a case, and what several acts do to its clocks."""

from datetime import datetime

from sqlalchemy import select

from service.agencies.directory import Directory
from service.casework import proof, withdraw
from service.casework.clocks import advance, clock_at, statute_of, steps_of
from service.casework.withdraw import WITHDRAWN
from service.complaints.history import answers, events_of
from service.complaints.records import Complaint, Event
from service.complaints.rules import ActRefusedError
from service.complaints.terms import WAIT_TERM
from service.deadlines import calendars
from service.deadlines.records import Deadline
from service.deadlines.rules import BREACH, after_wait, waited_days
from service.tables import Session


def locked(session: Session, complaint_id: int) -> Complaint | None:
    """The case with its row locked until the transaction ends, so that acts on one case happen one by one."""
    return session.get(Complaint, complaint_id, with_for_update=True, populate_existing=True)


def event_at(session: Session, complaint: Complaint, seq: int, kind: str = "") -> Event:
    """One event of the case; raises ActRefusedError when there is none, or it is of another kind."""
    query = select(Event).where(Event.complaint_id == complaint.id, Event.seq == seq)
    event = session.scalar(query)
    if event is None or (kind and event.kind != kind):
        raise ActRefusedError(f"the case has no {kind or 'event'} {seq}")
    return event


def settle(session: Session, directory: Directory, complaint: Complaint, at: datetime) -> None:
    """The case was answered `at` (arrival): stop the pact's clock, and set right what it has said so far.

    In time: the clock is done, and a breach that was written meanwhile is withdrawn. Late: escalations end, a breach
    that is not yet written still will be, and one that our outage explains is excused. An answer that is later than an
    earlier one changes nothing.
    """
    deadline = clock_at(session, complaint, at)
    if deadline.met_at is not None and deadline.met_at <= at:
        return
    deadline.met_at = at
    if at <= deadline.due_at:
        deadline.accountable_id = complaint.agency_id
        if deadline.breached_at is not None:
            withdraw.withdraw(session, directory, complaint, deadline, arrived=at)
    advance(deadline, steps_of(session, directory, deadline))
    mirror(complaint, deadline)
    proof.excuse_if_proven(session, directory, complaint, deadline)


def unsettle(session: Session, directory: Directory, complaint: Complaint, deadline: Deadline, at: datetime) -> None:
    """An answer of this run was voided `at`: the next that stands meets it, or none does and its clock goes on.

    The breach is written at the due instant by the sweep, were it never written or withdrawn; what the clock would
    have said up to now is not said any more. A breach that the inspector took back stays taken back.
    """
    answer = _first_answer(session, complaint, deadline)
    deadline.met_at = answer.at if answer else None
    deadline.resumed_at = at
    plan = steps_of(session, directory, deadline)
    in_time = answer is not None and answer.at <= deadline.due_at
    if answer is not None and in_time:
        unit = directory.by_code.get(answer.payload.get("agency", ""))
        deadline.accountable_id = unit.id if unit else None
    elif deadline.breached_at is None:
        deadline.accountable_id = None
        if deadline.excuse != WITHDRAWN:
            breach = next(position for position, step in enumerate(plan) if step.kind == BREACH)
            deadline.next_step = min(deadline.next_step, breach)
    advance(deadline, plan)
    mirror(complaint, deadline)


def _first_answer(session: Session, complaint: Complaint, deadline: Deadline) -> Event | None:
    """The earliest answer that stands, of those that arrived in this run."""
    session.flush()
    for answer in answers(events_of(session, complaint)):
        if clock_at(session, complaint, answer.at).run == deadline.run:
            return answer
    return None


def mirror(complaint: Complaint, deadline: Deadline) -> None:
    """Repeat on the case what became of its present run; an earlier run has only its own row."""
    if deadline.run != complaint.run:
        return
    complaint.responded_at, complaint.breached_at = deadline.met_at, deadline.breached_at
    complaint.accountable_id = deadline.accountable_id


def finish(session: Session, directory: Directory, complaint: Complaint, at: datetime) -> None:
    """The case was settled `at`: stop the law's clock, if there is one."""
    end_wait(session, directory, complaint, at)
    complaint.asked_at = None
    deadline = statute_of(session, complaint)
    if deadline is None or deadline.met_at is not None:
        return
    deadline.met_at, deadline.accountable_id = at, complaint.agency_id
    advance(deadline, steps_of(session, directory, deadline))


def go_on(session: Session, directory: Directory, complaint: Complaint) -> None:
    """The case is not settled after all: the law's clock goes on where it was."""
    deadline = statute_of(session, complaint)
    if deadline is None or deadline.met_at is None:
        return
    deadline.met_at = None
    if deadline.breached_at is None:
        deadline.accountable_id = None
    advance(deadline, steps_of(session, directory, deadline))


def end_wait(session: Session, directory: Directory, complaint: Complaint, at: datetime) -> None:
    """The citizen need not be waited for any longer: the law's clock goes on, later by the whole working days that it
    waited. In one run it waits ten days at most, however often something is asked."""
    since = complaint.asked_at
    if since is None or at < since:
        return
    complaint.asked_at = None
    deadline = statute_of(session, complaint)
    if deadline is None or deadline.met_at is not None or since >= deadline.due_at:  # what is over cannot wait
        return
    calendar = calendars.by_id(session, directory, deadline.calendar_id)
    days = waited_days(calendar, since, min(at, since + WAIT_TERM))
    days = min(days, WAIT_TERM.days - deadline.waited)
    deadline.due_at = after_wait(calendar, deadline.due_at, days)
    deadline.waited += days
    advance(deadline, steps_of(session, directory, deadline))
