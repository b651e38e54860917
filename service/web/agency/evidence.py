"""`/opd/NUMBER/bukti`: the evidence of one case, for the head of the agency that holds it."""

from flask import Response, abort
from flask_login import current_user
from sqlalchemy import select

from service.complaints.privacy import mask
from service.complaints.records import Complaint
from service.database import db
from service.web.agency.office import own_unit
from service.web.agency.pages import pages
from service.web.evidence import send_evidence
from service.web.filters import directory_of_request
from service.web.locks import role_required


@pages.get("/<number>/bukti")
@role_required("head")
def evidence(number: str) -> Response:
    """Without the words that hold what an agency does not see (identity numbers, addresses): a masked text would not
    fit its hash. 404 for a case of another agency, or one that has left."""
    session = db.session()
    case = session.scalar(select(Complaint).where(Complaint.number == number.upper())) if "\0" not in number else None
    if case is None or case.agency_id != own_unit().id:
        abort(404)
    by = f"account:{current_user.id}"
    return send_evidence(session, directory_of_request(), case, by=by, may_read=lambda words: mask(words) == words)
