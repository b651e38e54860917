"""Withdraw a breach: an answer turns out to have arrived in time."""

from datetime import datetime

from sqlalchemy import select

from service import clock
from service.agencies.directory import Directory
from service.complaints.history import record
from service.complaints.records import Complaint
from service.complaints.rules import instant_text
from service.notifications import letters
from service.outbox.records import OutboundMail
from service.tables import Session


def withdraw(session: Session, directory: Directory, complaint: Complaint, *, arrived: datetime) -> None:
    """Take back the breach by an event (never by deleting one), and tell everyone who was told of it."""
    record(
        session,
        complaint,
        "withdraw",
        at=clock.now(),
        actor="system",
        payload={"arrived": instant_text(arrived), "due": instant_text(complaint.due_at)},
    )
    complaint.breached_at = None
    told = session.scalars(
        select(OutboundMail.to_address).where(
            OutboundMail.complaint_id == complaint.id, OutboundMail.kind.in_(("breach", "escalation"))
        )
    )
    letters.withdrawal(session, directory, complaint, told, arrived)
