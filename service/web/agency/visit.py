"""One agency at one case, however it came there: shown, answered, sent back."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import Response, abort, flash, g, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from service import clock
from service.agencies.directory import Unit
from service.casework.ask import ask
from service.casework.cases import locked
from service.casework.clocks import clock_of, run_of
from service.casework.decline import decline
from service.casework.object_ import may_object, object_
from service.casework.resolve import resolve
from service.casework.say import say
from service.complaints.records import Complaint
from service.complaints.rules import ASSIGNED, TRANSITIONS, ActRefusedError
from service.database import db, transaction
from service.deadlines.records import Deadline
from service.deadlines.rules import PACT
from service.pacts import registry
from service.tables import Session
from service.web.case_page import already_said, case_page, seen_until, send_attachment, template_values
from service.web.filters import directory_of_request
from service.web.public.parsing import MOST_TEXT
from service.web.timeline import AGENCY
from service.web.uncounted import warning
from service.web.uploads import Uploads, read_uploads
from service.web.words import tidy


@dataclass(frozen=True)
class Visit:
    """`actor` is what events will say (`agency:CODE` or `account:ID`); `home` is the address of the case's page."""

    case_id: int
    unit: Unit
    actor: str
    home: str
    head: bool = False  # who may object to a breach on the agency's record


@dataclass(frozen=True)
class Typed:
    """What an officer wrote, right or wrong."""

    text: str = ""
    kind: str = "answer"  # what the officer calls the text: answer, resolve or ask
    reason: str = ""
    objection: str = ""
    run: int = 0  # the run whose breach is objected to
    objection_fault: str = ""
    text_fault: str = ""
    reason_fault: str = ""
    uncounted: tuple[str, ...] = ()  # why the words would not count as an answer


def show(visit: Visit, typed: Typed | None = None, uploads: Uploads | None = None) -> str:
    """The page of the case: 404 for an agency that never held it, read-only for one that does so no longer."""
    session, directory = db.session(), directory_of_request()
    case, until = visible(session, visit)
    page = case_page(session, directory, case, AGENCY, clock.now(), until)
    holds = case.agency_id == visit.unit.id
    return render_template(
        "agency/case.html",
        **template_values(page),
        unit=visit.unit,
        home=visit.home,
        holds=holds,
        may_answer=holds and "respond" in TRANSITIONS[case.state],
        question_counts=registry.by_id(session, directory, clock_of(session, case).pact_id).question_counts,
        may_ask=holds and "ask" in TRANSITIONS[case.state],
        breaches=_breaches(session, case, visit),
        may_decline=holds and case.state == ASSIGNED,
        reporter=_reporter(case),
        typed=typed or Typed(),
        carried=(uploads or Uploads()).carried(),
    )


def answer(visit: Visit) -> Redirect | tuple[str, int]:
    """Send an answer to the citizen. The time that counts is when this request came in."""
    text, uploads = tidy(request.form.get("text", "")), read_uploads()
    fault = " ".join(uploads.faults) or _text_fault(text, _("Tuliskan jawaban untuk warga."))
    if fault:
        return show(visit, Typed(text=text, kind=request.form.get("kind", "answer"), text_fault=fault), uploads), 422
    act, said = _chosen_act()
    if act is say and (uncounted := warning(visible(db.session(), visit)[0], text, len(uploads.kept))):
        return show(visit, Typed(text=text, uncounted=uncounted), uploads), 422
    with transaction() as session:
        case = _held(session, visit)
        if not already_said(session, case, text, request.form.get("seen")):
            act(
                session,
                directory_of_request(),
                case,
                text=text,
                arrived_at=g.arrived_at,
                actor=visit.actor,
                files=uploads.kept,
            )
    flash(said)
    return redirect(visit.home, 303)


