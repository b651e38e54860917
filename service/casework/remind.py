"""Remind whoever holds the case that its time runs."""

from service.agencies.directory import Directory
from service.complaints.history import record
from service.complaints.records import Complaint
from service.deadlines.rules import Step
from service.notifications import letters
from service.tables import Session


def remind(session: Session, directory: Directory, complaint: Complaint, step: Step) -> None:
    """Remind the holder. The event stands at the step's instant, with its detection beside it."""
    record(session, complaint, "remind", at=step.at, actor="system", payload={"percent": step.level})
    letters.reminder(session, directory, complaint, step)
