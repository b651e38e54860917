"""Making the bytes of an outbox row, when it is first sent."""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import select

from service.agencies import directory as directories
from service.agencies.directory import Directory
from service.complaints.privacy import mask
from service.complaints.records import Complaint, Message
from service.config import settings
from service.mail.compose import Draft, Image, compose
from service.notifications import words
from service.notifications.chart import draw
from service.notifications.photos import files_of, small_photos
from service.outbox.dkim import sign
from service.outbox.records import OutboundMail
from service.tables import Session

TEMPLATES = Path(__file__).parent / "templates"
# RFC 3834 §5: so that vacation programs do not answer us.
AUTOMATIC = (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"))

# A letter quotes so much; the page behind its link has the whole.
MOST_WORDS = 8_000

# Letters that bring the files of their event along: photos small, all others by the link.
WITH_FILES = ("assignment", "desk_case", "follow_up", "sent_again", "answer")


def render(session: Session, row: OutboundMail) -> bytes:
    """The whole mail, RFC 5322 with CRLF. Raises when a template or a fact is missing: delivery shelves the row."""
    directory = _directory(session)
    facts = _facts(session, directory, row)
    environment = _environment()
    subject = " ".join(environment.get_template(f"{row.kind}/subject.txt").render(facts).split())
    draft = Draft(
        message_id=row.message_id,
        date=row.created_at,
        from_address=settings().mail_address,
        from_name=f"Pengaduan {directory.short_name}",
        to_address=row.to_address,
        to_name=row.to_name,
        reply_to=row.reply_to,
        subject=subject,
        text=environment.get_template(f"{row.kind}/body.txt").render(facts),
        html=environment.get_template(f"{row.kind}/body.html").render(facts),
        in_reply_to=row.thread[-1] if row.thread else "",
        references=tuple(row.thread),
        headers=AUTOMATIC,
        images=(*_chart(row), *facts["photos"]),
    )
    return sign(compose(draft))


def _directory(session: Session) -> Directory:
    """The directory, asked for once a transaction: a batch of mails is rendered in one."""
    asked_in, directory = session.info.get("rendering", (None, None))
    if directory is None or asked_in is not session.get_transaction():
        directory = directories.current(session)
        session.info["rendering"] = (session.get_transaction(), directory)
    return directory


def _chart(row: OutboundMail) -> tuple[Image, ...]:
    if "chart" not in row.context:
        return ()
    return (Image("grafik", "grafik.png", "image/png", draw(row.context["chart"])),)


def _facts(session: Session, directory: Directory, row: OutboundMail) -> dict[str, Any]:
    """What the templates of a kind may speak of: the frozen context, the case, and words about time."""
    facts: dict[str, Any] = {
        **row.context,
        "directory": directory,
        "to_name": row.to_name,
        "public_url": settings().public_url,
        "mail_address": settings().mail_address,
        "when": lambda text: words.when(datetime.fromisoformat(text), directory),
        "when_short": lambda text: words.when_short(datetime.fromisoformat(text), directory),
        "day": lambda text: words.day(datetime.fromisoformat(text), directory),
        "duration": lambda minutes: words.duration(timedelta(minutes=minutes)),
        "addressed": words.addressed,
        "letter_name": lambda kind: words.LETTERS.get(kind, kind),
        "case": None,
        "photos": (),
    }
    complaint = session.get(Complaint, row.complaint_id) if row.complaint_id else None
    if complaint is not None:
        facts |= _case_facts(session, directory, complaint, row)
    return facts


def _case_facts(session: Session, directory: Directory, complaint: Complaint, row: OutboundMail) -> dict[str, Any]:
    seq = row.context.get("event_seq", 1)
    query = select(Message).where(Message.complaint_id == complaint.id, Message.event_seq.in_((1, seq)))
    messages = {message.event_seq: message for message in session.scalars(query)}
    to_citizen = row.to_address == complaint.reporter_email
    topic = directory.topics.get(complaint.category_id) if complaint.category_id else None
    place = directory.places.get(complaint.area_id) if complaint.area_id else None
    hide = (lambda text: text) if to_citizen else mask
    files = files_of(session, complaint.id, seq) if row.kind in WITH_FILES else []
    return _desk_link(row, complaint) | {
        "case": complaint,
        "subject": hide(complaint.subject),
        "topic": topic.name if topic else "",
        "area": place.name if place else "",
        "received": words.when(complaint.received_at, directory),
        "due": words.when(complaint.due_at, directory),
        "reporter": "dirahasiakan" if complaint.anonymous else complaint.reporter_name or "tanpa nama",
        "complaint_text": _cut(hide(messages[1].text)) if 1 in messages else "",
        "words": _cut(hide(messages[seq].text)) if seq in messages else "",
        "file_count": len(files),
        "photos": small_photos(files),
    }


def _desk_link(row: OutboundMail, complaint: Complaint) -> dict[str, str]:
    """The desk signs in to its own page of the case; the signed link is for agencies."""
    to_desk = row.agency_id is None and "unit" in row.context and "person" not in row.context
    return {"link": f"{settings().public_url}/meja/kasus/{complaint.number}"} if to_desk else {}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default=False, default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = words.number
    environment.filters["paragraphs"] = lambda text: [part for part in str(text).split("\n") if part.strip()]
    return environment


def _cut(text: str) -> str:
    return text if len(text) <= MOST_WORDS else text[:MOST_WORDS] + "\n\n[… selengkapnya di halaman kasus]"
