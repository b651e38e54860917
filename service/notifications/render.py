"""Making the bytes of an outbox row, when it is first sent."""

import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from service.agencies import directory as directories
from service.agencies.directory import Directory
from service.complaints.privacy import mask
from service.complaints.records import Complaint
from service.config import settings
from service.mail.compose import Draft, Image, compose
from service.notifications import links, words
from service.notifications.chart import draw
from service.notifications.known import Known, at_hand
from service.notifications.photos import small_photos
from service.outbox.dkim import sign
from service.outbox.records import OutboundMail
from service.tables import Session

TEMPLATES = Path(__file__).parent / "templates"
# RFC 3834 §5: so that vacation programs do not answer us.
AUTOMATIC = (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"))

# A letter is smaller than this, photos and chart included: Gmail hides what is beyond 102 KB of HTML, and mailboxes of
# agencies are small. The signature of DKIM comes on top.
MOST_BYTES = 98_000
# A letter quotes so much of each text, and lists so many cases; what fits, the first that does. The page behind its
# link has the whole.
MEASURES = ((8_000, 40), (4_000, 20), (2_000, 10), (600, 5))

# Letters that bring the files of their event along: photos small, all others by the link.
WITH_FILES = ("assignment", "desk_case", "follow_up", "answer", "remark", "question", "resolution")
# Letters that mail programs shall mark (RFC 2156 §5.3.6).
IMPORTANT = ("breach", "escalation", "inbox_problem")
# How many earlier letters a letter names, the latest ones; the root of the thread is always named.
MOST_NAMED = 10
_BLANK_LINES = re.compile(r"\n\s*\n")


def render(session: Session, row: OutboundMail) -> bytes:
    """The whole mail, RFC 5322 with CRLF. Raises when a template or a fact is missing: delivery shelves the row."""
    directory = _directory(session)
    known = at_hand(session, row)
    complaint = known.cases[row.complaint_id] if row.complaint_id else None
    photos, others = _photos(known, row)
    pictures = (*_chart(row), *photos)
    facts = _facts(directory, row) | {"photos": photos, "file_count": len(photos) + others}
    thread = _thread(known, row)
    for most_words, most_cases in MEASURES:
        measured = facts | {"most_cases": most_cases}
        if complaint is not None:
            measured |= _case_facts(known, directory, complaint, row, most_words)
        raw = compose(_draft(directory, row, measured, thread, pictures))
        if len(raw) <= MOST_BYTES:
            break
    return sign(raw)


def _draft(
    directory: Directory, row: OutboundMail, facts: dict[str, Any], thread: list[str], pictures: tuple[Image, ...]
) -> Draft:
    environment = _environment()
    point = " ".join(environment.get_template(f"{row.kind}/subject.txt").render(facts).split())
    if facts["case"] is not None:
        point = point.removeprefix(f"[{facts['case'].number}] ")
    facts = facts | {"point": point}
    text = environment.get_template(f"{row.kind}/body.txt").render(facts)
    threaded = bool(thread) and facts["case"] is not None
    return Draft(
        message_id=row.message_id,
        date=row.created_at,
        from_address=settings().mail_address,
        from_name=_sender(directory, row),
        to_address=row.to_address,
        to_name=row.to_name,
        reply_to=row.reply_to,
        subject=_case_subject(facts) if threaded else point,
        text=f"Hal: {point}\n\n{text}" if threaded else text,
        html=environment.get_template(f"{row.kind}/body.html").render(facts),
        in_reply_to=thread[-1] if thread else "",
        references=tuple(thread),
        headers=_headers(row),
        images=pictures,
    )


def _sender(directory: Directory, row: OutboundMail) -> str:
    name = f"Pengaduan {directory.short_name}"
    return f"{words.POINTS[row.kind]} - {name}" if row.thread and row.kind in words.POINTS else name


def _case_subject(facts: dict[str, Any]) -> str:
    """The same in all letters of a case: Gmail makes a thread of mails that refer to each other only while their
    subject, but for "Re:", stays as it was. What the letter has to say stands in its first line."""
    return f"[{facts['case'].number}] {facts['subject']}"


def _headers(row: OutboundMail) -> tuple[tuple[str, str], ...]:
    headers = AUTOMATIC
    if row.kind in IMPORTANT or row.context.get("percent", 0) >= 80:
        headers += (("Importance", "high"),)
    if row.kind.startswith("digest"):
        page, address = links.unsubscribe_url(row.to_address), links.unsubscribe_address(row.id)
        # RFC 8058: mail programs post to the page, without asking; those that cannot write to the address.
        headers += (
            ("List-Unsubscribe", f"<{page}>, <mailto:{address}?subject=berhenti>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        )
    return headers


def _thread(known: Known, row: OutboundMail) -> list[str]:
    """The Message-IDs that this mail refers to: the root of the case's thread, and the letters of the case that its
    recipient got before."""
    if not row.thread or row.complaint_id is None:
        return row.thread
    letters = known.threads[row.complaint_id, row.to_address]
    return [*row.thread, *[message_id for letter, message_id in letters if letter < row.id][-MOST_NAMED:]]


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


def _photos(known: Known, row: OutboundMail) -> tuple[tuple[Image, ...], int]:
    """The photos that the letter shows, and how many files of its event it does not show."""
    if row.complaint_id is None or row.kind not in WITH_FILES:
        return (), 0
    files = known.files[row.complaint_id, row.context.get("event_seq", 1)]
    photos = small_photos(files)
    return photos, len(files) - len(photos)


def _facts(directory: Directory, row: OutboundMail) -> dict[str, Any]:
    """What the templates of every kind may speak of: the frozen context, and words about time."""
    unit = directory.units.get(row.agency_id) if row.agency_id else None
    return {
        "acronym": unit.acronym if unit else directory.desk.acronym,
        **row.context,
        "directory": directory,
        "to_name": row.to_name,
        "public_url": settings().public_url,
        "mail_address": settings().mail_address,
        "unsubscribe_url": links.unsubscribe_url(row.to_address) if row.kind.startswith("digest") else "",
        "when": lambda text: words.when(datetime.fromisoformat(text), directory),
        "when_short": lambda text: words.when_short(datetime.fromisoformat(text), directory),
        "day": lambda text: words.day(datetime.fromisoformat(text), directory),
        "duration": lambda minutes: words.duration(timedelta(minutes=minutes)),
        "term_day": lambda text: words.last_day(datetime.fromisoformat(text), directory),
        "counted": lambda minutes, hours: words.counted(timedelta(minutes=minutes), hours),
        "days": lambda first, last: words.days(datetime.fromisoformat(first), datetime.fromisoformat(last), directory),
        "signed": words.signed,
        "excuse_name": lambda cause: words.EXCUSES.get(cause, cause),
        "field_name": words.FIELDS.__getitem__,
        "uncounted_because": lambda code: words.UNCOUNTED.get(code, code),
        "addressed": words.addressed,
        "letter_name": lambda kind: words.LETTERS.get(kind, kind),
        "case": None,
    }


def _case_facts(
    known: Known, directory: Directory, complaint: Complaint, row: OutboundMail, most_words: int
) -> dict[str, Any]:
    first, last = ((complaint.id, event) for event in (1, row.context.get("event_seq", 1)))
    to_citizen = row.to_address == complaint.reporter_email
    topic = directory.topics.get(complaint.category_id) if complaint.category_id else None
    place = directory.places.get(complaint.area_id) if complaint.area_id else None
    hide = (lambda text: text) if to_citizen else mask
    cut = {
        name: _cut(value, most_words)
        for name, value in row.context.items()
        if name in ("reason", "note") and isinstance(value, str)
    }
    return (
        cut
        | _desk_link(row, complaint)
        | {
            "case": complaint,
            "subject": hide(complaint.subject),
            "topic": topic.name if topic else "",
            "area": place.name if place else "",
            "received": words.when(complaint.received_at, directory),
            "due": words.when(complaint.due_at, directory),
            "reporter": "dirahasiakan" if complaint.anonymous else complaint.reporter_name or "tanpa nama",
            "complaint_text": _cut(hide(known.words.get(first, "")), most_words),
            "words": _cut(hide(known.words.get(last, "")), most_words),
        }
    )


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
        auto_reload=False,  # else each use looks at the file's time
    )
    environment.filters["number"] = words.number
    environment.filters["lines"] = _lines
    return environment


def _lines(text: str) -> Markup:
    """Somebody's words as HTML: their lines, and at most one blank line between them."""
    return Markup("<br>\n").join(escape(line) for line in _BLANK_LINES.sub("\n\n", text.strip()).split("\n"))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "\n\n[… selengkapnya di halaman kasus]"
