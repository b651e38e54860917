"""An agency says that a case is not within its remit: it goes back to the desk. The clock runs on."""

from service import clock
from service.agencies.directory import DESK, Directory
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.notifications import letters
from service.tables import Document, Session


def decline(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    *,
    reason: str,
    actor: str,
    accepted: Document | None = None,
) -> None:
    """Return the case to the desk with the agency's reason; raises ActRefusedError by the state table.

    `accepted` says who let a doubtful mail count, and why.
    """
    unit = directory.unit(complaint.agency_id)
    now = clock.now()
    _, commitment = write_message(session, complaint, author="note", text=reason, at=now, agency_id=unit.id)
    payload = commitment | {"holder": DESK, "agency": unit.code} | (accepted or {})
    record(session, complaint, "decline", at=now, actor=actor, payload=payload)
    complaint.agency_id = None
    complaint.routing_reason = f"{unit.name}: bukan kewenangan kami"
    letters.declined(session, directory, complaint, unit, reason)
