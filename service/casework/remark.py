"""Words of the holder that are no answer: passed on to the citizen, and kept with the reasons why they do not count."""

from datetime import datetime

from service.agencies.directory import Directory
from service.attachments.files import KeptFile, attach
from service.casework.clocks import clock_of
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.notifications import counting_letters as letters
from service.tables import Session


def remark(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    *,
    text: str,
    arrived_at: datetime,
    actor: str,
    reasons: list[str],
    inbound_mail_id: int | None = None,
    files: list[KeptFile] | None = None,
) -> None:
    """Keep the words with the codes of why they do not count (`casework.assessment`), and pass them on. No clock stops.

    Raises ActRefusedError by the state table.
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
    payload = commitment | {"agency": unit.code, "reasons": reasons, "files": [file.sha256 for file in kept]}
    record(session, complaint, "remark", at=arrived_at, actor=actor, payload=payload)
    for file in kept:
        attach(session, complaint.id, complaint.events, file, arrived_at)
    letters.remark(session, complaint, unit, message, waiting=clock_of(session, complaint).met_at is None)
