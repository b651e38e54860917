"""Withdraw a breach: an answer turns out to have arrived in time, or the facts behind it were wrong."""

from datetime import datetime

from sqlalchemy import select

from service import clock
from service.agencies.directory import Directory
from service.complaints.history import record
from service.complaints.records import Complaint
from service.complaints.rules import instant_text
from service.deadlines.records import Deadline
from service.notifications import letters
from service.outbox.records import OutboundMail
from service.tables import Session

# The cause with which the inspector grants an objection because the facts were wrong: such a breach is withdrawn and
# not excused, and the clock does not write it again.
WITHDRAWN = "withdrawn"


def withdraw(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    deadline: Deadline,
    *,
    arrived: datetime | None = None,
    actor: str = "system",
) -> None:
    """Take back the breach by an event (never by deleting one), and tell everyone who was told of it.

    `arrived` is when the answer came that shows it wrong; None when the inspector decided so.
    """
    payload = {
        "run": deadline.run,
        "arrived": instant_text(arrived) if arrived else None,
        "due": instant_text(deadline.due_at),
    }
    record(session, complaint, "withdraw", at=clock.now(), actor=actor, payload=payload)
    deadline.breached_at = None
    if arrived and deadline.excuse:  # there is nothing left to excuse
        deadline.excuse = ""
    if deadline.run == complaint.run:
        complaint.breached_at = None
    told = session.scalars(
        select(OutboundMail.to_address).where(
            OutboundMail.complaint_id == complaint.id,
            OutboundMail.kind.in_(("breach", "escalation")),
            OutboundMail.created_at >= deadline.start_at,
        )
    )
    letters.withdrawal(session, directory, complaint, told, arrived)
