"""`/meja`: everything that waits for the desk, on one page; and the search."""

from dataclasses import dataclass, replace

from flask import redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from service import clock
from service.agencies.directory import Directory
from service.complaints.records import Complaint, Event
from service.complaints.rules import ASSIGNED, RECEIVED
from service.complaints.search import by_number, matching
from service.database import db
from service.intake import shelf
from service.outbox.records import DEAD, OutboundMail
from service.tables import Session
from service.web.countings import standings
from service.web.desk.allegations import accusing
from service.web.desk.pages import READERS, pages
from service.web.desk.quarantine import waits
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.standing import Standing
from service.web.words import one_line

MOST = 200
MOST_FOUND = 50
FIRST_HELD = 5


@dataclass(frozen=True)
class Waiting:
    """A case that the desk must decide, and whom the rules thought of."""

    case: Complaint
    candidates: list[str]
    standing: Standing


@pages.get("")
@role_required(*READERS)
def queue() -> str:
    """The queue."""
    session, directory = db.session(), directory_of_request()
    waiting = _waiting(session, directory)
    declined = _declined(session, [row.case.id for row in waiting])
    return render_template(
        "desk/queue.html",
        unrouted=[row for row in waiting if row.case.id not in declined],
        declined=[
            _without(row, directory.by_code[declined[row.case.id]].acronym)
            for row in waiting
            if row.case.id in declined
        ],
        held=waits(session, directory, shelf.waiting(session, FIRST_HELD)),
        held_count=shelf.count(session),
        dead=session.scalar(select(func.count()).where(OutboundMail.status == DEAD)),
        refusing=[unit for unit in directory.agencies() if unit.inbox_problem],
        late=_late(session, directory),
    )


@pages.get("/cari")
@role_required(*READERS)
def search() -> Response | str:
    """To the case with this number (its last digits suffice); else a list of what may be meant."""
    asked = one_line(request.args.get("q", ""))[:100]
    if not asked:
        return redirect(url_for("desk.queue"), 303)
    session, directory, now = db.session(), directory_of_request(), clock.now()
    found = by_number(session, asked)
    if found is not None:
        return redirect(url_for("desk.case", number=found.number), 303)
    cases = matching(session, asked, MOST_FOUND + 1)
    stands = standings(session, directory, cases, now)
    return render_template(
        "desk/search.html",
        asked=asked,
        found=[(case, directory.unit(case.agency_id), stands[case.id]) for case in cases[:MOST_FOUND]],
        more=len(cases) > MOST_FOUND,
        most=MOST_FOUND,
    )


def _waiting(session: Session, directory: Directory) -> list[Waiting]:
    """Cases that no agency holds, next due first."""
    now = clock.now()
    query = select(Complaint).where(Complaint.state == RECEIVED, Complaint.agency_id.is_(None))
    cases = session.scalars(query.order_by(Complaint.due_at).limit(MOST)).all()
    hidden = accusing(session, directory, cases)  # the agencies named may be the ones complained of
    stands = standings(session, directory, cases, now)
    return [
        Waiting(case, [] if case.id in hidden else candidate_names(directory, case), stands[case.id]) for case in cases
    ]


def candidate_names(directory: Directory, case: Complaint) -> list[str]:
    """The agencies that the rules thought of, best first."""
    codes = [candidate[0] for candidate in case.candidates]
    return [directory.by_code[code].acronym for code in codes if code in directory.by_code]


def _without(row: Waiting, acronym: str) -> Waiting:
    """The agency that has just declined is not the one to try next."""
    return replace(row, candidates=[name for name in row.candidates if name != acronym])


def _declined(session: Session, case_ids: list[int]) -> dict[int, str]:
    """Which of these cases were sent back, by which agency last (its code)."""
    query = (
        select(Event.complaint_id, Event.payload["agency"].as_string())
        .where(Event.complaint_id.in_(case_ids), Event.kind == "decline")
        .order_by(Event.complaint_id, Event.seq)
    )
    return dict(session.execute(query).all()) if case_ids else {}


def _late(session: Session, directory: Directory) -> list[tuple[Complaint, str, Standing]]:
    """The cases at agencies that are late, the longest first: the desk may want to ring somebody up."""
    now = clock.now()
    query = select(Complaint).where(Complaint.state == ASSIGNED, Complaint.due_at < now)
    cases = session.scalars(query.order_by(Complaint.due_at).limit(20)).all()
    stands = standings(session, directory, cases, now)
    return [(case, directory.unit(case.agency_id).acronym, stands[case.id]) for case in cases]
