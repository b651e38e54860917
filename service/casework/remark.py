"""Words of the holder that are no answer: shown in the history with the reasons, never silently dropped."""

from datetime import datetime

from service.agencies.directory import Directory
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
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
) -> None:
    """Keep the words with the codes of why they do not count; no clock stops and nobody is written to.

    The citizen sees that something came and did not count, but not the words: they were not meant as an answer.
    """
    unit = directory.unit(complaint.agency_id)
    _, commitment = write_message(
        session,
        complaint,
        author="note",
        text=text,
        at=arrived_at,
        agency_id=unit.id,
        inbound_mail_id=inbound_mail_id,
    )
    payload = commitment | {"agency": unit.code, "reasons": reasons}
    record(session, complaint, "remark", at=arrived_at, actor=actor, payload=payload)
