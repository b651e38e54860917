"""The citizen writes again: it goes to whoever holds the case."""

from datetime import datetime

from service.agencies.directory import Directory
from service.attachments.files import KeptFile, attach
from service.casework.cases import end_wait, go_on
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.complaints.rules import REJECTED
from service.notifications import letters
from service.tables import Document, Session


def follow_up(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    *,
    text: str,
    at: datetime,
    inbound_mail_id: int | None = None,
    files: list[KeptFile] | None = None,
    accepted: Document | None = None,
) -> None:
    """Keep the citizen's words and pass them on; addresses never cross.

    `accepted` says who let a doubtful mail count, and why.
    """
    message, commitment = write_message(
        session, complaint, author="citizen", text=text, at=at, inbound_mail_id=inbound_mail_id
    )
    if complaint.state == REJECTED:
        go_on(session, directory, complaint)
    kept = files or []
    payload = commitment | {"files": [file.sha256 for file in kept]} | (accepted or {})
    record(session, complaint, "follow_up", at=at, actor="citizen", payload=payload)
    for file in kept:
        attach(session, complaint.id, complaint.events, file, at)
    end_wait(session, directory, complaint, at)
    letters.follow_up(session, directory, complaint, message)
