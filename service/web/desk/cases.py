"""`/meja/kasus/NUMBER`: one case with everything that is known of it."""

from dataclasses import dataclass

from flask import Response, abort, render_template
from flask_login import current_user
from sqlalchemy import select

from service import clock
from service.casework.let_count import not_counted
from service.complaints.history import events_of, messages_of
from service.complaints.records import Complaint, Event
from service.complaints.rules import TRANSITIONS
from service.database import db
from service.intake import shelf
from service.tables import Session
from service.web.case_page import case_page, send_attachment, template_values
from service.web.desk.allegations import INSPECTORATE, accuses
from service.web.desk.pages import OPERATORS, READERS, pages
from service.web.desk.queue import candidate_names
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.timeline import DESK
from service.web.uncounted import because
from service.web.uploads import Uploads


@dataclass(frozen=True)
class Typed:
    """What an operator wrote in one of the forms, and what is wrong with it (`fault` in the form called `form`)."""

    form: str = ""
    text: str = ""
    agency: str = ""
    fault: str = ""
    uncounted: tuple[str, ...] = ()  # why the words would not count as an answer


@pages.get("/kasus/<number>")
@role_required(*READERS)
def case(number: str) -> str:
    """The case; who is behind an anonymous one is not shown."""
    return show(find(db.session(), number))


@pages.post("/kasus/<number>/identitas")
@role_required(*OPERATORS)
def identity(number: str) -> str:
    """The case with the anonymous reporter's name and contact.

    A POST: looking at an identity is an act, not the following of a link.
    """
    return show(find(db.session(), number), identity_shown=True)


@pages.get("/kasus/<number>/berkas/<int:file_id>")
@role_required(*READERS)
def file(number: str, file_id: int) -> Response:
    """A file of the case."""
    session = db.session()
    found = find(session, number)
    return send_attachment(session, found, file_id, found.events)


def find(session: Session, number: str) -> Complaint:
    """The case with this number; 404 without one."""
    found = session.scalar(select(Complaint).where(Complaint.number == number.upper())) if "\0" not in number else None
    if found is None:
        abort(404)
    return found


def show(
    found: Complaint, typed: Typed | None = None, uploads: Uploads | None = None, identity_shown: bool = False
) -> str:
    """The page, with the forms that the case's state allows."""
    directory = directory_of_request()
    page = case_page(db.session(), directory, found, DESK, clock.now())
    allowed = TRANSITIONS[found.state]
    # The agencies that the text points to may be the ones it complains of.
    accusing = accuses(db.session(), directory, found)
    likely = [INSPECTORATE] if accusing else [candidate[0] for candidate in found.candidates]
    units = [unit for unit in directory.agencies() if unit.id != found.agency_id]
    return render_template(
        "desk/case.html",
        **template_values(page),
        identity_shown=identity_shown or not found.anonymous,
        candidates=[] if accusing else candidate_names(directory, found),
        accusing=accusing,
        beside=shelf.beside(db.session(), found.id),
        units_by_code=directory.by_code,
        inbox_problem=directory.unit(found.agency_id).inbox_problem,
        likely=[unit for code in likely for unit in units if unit.code == code],
        units=[unit for unit in units if unit.code not in likely],
        uncounted=_uncounted(db.session(), found, directory.unit(found.agency_id).code) if "respond" in allowed else [],
        may_assign="assign" in allowed,
        may_reject="reject" in allowed,
        may_answer="ask" in allowed and found.agency_id is None,
        typed=typed or Typed(),
        carried=(uploads or Uploads()).carried(),
    )


def _uncounted(session: Session, found: Complaint, holder: str) -> list[tuple[Event, str, str]]:
    """For the inspector: the holder's words that do not count, as event, why, and text."""
    if current_user.role != "inspector":
        return []
    texts = {message.event_seq: message.text for message in messages_of(session, found)}
    events = [event for event in not_counted(events_of(session, found)) if event.payload["agency"] == holder]
    return [(event, because(event), texts.get(event.seq, "")) for event in events]
