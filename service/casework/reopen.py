"""Reopen a case that had ended: the promise is given anew."""

from datetime import datetime

from service.agencies.directory import DESK, Directory
from service.attachments.files import KeptFile, attach
from service.casework import clocks
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.complaints.rules import ASSIGNED, RECEIVED, ActRefusedError, instant_text
from service.complaints.terms import REOPEN_TERM, within
from service.deadlines import calendars
from service.notifications import protest_letters as letters
from service.tables import Document, Session


def reopen(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    *,
    text: str,
    at: datetime,
    actor: str,
    inbound_mail_id: int | None = None,
    files: list[KeptFile] | None = None,
) -> None:
    """Start both clocks anew `at` (arrival, aware UTC), by the pact and the calendar in force then. The agency that had
    the case last has it again; a rejected one is with the desk, which rejected it.

    What became of the run before stays as it was. The citizen (actor `citizen`) may within thirty days, the desk at
    any time. Raises ActRefusedError by the state table, and when the term is over.
    """
    if actor == "citizen" and not may_reopen(complaint, at):
        raise ActRefusedError("the term for reopening is over")
    unit = directory.unit(complaint.agency_id)
    if not unit.active:
        unit = directory.desk
    promise, due = clocks.promised(session, directory, at)
    settle_by = clocks.statute_due(session, directory, complaint, at)
    author = "citizen" if actor == "citizen" else "desk"
    message, commitment = write_message(
        session, complaint, author=author, text=text, at=at, inbound_mail_id=inbound_mail_id
    )
    kept = files or []
    payload: Document = commitment | {
        "run": complaint.run + 1,
        "due": instant_text(due),
        "statute_due": instant_text(settle_by) if settle_by else None,
        "pact": promise.version,
        "calendar": calendars.current(session, directory).version,
        "holder": unit.code if unit.id else DESK,
        "files": [file.sha256 for file in kept],
    }
    record(session, complaint, "reopen", at=at, actor=actor, payload=payload, to=ASSIGNED if unit.id else RECEIVED)
    for file in kept:
        attach(session, complaint.id, complaint.events, file, at)
    _start_run(session, directory, complaint, unit.id, at, due)
    clocks.start(session, directory, complaint, promise, at, settle_by)
    letters.reopened(session, directory, complaint, message)


def may_reopen(complaint: Complaint, now: datetime) -> bool:
    """Whether the citizen may still reopen the case."""
    ended = complaint.closed_at or complaint.resolved_at
    return ended is not None and within(REOPEN_TERM, ended, now)


def _start_run(
    session: Session, directory: Directory, complaint: Complaint, holder: int | None, at: datetime, due: datetime
) -> None:
    complaint.run += 1
    complaint.agency_id = holder
    complaint.reopened_at, complaint.due_at = at, due
    complaint.responded_at = complaint.breached_at = complaint.accountable_id = complaint.asked_at = None
