"""`…/waktu`: how the due times of a case came about, for the agency that holds it or is to account for it."""

from sqlalchemy import exists

from service import clock
from service.complaints.records import Complaint
from service.database import db
from service.deadlines.records import Deadline
from service.tables import Session
from service.web.agency.link import by_token
from service.web.agency.office import OFFICERS, visit_of
from service.web.agency.pages import pages
from service.web.agency.visit import Visit, visible
from service.web.clock_page import clock_page
from service.web.filters import directory_of_request
from service.web.locks import role_required, token_holder
from service.web.timeline import AGENCY


@pages.get("/<number>/waktu")
@role_required(*OFFICERS)
def explained(number: str) -> str:
    """For whoever is signed in."""
    return _page(visit_of(number))


@pages.get("/kasus/<token>/waktu")
@token_holder
@by_token
def explained_by_link(visit: Visit) -> str:
    """For the agency that a mail was written to."""
    return _page(visit)


def _page(visit: Visit) -> str:
    """An agency that passed the case on sees what happened until then; all of it, if a lateness is written to it."""
    session = db.session()
    case, until = visible(session, visit)
    shown = None if _accused(session, case, visit.unit.id) else until
    return clock_page(session, directory_of_request(), case, AGENCY, clock.now(), visit.home, shown)


def _accused(session: Session, case: Complaint, agency_id: int | None) -> bool:
    mine = (Deadline.complaint_id == case.id) & (Deadline.accountable_id == agency_id)
    return bool(session.scalar(exists().where(mine, Deadline.breached_at.is_not(None)).select()))
