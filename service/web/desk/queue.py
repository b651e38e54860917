"""`/meja`: everything that waits for the desk, on one page; and the search by number."""

from dataclasses import dataclass, replace

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from service import clock
from service.agencies.directory import Directory
from service.complaints.records import Complaint, Event
from service.complaints.rules import ASSIGNED, RECEIVED
from service.database import db
from service.intake import quarantine
from service.outbox.records import DEAD, OutboundMail
from service.tables import Session
from service.web.desk.allegations import accusing
from service.web.desk.pages import READERS, pages
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.standing import Standing, standing
from service.web.words import one_line

MOST = 200


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
        held=quarantine.waiting(session),
        dead=session.scalar(select(func.count()).where(OutboundMail.status == DEAD)),
        late=_late(session, directory),
    )


@pages.get("/cari")
@role_required(*READERS)
def search() -> Response | str:
    """To the case with this number; its last digits suffice."""
    asked = one_line(request.args.get("q", ""))[:40].upper()
    if not asked:
        return redirect(url_for("desk.queue"), 303)
    session = db.session()
    number = session.scalar(select(Complaint.number).where(Complaint.number == asked))
    if number is None and asked.isascii() and asked.isdigit() and len(asked) < 18:
        number = session.scalar(select(Complaint.number).where(Complaint.id == int(asked)))
    if number is None:
        flash(_("Tidak ada kasus bernomor “%(number)s”.", number=asked))
        return redirect(url_for("desk.queue"), 303)
    return redirect(url_for("desk.case", number=number), 303)


def _waiting(session: Session, directory: Directory) -> list[Waiting]:
    """Cases that no agency holds, next due first."""
    now = clock.now()
    query = select(Complaint).where(Complaint.state == RECEIVED, Complaint.agency_id.is_(None))
    cases = session.scalars(query.order_by(Complaint.due_at).limit(MOST)).all()
    hidden = accusing(session, directory, cases)  # the agencies named may be the ones complained of
    return [
        Waiting(case, [] if case.id in hidden else candidate_names(directory, case), standing(case, now))
        for case in cases
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
    cases = session.scalars(query.order_by(Complaint.due_at).limit(20))
    return [(case, directory.unit(case.agency_id).acronym, standing(case, now)) for case in cases]
