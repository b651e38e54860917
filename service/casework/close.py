"""Close a case that was answered: the citizen says that all is well, the desk does, or nobody protested."""

from datetime import datetime

from service.agencies.directory import Directory
from service.casework.cases import finish
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.complaints.rules import ActRefusedError
from service.notifications import protest_letters as letters
from service.tables import Document, Session

BY_CITIZEN, BY_SYSTEM, BY_DESK = "citizen", "system", "desk"


def close(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    *,
    by: str,
    at: datetime,
    actor: str,
    reason: str = "",
) -> None:
    """End the case `at`; the citizen reads how to reopen it, and the desk's `reason`.

    Raises ActRefusedError by the state table, and while the inspector still has to decide a dispute.
    """
    if complaint.disputed_at is not None:
        raise ActRefusedError("a dispute is open")
    payload: Document = {"by": by}
    if reason:
        payload |= write_message(session, complaint, author="desk", text=reason, at=at)[1]
    record(session, complaint, "close", at=at, actor=actor, payload=payload)
    complaint.closed_at = at
    finish(session, directory, complaint, at)
    letters.closed(session, directory, complaint, by, reason, at)
