"""The time that the law gives for settling a case has passed. Only the sweep calls this."""

from service.agencies.directory import Directory
from service.complaints.history import record
from service.complaints.records import Complaint
from service.deadlines.records import Deadline
from service.deadlines.rules import Step
from service.notifications import letters
from service.tables import Session


def lapse(session: Session, directory: Directory, complaint: Complaint, deadline: Deadline, step: Step) -> None:
    """Write that the case was not settled in time, and tell its holder and the holder's head.

    It is no breach of the pact, whose promise is the first answer.
    """
    deadline.breached_at, deadline.accountable_id = step.at, complaint.agency_id
    payload = {"run": deadline.run, "holder": directory.unit(complaint.agency_id).code}
    record(session, complaint, "lapse", at=step.at, actor="system", payload=payload)
    letters.statute_lapsed(session, directory, complaint, deadline.due_at)
