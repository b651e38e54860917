"""`/opd`: the cases of the agency whose officer or head is signed in."""

from typing import Any

from flask import abort, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import func, select

from service import clock
from service.agencies.directory import Unit
from service.complaints.privacy import mask
from service.complaints.records import Complaint
from service.complaints.rules import ASSIGNED, CLOSED, RESOLVED, RESPONDED
from service.database import db
from service.web.agency import visit as visits
from service.web.agency.pages import pages
from service.web.agency.visit import Visit
from service.web.case_page import area_words
from service.web.countings import standings
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.paging import page_asked, page_of

OFFICERS = ("officer", "head")
ANSWERED = (RESPONDED, RESOLVED, CLOSED)


def own_unit() -> Unit:
    """The agency of whoever is signed in."""
    return directory_of_request().unit(current_user.agency_id)


@pages.get("")
@role_required(*OFFICERS)
def cases() -> str:
    """The agency's cases: open ones, next due first; or answered ones, the latest first."""
    session, directory, unit, now = db.session(), directory_of_request(), own_unit(), clock.now()
    answered = request.args.get("tab") == "dijawab"
    mine = select(Complaint).where(Complaint.agency_id == unit.id)
    if answered:
        query = mine.where(Complaint.state.in_(ANSWERED)).order_by(Complaint.responded_at.desc(), Complaint.id.desc())
    else:
        query = mine.where(Complaint.state == ASSIGNED).order_by(Complaint.due_at, Complaint.id)
    listed = page_of(session, query, page_asked())
    counts = select(Complaint.state, func.count()).where(Complaint.agency_id == unit.id).group_by(Complaint.state)
    late = select(func.count()).where(
        Complaint.agency_id == unit.id, Complaint.state == ASSIGNED, Complaint.due_at < now
    )
    stands = standings(session, directory, listed.items, now)
    return render_template(
        "agency/cases.html",
        unit=unit,
        answered=answered,
        listed=listed,
        rows=[(case, mask(case.subject), area_words(directory, case), stands[case.id]) for case in listed.items],
        topics=directory.topics,
        counts=dict(session.execute(counts).all()),
        late=session.scalar(late),
    )


@pages.get("/<number>")
@role_required(*OFFICERS)
def case(number: str) -> str:
    """One case of the agency."""
    return visits.show(visit_of(number))


@pages.post("/<number>/jawab")
@role_required(*OFFICERS)
def answer(number: str) -> Any:
    """Answer the citizen."""
    return visits.answer(visit_of(number))


@pages.post("/<number>/bukan")
@role_required(*OFFICERS)
def send_back(number: str) -> Any:
    """Not within our remit."""
    return visits.send_back(visit_of(number))


@pages.post("/<number>/keberatan/<int:run>")
@role_required("head")
def object_to(number: str, run: int) -> Any:
    """Object to a breach on the agency's record."""
    return visits.object_to(visit_of(number), run)


@pages.get("/<number>/berkas/<int:file_id>")
@role_required(*OFFICERS)
def file(number: str, file_id: int) -> Any:
    """A file of the case."""
    return visits.send_file(visit_of(number), file_id)


def visit_of(number: str) -> Visit:
    """The agency of whoever is signed in at the case with this number; 404 without one."""
    wanted = select(Complaint.id).where(Complaint.number == number.upper())
    case_id = db.session.scalar(wanted) if "\0" not in number else None
    if case_id is None:
        abort(404)
    home = url_for("agency.case", number=number.upper())
    return Visit(case_id, own_unit(), f"account:{current_user.id}", home, head=current_user.role == "head")
