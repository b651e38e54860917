"""Give a case to an agency: by rule, or by the desk. The due time never moves."""

from service import clock
from service.agencies.directory import Directory, Unit
from service.complaints.history import record
from service.complaints.records import Complaint
from service.notifications import letters
from service.tables import Session


def assign(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    unit: Unit,
    *,
    reason: str,
    actor: str,
    tell_citizen: bool = True,
) -> None:
    """Make `unit` the holder, mail its inbox, and tell the citizen when it is not part of the acknowledgement.

    Raises ActRefusedError by the state table.
    """
    complaint.agency_id = unit.id
    complaint.routing_reason = reason
    record(
        session,
        complaint,
        "assign",
        at=clock.now(),
        actor=actor,
        payload={"holder": unit.code, "reason": reason},
    )
    letters.assignment(session, directory, complaint)
    if tell_citizen:
        letters.forwarded(session, directory, complaint)
