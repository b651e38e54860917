"""Remind whoever holds the case that its time runs."""

from service.agencies.directory import Directory
from service.complaints.history import record
from service.complaints.records import Complaint
from service.deadlines.records import Deadline
from service.deadlines.rules import PACT, Step
from service.notifications import letters
from service.pacts import registry
from service.tables import Session


def remind(session: Session, directory: Directory, complaint: Complaint, deadline: Deadline, step: Step) -> None:
    """Remind the holder. The event stands at the step's instant, with its detection beside it."""
    payload = {"clock": deadline.kind, "run": deadline.run, "percent": step.level}
    record(session, complaint, "remind", at=step.at, actor="system", payload=payload)
    if deadline.kind == PACT:
        promise = registry.by_id(session, directory, deadline.pact_id)
        left = promise.response * (100 - step.level) / 100
        letters.reminder(session, directory, complaint, step, left, promise.hours)
    else:
        letters.statute_reminder(session, directory, complaint, deadline.due_at)
