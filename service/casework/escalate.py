"""Escalate a case that stays unanswered after its breach, step by step as the pact says."""

from service.agencies.directory import Directory
from service.complaints.history import record
from service.complaints.records import Complaint
from service.deadlines.rules import Step
from service.notifications import letters
from service.tables import Session


def escalate(session: Session, directory: Directory, complaint: Complaint, step: Step) -> None:
    """Tell the officials whom the pact names that there is still no answer."""
    payload = {"level": step.level, "posts": list(step.posts)}
    record(session, complaint, "escalate", at=step.at, actor="system", payload=payload)
    letters.escalation(session, directory, complaint, step, step.at - complaint.due_at)
