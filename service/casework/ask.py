"""The holder asks the citizen something. The law's clock waits for the reply; the pact's does not."""

from datetime import datetime

from service.agencies.directory import Directory
from service.attachments.files import KeptFile, attach
from service.casework.cases import end_wait, settle
from service.casework.clocks import clock_at
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.complaints.terms import WAIT_TERM
from service.notifications import protest_letters as letters
from service.pacts import registry
from service.tables import Session


def ask(
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
    """Send the question to the citizen, and wait: the law's clock stands still until the citizen's next words, ten days
    at most. It is an answer only where the pact, by which this run was started, says so.

    Raises ActRefusedError by the state table.
    """
    unit = directory.unit(complaint.agency_id)
    pact_id = clock_at(session, complaint, arrived_at).pact_id
    counts = registry.by_id(session, directory, pact_id).question_counts
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
    payload = commitment | {"agency": unit.code, "counts": counts, "files": [file.sha256 for file in kept]}
    record(session, complaint, "ask", at=arrived_at, actor=actor, payload=payload)
    for file in kept:
        attach(session, complaint.id, complaint.events, file, arrived_at)
    letters.question(session, directory, complaint, unit, message)
    if complaint.asked_at is not None and arrived_at > complaint.asked_at + WAIT_TERM:
        end_wait(session, directory, complaint, complaint.asked_at + WAIT_TERM)  # it is over; this one begins anew
    complaint.asked_at = complaint.asked_at or arrived_at
    if counts:
        settle(session, directory, complaint, arrived_at)
