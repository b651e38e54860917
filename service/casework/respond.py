"""Answer a case. What stops the clock is the arrival of the answer, not our reading of it."""

from datetime import datetime

from service.agencies.directory import Directory
from service.attachments.files import KeptFile, attach
from service.casework.canned import likeness
from service.casework.cases import end_wait, settle
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.notifications import letters
from service.tables import Document, Session


def respond(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    *,
    text: str,
    arrived_at: datetime,
    actor: str,
    inbound_mail_id: int | None = None,
    files: list[KeptFile] | None = None,
    accepted: Document | None = None,
) -> None:
    """Keep the holder's answer, stop the clock at `arrived_at` (aware UTC), and send it to the citizen.

    `text` must say something: callers refuse empty words. `accepted` says who let a doubtful mail count, and why; it
    stays in the event, to be contested. Raises ActRefusedError by the state table.
    """
    unit = directory.unit(complaint.agency_id)
    author = "agency" if unit.id else "desk"
    message, commitment = write_message(
        session,
        complaint,
        author=author,
        text=text,
        at=arrived_at,
        agency_id=unit.id,
        inbound_mail_id=inbound_mail_id,
    )
    kept = files or []
    payload = commitment | {"agency": unit.code, "files": [file.sha256 for file in kept]} | (accepted or {})
    payload |= likeness(session, complaint, unit, text, arrived_at)
    record(session, complaint, "respond", at=arrived_at, actor=actor, payload=payload)
    for file in kept:
        attach(session, complaint.id, complaint.events, file, arrived_at)
    letters.answer(session, directory, complaint, unit, message)
    end_wait(session, directory, complaint, arrived_at)
    settle(session, directory, complaint, arrived_at)