def _chosen_act() -> tuple[Callable[..., object], str]:
    """What the officer's words are, and what the officer is told once they are sent; an answer, if nothing else."""
    if request.form.get("kind") == "ask":
        return ask, _("Pertanyaan sudah dikirim kepada pelapor.")
    if request.form.get("kind") == "resolve":
        return resolve, _("Pelapor sudah diberi tahu bahwa pekerjaan selesai.")
    if request.form.get("anyway"):
        return partial(say, warned=True), _("Sudah dikirim kepada pelapor.")
    return say, _("Jawaban sudah dikirim kepada pelapor.")


def object_to(visit: Visit, run: int) -> Redirect | tuple[str, int]:
    """The head objects to the breach of one run; the inspector decides."""
    text = tidy(request.form.get("text", ""))
    fault = _text_fault(text, _("Tuliskan mengapa catatan itu keliru atau bukan kesalahan dinas Anda."))
    if fault:
        return show(visit, Typed(objection=text, run=run, objection_fault=fault)), 422
    with transaction() as session:
        case = locked(session, visit.case_id)
        deadline = run_of(session, case, run) if case else None
        if case is None or deadline is None or deadline.accountable_id != visit.unit.id:
            abort(404)
        if not already_said(session, case, text, request.form.get("seen")):
            object_(session, directory_of_request(), case, deadline, text=text, actor=visit.actor)
    flash(_("Keberatan Anda sudah disampaikan kepada Inspektorat."))
    return redirect(visit.home, 303)


def _breaches(session: Session, case: Complaint, visit: Visit) -> list[tuple[Deadline, bool]]:
    """For the head: the breaches on record against the agency, and whether each may still be objected to."""
    if not visit.head:
        return []
    query = (
        select(Deadline)
        .where(Deadline.complaint_id == case.id, Deadline.kind == PACT, Deadline.breached_at.is_not(None))
        .where(Deadline.accountable_id == visit.unit.id)
        .order_by(Deadline.run)
    )
    return [(breach, may_object(session, case, breach, clock.now())) for breach in session.scalars(query)]


def send_back(visit: Visit) -> Redirect | tuple[str, int]:
    """Return the case to the desk: not within this agency's remit."""
    reason = tidy(request.form.get("reason", ""))
    fault = _text_fault(reason, _("Tuliskan alasannya, dan bila tahu, dinas mana yang berwenang."))
    if fault:
        return show(visit, Typed(reason=reason, reason_fault=fault)), 422
    with transaction() as session:
        case = _held(session, visit)
        decline(session, directory_of_request(), case, reason=reason, actor=visit.actor)
    flash(_("Kasus sudah dikembalikan ke meja pengaduan."))
    return redirect(visit.home, 303)


def send_file(visit: Visit, file_id: int) -> Response:
    """A file of the case, under a name that tells nothing of whoever sent it."""
    session = db.session()
    case, until = visible(session, visit)
    return send_attachment(session, case, file_id, until, anonymous=True)


def visible(session: Session, visit: Visit) -> tuple[Complaint, int]:
    """The case and the last event that the agency may see; 404 for one that never held it."""
    case = session.get(Complaint, visit.case_id)
    until = _known_until(session, visit, case) if case else None
    if case is None or until is None:
        abort(404)
    return case, until


def _known_until(session: Session, visit: Visit, case: Complaint) -> int | None:
    return seen_until(session, case, visit.unit.id, visit.unit.code) if visit.unit.id else None


def _held(session: Session, visit: Visit) -> Complaint:
    """The case, locked; raises ActRefusedError when it has left the agency meanwhile. 404 if it never was there."""
    case = locked(session, visit.case_id)
    if case is None or _known_until(session, visit, case) is None:
        abort(404)
    if case.agency_id != visit.unit.id:
        raise ActRefusedError("the case is held by another unit")
    return case


def _reporter(case: Complaint) -> str:
    """How the citizen is called before an agency."""
    if case.anonymous:
        return _("Pelapor memilih anonim")
    return case.reporter_name or _("Tanpa nama")


def _text_fault(text: str, when_empty: str) -> str:
    if not text:
        return when_empty
    if len(text) > MOST_TEXT:
        return _("Terlalu panjang: paling banyak %(most)s huruf.", most=MOST_TEXT)
    return ""
