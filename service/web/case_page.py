"""What a page about one case needs, gathered in one place for citizen, agency and desk."""

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, abort, send_file
from sqlalchemy import exists, select

from service.agencies.directory import Directory
from service.attachments.files import IMAGES, attachments_of, content_of
from service.attachments.records import Attachment
from service.complaints.history import events_of, messages_of
from service.complaints.privacy import mask
from service.complaints.records import Complaint, Event, Message
from service.deadlines.records import Deadline
from service.deadlines.rules import PACT, STATUTE
from service.tables import Session
from service.web.countings import counting_of
from service.web.standing import Standing, standing
from service.web.timeline import AGENCY, Entry, entries

HOLDING = ("open", "assign", "decline", "reopen")


@dataclass(frozen=True)
class CasePage:
    """One case for one reader."""

    case: Complaint
    subject: str
    place: str
    topic: str
    area: str
    agency: str
    standing: Standing
    settle_by: datetime | None  # the due time of the law's clock, while that matters
    waits: bool  # the law's clock stands still: the citizen is asked something
    history: list[Entry]

    @property
    def opening(self) -> Entry:
        """What the citizen wrote first."""
        return self.history[0]


def case_page(
    session: Session, directory: Directory, case: Complaint, reader: str, now: datetime, until: int | None = None
) -> CasePage:
    """Gather the case for `reader`, up to the event `until` (all by default)."""
    last = case.events if until is None else until
    events = [event for event in events_of(session, case) if event.seq <= last]
    messages = [message for message in messages_of(session, case) if message.event_seq <= last]
    files = [file for file in attachments_of(session, case.id) if file.event_seq <= last]
    clocks = _clocks(session, case)
    law = clocks.get(STATUTE)
    hide = mask if reader == AGENCY else str
    topic = directory.topics.get(case.category_id) if case.category_id else None
    return CasePage(
        case=case,
        subject=hide(case.subject),
        place=hide(case.place),
        topic=topic.name if topic else "",
        area=area_words(directory, case),
        agency=directory.unit(case.agency_id).name,
        standing=standing(case, now, counting_of(session, directory, clocks[PACT])),
        settle_by=law.due_at if law and law.met_at is None else None,
        waits=case.asked_at is not None,
        history=entries(directory, events, messages, files, reader),
    )


def _clocks(session: Session, case: Complaint) -> dict[str, Deadline]:
    query = select(Deadline).where(Deadline.complaint_id == case.id, Deadline.run == case.run)
    return {clock.kind: clock for clock in session.scalars(query)}


def area_words(directory: Directory, case: Complaint) -> str:
    """`Kelurahan Pagar Dewa, Kecamatan Selebar`."""
    place = directory.places.get(case.area_id) if case.area_id else None
    if place is None:
        return ""
    above = directory.parent_of(place)
    return ", ".join(f"{area.kind.capitalize()} {area.name}" for area in (place, above) if area)


def seen_until(session: Session, case: Complaint, agency_id: int, code: str) -> int | None:
    """The last event that an agency may see: all while it holds the case, and after that what happened until it
    passed the case on, with that. None when it never held it.

    A case may have left it because it accuses the agency itself.
    """
    if case.agency_id == agency_id:
        return case.events
    query = select(Event).where(Event.complaint_id == case.id, Event.kind.in_(HOLDING)).order_by(Event.seq)
    held, last = False, None
    for event in session.scalars(query):
        if held:
            last = event.seq
        held = event.payload.get("holder") == code
    return case.events if held else last  # held until the desk ended the case, which moves nobody


def already_said(session: Session, case: Complaint, text: str, seen: str | None) -> bool:
    """Whether the same words came since the page was opened: a second click on the button, not a second message."""
    since = int(seen) if seen and seen.isascii() and seen.isdigit() and len(seen) < 9 else case.events
    same = (Message.complaint_id == case.id) & (Message.event_seq > since) & (Message.text == text)
    return bool(session.scalar(select(exists().where(same))))


def send_attachment(session: Session, case: Complaint, file_id: int, until: int, anonymous: bool = False) -> Response:
    """One file of the case as a download (404 if it is not this case's, or later than the event `until`).

    `anonymous` gives it a name of ours: people name their files after themselves.
    """
    file = session.get(Attachment, file_id)
    if file is None or file.complaint_id != case.id or file.event_seq > until:
        abort(404)
    try:
        content = content_of(file)
    except FileNotFoundError:
        abort(404)
    name = f"{case.number}-{file.id}.{file.filename.rpartition('.')[2]}" if anonymous else file.filename
    return download(content, file.content_type, name)


def download(content: bytes, content_type: str, filename: str) -> Response:
    """Bytes as an attachment. Never shown in place of a page, whatever they hold; photos still fill an <img>."""
    response = send_file(io.BytesIO(content), mimetype=content_type, as_attachment=True, download_name=filename)
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def template_values(page: CasePage) -> dict[str, Any]:
    """What every template about a case is handed."""
    return {"page": page, "case": page.case, "images": IMAGES}
