"""`/kota`: this week so far and last week, agency by agency."""

from flask import Blueprint, render_template
from sqlalchemy import func, select

from service import clock
from service.complaints.privacy import mask
from service.complaints.records import Complaint
from service.complaints.rules import OPEN_STATES
from service.compliance.figures import open_cases
from service.compliance.rules import SMALLEST_SAMPLE, week_before
from service.database import db
from service.web.countings import standings
from service.web.figures import shown_week
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.weeks import this_week

pages = Blueprint("leadership", __name__)


@pages.get("/kota")
@role_required("leader", "inspector", "desk")
def city() -> str:
    """Figures of the city. Cases that fell due count; open ones that are late count as late."""
    session, directory, now = db.session(), directory_of_request(), clock.now()
    current, last = this_week(now, directory.timezone), week_before(now, directory.timezone)
    late = [case for case in open_cases(session, limit=20) if case.due_at < now]
    stands = standings(session, directory, late, now)
    return render_template(
        "leadership/city.html",
        weeks=[shown_week(session, directory, week, now) for week in (current, last)],
        late_now=session.scalar(select(func.count()).where(Complaint.state.in_(OPEN_STATES), Complaint.due_at < now)),
        late=[(case, _subject(case), directory.unit(case.agency_id), stands[case.id]) for case in late],
        smallest=SMALLEST_SAMPLE,
    )


def _subject(case: Complaint) -> str:
    """A confidential report stays with those who handle it."""
    return "" if case.confidential else mask(case.subject)
