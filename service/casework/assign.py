"""Give a case to an agency: by rule, or by the desk. The due time never moves."""

from service import clock
from service.agencies.directory import Directory, Unit
from service.casework.cases import go_on
from service.complaints.history import record
from service.complaints.records import Complaint
from service.complaints.rules import REJECTED
from service.notifications import letters
from service.tables import Document, Session


def assign(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    unit: Unit,
    *,
    reason: str,
    actor: str,
    tell_citizen: bool = True,
    not_about_officials: bool = False,
) -> None:
    """Make `unit` the holder, mail its inbox, and tell the citizen when it is not part of the acknowledgement.

    `not_about_officials`: the desk states this of a case in which the rules found an allegation, and the event keeps
    that it did. Raises ActRefusedError by the state table.
    """
    complaint.agency_id = unit.id
    complaint.routing_reason = reason
    payload: Document = {"holder": unit.code, "reason": reason}
    if not_about_officials:
        payload["not_about_officials"] = True
    if complaint.state == REJECTED:
        go_on(session, directory, complaint)
    record(session, complaint, "assign", at=clock.now(), actor=actor, payload=payload)
    letters.assignment(session, directory, complaint)
    if tell_citizen:
        letters.forwarded(session, directory, complaint)
