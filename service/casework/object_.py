"""A head objects to a breach. The inspector decides."""

from datetime import datetime

from sqlalchemy import func, select

from service import clock
from service.agencies.directory import Directory
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.complaints.rules import ActRefusedError
from service.complaints.terms import OBJECTION_TERM, within
from service.deadlines.records import Deadline
from service.notifications import protest_letters as letters
from service.outbox.records import OutboundMail
from service.tables import Session

OPEN, GRANTED, REFUSED = "open", "granted", "refused"


def object_(
    session: Session, directory: Directory, complaint: Complaint, deadline: Deadline, *, text: str, actor: str
) -> None:
    """Put the breach of this run before the inspector, with the head's reasons. Once, and within a week of being told.

    The caller sees to it that the head is the accountable unit's. Raises ActRefusedError.
    """
    now = clock.now()
    if not may_object(session, complaint, deadline, now):
        raise ActRefusedError("the breach cannot be objected to, or no longer")
    _, commitment = write_message(
        session, complaint, author="note", text=text, at=now, agency_id=deadline.accountable_id
    )
    record(session, complaint, "object", at=now, actor=actor, payload=commitment | {"run": deadline.run})
    deadline.objection, deadline.objected_at = OPEN, now
    letters.objection(session, directory, complaint, deadline)


def may_object(session: Session, complaint: Complaint, deadline: Deadline, now: datetime) -> bool:
    """Whether a breach stands that was not objected to yet, and the term is not over."""
    if deadline.breached_at is None or deadline.objection or deadline.excuse:
        return False
    told = told_at(session, complaint, deadline)
    return told is None or within(OBJECTION_TERM, told, now)


def told_at(session: Session, complaint: Complaint, deadline: Deadline) -> datetime | None:
    """When the accountable unit's notice of the breach was first delivered; None while none was: the term of whoever
    was not told has not begun."""
    told = select(func.min(OutboundMail.sent_at)).where(
        OutboundMail.complaint_id == complaint.id,
        OutboundMail.kind == "breach",
        OutboundMail.agency_id == deadline.accountable_id,
        OutboundMail.created_at >= deadline.due_at,
    )
    return session.scalar(told)
