"""The citizen sends the same complaint once more: it joins the case that there is, and nobody is asked twice."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select

from service import clock
from service.agencies.directory import Directory
from service.attachments.files import KeptFile, attach, attachments_of
from service.casework.cases import go_on
from service.complaints.history import events_of, record
from service.complaints.records import Complaint, Event
from service.complaints.rules import REJECTED, RESPONDED
from service.notifications import letters
from service.outbox.records import OutboundMail
from service.tables import Session

# The citizen is told at most this often that the complaint is there: who answers each letter would be told for ever.
TOLD_AGAIN_AFTER = timedelta(hours=12)


def sent_again(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    *,
    at: datetime,
    inbound_mail_id: int,
    files: list[KeptFile],
) -> None:
    """Note it in the case's history, keep the files that are new, and tell the citizen number and due time again.

    While the case is open, its holder has the words already and sees the repetition in the history: a mail goes out
    only if new files came. After an answer or a rejection the same words mean "this did not help me". Silence
    would be the worst reply, so the holder gets one short notice, and a rejected case goes back to the desk.
    """
    before = complaint.state
    if before == REJECTED:
        go_on(session, directory, complaint)
    known = {file.sha256 for file in attachments_of(session, complaint.id)}
    new = [file for file in {file.sha256: file for file in files}.values() if file.sha256 not in known]
    told = _holder_was_told(events_of(session, complaint))
    record(
        session,
        complaint,
        "follow_up",
        at=at,
        actor="citizen",
        payload={"again": True, "inbound_mail": inbound_mail_id, "files": [file.sha256 for file in new]},
    )
    for file in new:
        attach(session, complaint.id, complaint.events, file, at)
    if new or (before in (RESPONDED, REJECTED) and not told):
        letters.sent_again(session, directory, complaint, before)
    if not _citizen_was_told(session, complaint):
        letters.joined(session, directory, complaint, before)


def _holder_was_told(events: list[Event]) -> bool:
    """Whether the complaint was already sent again since its last answer or rejection."""
    ends = [event.seq for event in events if event.kind in ("respond", "reject")]
    return any(event.payload.get("again") and event.seq > max(ends, default=0) for event in events)


def _citizen_was_told(session: Session, complaint: Complaint) -> bool:
    told = (
        (OutboundMail.complaint_id == complaint.id)
        & (OutboundMail.kind == "joined")
        & (OutboundMail.created_at > clock.now() - TOLD_AGAIN_AFTER)
    )
    return bool(session.scalar(select(exists().where(told))))
