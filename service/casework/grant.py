"""The inspector grants an objection: the breach is excused, or withdrawn when the facts were wrong."""

from service import clock
from service.agencies.directory import Directory
from service.casework.object_ import GRANTED, OPEN
from service.casework.withdraw import WITHDRAWN, withdraw
from service.complaints.history import events_of, record, write_message
from service.complaints.records import Complaint, Event
from service.complaints.rules import ActRefusedError
from service.deadlines.records import Deadline
from service.deadlines.rules import CAUSES
from service.notifications import protest_letters as letters
from service.tables import Session


def grant(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    deadline: Deadline,
    *,
    cause: str,
    reason: str,
    actor: str,
) -> None:
    """Decide the open objection in the head's favour, with a reason in writing.

    `cause` is one of CAUSES, which classifies the breach and leaves it; or WITHDRAWN, which takes it back. Raises
    ActRefusedError when no objection is open, or for an unknown cause.
    """
    if cause not in (*CAUSES, WITHDRAWN):
        raise ActRefusedError(f"{cause} is no cause")
    objected = open_objection(session, complaint, deadline)
    now = clock.now()
    _, commitment = write_message(session, complaint, author="note", text=reason, at=now)
    payload = commitment | {"objection": objected.seq, "cause": cause}
    record(session, complaint, "grant", at=now, actor=actor, payload=payload)
    deadline.objection, deadline.excuse = GRANTED, cause
    letters.objection_decided(session, directory, complaint, deadline, reason, cause)
    if cause == WITHDRAWN and deadline.breached_at is not None:
        withdraw(session, directory, complaint, deadline, actor=actor)


def open_objection(session: Session, complaint: Complaint, deadline: Deadline) -> Event:
    """The event by which the head objected to this run's breach; raises ActRefusedError when none is open."""
    if deadline.objection != OPEN:
        raise ActRefusedError("no objection is open")
    found = [event for event in events_of(session, complaint) if event.kind == "object"]
    return next(event for event in reversed(found) if event.payload["run"] == deadline.run)
