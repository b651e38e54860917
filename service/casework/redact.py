"""Take personal data out of a case for ever. What the events say of the words stays verifiable as far as it can."""

from sqlalchemy import select, update

from service import clock
from service.attachments.files import forget
from service.attachments.records import Attachment
from service.complaints.history import record
from service.complaints.privacy import REDACTED
from service.complaints.records import Complaint, Message
from service.outbox.records import SENT, OutboundMail
from service.tables import Session


def redact(session: Session, complaint: Complaint, *, events: list[int], actor: str) -> list[str]:
    """Replace the words of these events, forget their salt and files, and the mails of ours that quoted them.

    Without its salt the hash in the event tells nothing of the words, and nobody can be asked to believe other words
    in their place; the chain of events does not change. Returns the hashes of files whose bytes nobody needs any
    more: the caller has them removed once the transaction is committed (`attachments.files.remove`).
    """
    chosen = (Message.complaint_id == complaint.id) & Message.event_seq.in_(events)
    found = sorted(session.scalars(select(Message.event_seq).where(chosen)))
    record(session, complaint, "redact", at=clock.now(), actor=actor, payload={"messages": found})
    session.execute(update(Message).where(chosen).values(text=REDACTED, salt=""))
    files = session.scalars(
        select(Attachment).where(Attachment.complaint_id == complaint.id, Attachment.event_seq.in_(events))
    ).all()
    unneeded = forget(session, files)
    if 1 in events:
        complaint.subject = REDACTED
    _forget_letters(session, complaint)
    return unneeded


def _forget_letters(session: Session, complaint: Complaint) -> None:
    """Mails that were sent keep that they were, to whom and when, and lose what they said."""
    sent = (OutboundMail.complaint_id == complaint.id) & (OutboundMail.status == SENT)
    session.execute(update(OutboundMail).where(sent).values(raw=None))
