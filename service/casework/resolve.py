"""The holder reports that the work is done. That stops the law's clock, and the pact's if nothing was said before."""

from datetime import datetime

from service.agencies.directory import Directory
from service.attachments.files import KeptFile, attach
from service.casework.canned import likeness
from service.casework.cases import finish, settle
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.notifications import protest_letters as letters
from service.tables import Session


def resolve(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    *,
    text: str,
    arrived_at: datetime,
    actor: str,
    inbound_mail_id: int | None = None,
    files: list[KeptFile] | None = None,
) -> None:
    """Keep what was done, stop the clocks at `arrived_at` (aware UTC), and ask the citizen whether it is so.

    `text` must say what was done: callers refuse empty words, so it always counts as an answer. Raises
    ActRefusedError by the state table.
    """
    unit = directory.unit(complaint.agency_id)
    message, commitment = write_message(
        session,
        complaint,
        author="agency" if unit.id else "desk",
        text=text,
        at=arrived_at,
        agency_id=unit.id,
        inbound_mail_id=inbound_mail_id,
    )
    kept = files or []
    payload = commitment | {"agency": unit.code, "counts": True, "files": [file.sha256 for file in kept]}
    payload |= likeness(session, complaint, unit, text, arrived_at)
    record(session, complaint, "resolve", at=arrived_at, actor=actor, payload=payload)
    complaint.resolved_at = arrived_at
    for file in kept:
        attach(session, complaint.id, complaint.events, file, arrived_at)
    letters.resolution(session, directory, complaint, unit, message)
    settle(session, directory, complaint, arrived_at)
    finish(session, directory, complaint, arrived_at)
