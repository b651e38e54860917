"""The desk rejects a case: no complaint, outside the government's authority, or a duplicate. Always with a reason."""

from service import clock
from service.agencies.directory import Directory
from service.casework.cases import finish, settle
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.notifications import letters
from service.tables import Session


def reject(session: Session, directory: Directory, complaint: Complaint, *, reason: str, actor: str) -> None:
    """End the case with a reason that the citizen reads. That is an answer: the clock stops now.

    Raises ActRefusedError by the state table.
    """
    now = clock.now()
    _, commitment = write_message(session, complaint, author="desk", text=reason, at=now)
    record(session, complaint, "reject", at=now, actor=actor, payload=commitment)
    complaint.agency_id, complaint.closed_at = None, now
    letters.rejection(session, directory, complaint, reason)
    settle(session, directory, complaint, now)
    finish(session, directory, complaint, now)
