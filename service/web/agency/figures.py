"""`/opd/kinerja`: the agency's own figures, for its head, who answers for them."""

from datetime import datetime

from flask import render_template
from sqlalchemy import select

from service import clock
from service.agencies.directory import Directory
from service.agencies.records import Account
from service.complaints.privacy import mask
from service.compliance.figures import late_runs, officer_figures
from service.compliance.rules import SMALLEST_SAMPLE, OfficerFigures, week_before
from service.database import db
from service.tables import Session
from service.web.agency.office import own_unit
from service.web.agency.pages import pages
from service.web.figures import shown_week
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.standing import standing
from service.web.weeks import this_week

WEEKS = 5


@pages.get("/kinerja")
@role_required("head")
def figures() -> str:
    """The present week and the four before it, with every officer and every late case behind the figures."""
    session, directory, unit, now = db.session(), directory_of_request(), own_unit(), clock.now()
    weeks = [this_week(now, directory.timezone)]
    while len(weeks) < WEEKS:
        weeks.append(week_before(weeks[-1].start, directory.timezone))
    late = late_runs(session, weeks[1].start, now, unit.id, limit=50)
    return render_template(
        "agency/figures.html",
        unit=unit,
        rows=[shown_week(session, directory, week, now) for week in weeks],
        officers=_officers(session, directory, unit.code, weeks[-1].start, now),
        late=[(case, run, mask(case.subject), standing(case, now)) for case, run in late],
        smallest=SMALLEST_SAMPLE,
    )


def _officers(
    session: Session, directory: Directory, code: str, start: datetime, end: datetime
) -> list[tuple[str, OfficerFigures]]:
    """Who answered for the unit, by name; the inbox, whose writers we do not know, comes first."""
    found = [row for (unit, _), row in officer_figures(session, directory, start, end).items() if unit == code]
    ids = [row.account_id for row in found if row.account_id is not None]
    accounts = select(Account.id, Account.name).where(Account.id.in_(ids))
    names = {account: name for account, name in session.execute(accounts)}  # noqa: C416 - rows, not pairs
    rows = [("" if row.account_id is None else names.get(row.account_id, f"#{row.account_id}"), row) for row in found]
    return sorted(rows, key=lambda row: row[0])
