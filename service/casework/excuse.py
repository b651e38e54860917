"""Excuse a breach: that classifies it, and never deletes it."""

from service import clock
from service.agencies.directory import Directory
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.complaints.rules import ActRefusedError
from service.deadlines.records import Deadline
from service.deadlines.rules import CAUSES
from service.notifications import protest_letters as letters
from service.tables import Document, Session


def excuse(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    deadline: Deadline,
    *,
    cause: str,
    actor: str,
    reason: str = "",
    evidence: Document | None = None,
    tell: bool = True,
) -> None:
    """Say why the breach of this run is not the unit's fault, with what proves it: `evidence` holds no personal data.

    `reason` is the inspector's, in writing; the system has only evidence. Without `tell` no letter is written: another
    one says it. Raises ActRefusedError when no breach stands, for an unknown cause, and when it is excused already.
    """
    if deadline.breached_at is None or deadline.excuse or cause not in CAUSES:
        raise ActRefusedError(f"no breach stands that could be excused by {cause}")
    now = clock.now()
    payload: Document = {"run": deadline.run, "cause": cause}
    if evidence:
        payload["evidence"] = evidence
    if reason:
        payload |= write_message(session, complaint, author="note", text=reason, at=now)[1]
    record(session, complaint, "excuse", at=now, actor=actor, payload=payload)
    deadline.excuse = cause
    if tell:
        letters.excused(session, directory, complaint, deadline, cause, reason)
