"""Open a case: where form, email and every later channel come together."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from service import clock
from service.agencies.directory import DESK, Directory
from service.agencies.preset_model import MISCONDUCT, ORDINARY
from service.attachments.files import KeptFile, attach
from service.casework import clocks
from service.casework.assign import assign
from service.complaints.history import record, write_message
from service.complaints.privacy import without_keys
from service.complaints.records import Complaint, number_sequence
from service.complaints.rules import FIRST_HASH, RECEIVED, instant_text
from service.deadlines import calendars
from service.notifications import letters
from service.pacts.rules import Promise
from service.routing.directory_table import route
from service.routing.rules import ALLEGATION, Decision
from service.tables import Document, Session

SUBJECT_LENGTH = 90
_DRAWN = "numbers drawn"
# "Assalamualaikum wr. wb.", "Selamat pagi Bapak/Ibu,", "Yth. Bapak Wali Kota": no subject, however polite.
_GREETING = re.compile(
    r"\A(?:\W*(?:ass?alam\w*|selamat (?:pagi|siang|sore|malam)|permisi|mohon maaf|halo|(?:kepada )?yth)\b"
    r"[^\n,!?]{0,40}?(?:\bwr\.? ?wb|[,!\n]|(?<!yth)(?<!wr)\.(?=\s)))+[\s,.]*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Choice:
    """The agency (its code) that a person chose for a new case, in place of the rules."""

    agency: str
    reason: str
    actor: str
    not_about_officials: bool = False


@dataclass(frozen=True)
class Submission:
    """A complaint as it came in, whichever way. `received_at` is when the government had it (aware UTC)."""

    channel: str  # form, mail
    received_at: datetime
    text: str
    subject: str = ""
    category_id: int | None = None
    area_id: int | None = None
    place: str = ""
    tag: str = ""
    anonymous: bool = False
    confidential: bool = False
    reporter_name: str = ""
    reporter_email: str = ""
    reporter_phone: str = ""
    reporter_thread: str = ""
    submission_key: str | None = None
    inbound_mail_id: int | None = None
    files: list[KeptFile] = field(default_factory=list)
    choice: Choice | None = None


def open_case(session: Session, directory: Directory, submission: Submission) -> Complaint:
    """Make the case, start its clock, route it, and acknowledge it; the caller commits."""
    promise, due = clocks.promised(session, directory, submission.received_at)
    text = f"{submission.subject}\n{submission.text}"
    decision = route(directory, text, submission.tag, submission.category_id, submission.area_id)
    complaint = _make(session, directory, submission, due)
    complaint.classification = _classification(directory, submission, decision)
    settle_by = clocks.statute_due(session, directory, complaint, submission.received_at)
    clocks.start(session, directory, complaint, promise, submission.received_at, settle_by)
    _record_opening(session, directory, complaint, submission, promise, settle_by)
    complaint.routing_reason = decision.reason
    complaint.candidates = [list(candidate) for candidate in decision.candidates[:5]]
    choice = submission.choice or _choice_of_rules(decision)
    if choice is None:
        letters.assignment(session, directory, complaint)
    else:
        assign(
            session,
            directory,
            complaint,
            directory.by_code[choice.agency],
            reason=choice.reason,
            actor=choice.actor,
            tell_citizen=False,
            not_about_officials=choice.not_about_officials,
        )
    letters.acknowledgement(session, directory, complaint)
    return complaint


def _classification(directory: Directory, submission: Submission, decision: Decision) -> str:
    """The class of SP4N-LAPOR!: an allegation is one whatever category was chosen."""
    if decision.rule == ALLEGATION:
        return MISCONDUCT
    topic = directory.topics.get(submission.category_id) if submission.category_id else None
    return topic.classification if topic else ORDINARY


def _choice_of_rules(decision: Decision) -> Choice | None:
    return Choice(decision.agency, decision.reason, "system") if decision.agency else None


def draw_numbers(session: Session, count: int) -> None:
    """Draw the ids of so many new cases in one question; `open_case` takes them in this order."""
    if count:
        drawn = select(number_sequence.next_value()).select_from(func.generate_series(1, count))
        session.info[_DRAWN] = list(session.scalars(drawn))


def _next_number(session: Session) -> int:
    drawn = session.info.get(_DRAWN)
    return drawn.pop(0) if drawn else session.scalar(number_sequence)


def _make(session: Session, directory: Directory, submission: Submission, due: datetime) -> Complaint:
    case_id = _next_number(session)
    year = submission.received_at.astimezone(directory.timezone).strftime("%y")
    complaint = Complaint(
        id=case_id,
        number=f"{directory.number_prefix}-{year}-{case_id:05d}",
        token=secrets.token_urlsafe(18),
        submission_key=submission.submission_key,
        state=RECEIVED,
        channel=submission.channel,
        received_at=submission.received_at,
        subject=_subject(submission),
        category_id=submission.category_id,
        area_id=submission.area_id,
        place=submission.place,
        agency_id=None,
        routing_reason="",
        candidates=[],
        anonymous=submission.anonymous,
        confidential=submission.confidential,
        reporter_name=submission.reporter_name,
        reporter_email=submission.reporter_email,
        reporter_phone=submission.reporter_phone,
        reporter_thread=submission.reporter_thread,
        run=1,
        due_at=due,
        events=0,
        head_hash=FIRST_HASH,
    )
    session.add(complaint)
    return complaint


def _subject(submission: Submission) -> str:
    """The subject of the mail, or the first words of the text after its greeting."""
    text = without_keys(submission.text)
    words = " ".join((without_keys(submission.subject) or _GREETING.sub("", text) or text).split())
    if len(words) <= SUBJECT_LENGTH:
        return words
    return words[: SUBJECT_LENGTH - 1].rsplit(" ", 1)[0].rstrip(" ,;:.-") + "…"


def _record_opening(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    submission: Submission,
    promise: Promise,
    settle_by: datetime | None,
) -> None:
    _, commitment = write_message(
        session,
        complaint,
        author="citizen",
        text=submission.text,
        at=submission.received_at,
        inbound_mail_id=submission.inbound_mail_id,
    )
    topic = directory.topics.get(submission.category_id) if submission.category_id else None
    place = directory.places.get(submission.area_id) if submission.area_id else None
    payload: Document = commitment | {
        "channel": submission.channel,
        "holder": DESK,
        "category": topic.code if topic else None,
        "area": place.code if place else None,
        "anonymous": submission.anonymous,
        "confidential": submission.confidential,
        "pact": promise.version,
        "calendar": calendars.current(session, directory).version,
        "classification": complaint.classification,
        "due": instant_text(complaint.due_at),
        "statute_due": instant_text(settle_by) if settle_by else None,
        "files": [file.sha256 for file in submission.files],
    }
    record(session, complaint, "open", at=submission.received_at, actor="citizen", payload=payload)
    if submission.files:
        session.flush()  # within one flush rows go table by table, and attachments would come before their case
    for file in submission.files:
        attach(session, complaint.id, complaint.events, file, clock.now())
