"""`/opd/kinerja`: the agency's own figures, for its head, who answers for them."""

from flask import render_template

from service import clock
from service.complaints.privacy import mask
from service.compliance.figures import late_cases, week_figures
from service.compliance.rules import week_before
from service.database import db
from service.web.agency.office import own_unit
from service.web.agency.pages import pages
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.standing import standing
from service.web.weeks import this_week

WEEKS = 5


@pages.get("/kinerja")
@role_required("head")
def figures() -> str:
    """The present week and the four before it, with every late case behind the figures."""
    session, directory, unit, now = db.session(), directory_of_request(), own_unit(), clock.now()
    weeks = [this_week(now, directory.timezone)]
    while len(weeks) < WEEKS:
        weeks.append(week_before(weeks[-1].start, directory.timezone))
    rows = []
    for week in weeks:
        until = min(week.end, now)
        found = week_figures(session, directory, week.start, until)
        rows.append((week, next(f for f in found if f.agency_id == unit.id)))
    late = late_cases(session, weeks[1].start, now, unit.id, limit=50)
    return render_template(
        "agency/figures.html",
        unit=unit,
        rows=rows,
        late=[(case, mask(case.subject), standing(case, now)) for case in late],
    )
