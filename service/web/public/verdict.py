"""What a citizen says of an answer or of the work: not answered, done, not done after all."""

from flask import abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from service.casework.cases import locked
from service.casework.close import BY_CITIZEN, close
from service.casework.dispute import dispute
from service.casework.reopen import reopen
from service.complaints.records import Complaint
from service.complaints.rules import CLOSED
from service.database import db, transaction
from service.tables import Session
from service.web.case_page import already_said
from service.web.filters import directory_of_request
from service.web.limits import MESSAGES, is_loopback, limiter
from service.web.locks import token_holder
from service.web.public.pages import pages
from service.web.public.tracking import Protest, case_of, too_long, track_page
from service.web.words import tidy


@pages.post("/lacak/<token>/belum-menjawab")
@token_holder
@limiter.limit(MESSAGES, exempt_when=is_loopback)
def dispute_answer(token: str) -> Response | tuple[str, int]:
    """This answer does not answer: the inspector decides."""
    response = request.form.get("response", "")
    if not response.isascii() or not response.isdigit() or len(response) > 6:
        abort(400)
    text = tidy(request.form.get("text", ""))
    if fault := _fault(text, _("Tuliskan apa yang belum dijawab.")):
        return _again(token, Protest("dispute", text, fault, response))
    with transaction() as session:
        case = _locked(session, token)
        if not already_said(session, case, text, request.form.get("seen")):
            dispute(session, directory_of_request(), case, response=int(response), text=text, at=g.arrived_at)
    return _back(token, _("Terima kasih. Inspektorat memeriksa apakah jawaban itu dihitung."), "riwayat")


@pages.post("/lacak/<token>/selesai")
@token_holder
@limiter.limit(MESSAGES, exempt_when=is_loopback)
def close_case(token: str) -> Response:
    """All is well: the case is closed."""
    with transaction() as session:
        case = _locked(session, token)
        if case.state != CLOSED:
            close(session, directory_of_request(), case, by=BY_CITIZEN, at=g.arrived_at, actor="citizen")
    return _back(token, _("Terima kasih. Pengaduan Anda ditutup."), "")


@pages.post("/lacak/<token>/buka-kembali")
@token_holder
@limiter.limit(MESSAGES, exempt_when=is_loopback)
def reopen_case(token: str) -> Response | tuple[str, int]:
    """It is not well after all: the promise is given anew."""
    text = tidy(request.form.get("text", ""))
    if fault := _fault(text, _("Tuliskan apa yang belum beres.")):
        return _again(token, Protest("reopen", text, fault))
    with transaction() as session:
        case = _locked(session, token)
        if not already_said(session, case, text, request.form.get("seen")):
            reopen(session, directory_of_request(), case, text=text, at=g.arrived_at, actor="citizen")
    return _back(token, _("Pengaduan Anda dibuka kembali, dengan batas waktu baru."), "")


def _fault(text: str, when_empty: str) -> str:
    return too_long(text) if text else when_empty


def _again(token: str, protest: Protest) -> tuple[str, int]:
    return track_page(case_of(db.session(), token), protest=protest), 422


def _back(token: str, said: str, anchor: str) -> Response:
    flash(said)
    return redirect(url_for("public.track", token=token, _anchor=anchor or None), 303)


def _locked(session: Session, token: str) -> Complaint:
    case_id = session.scalar(select(Complaint.id).where(Complaint.token == token)) if "\0" not in token else None
    case = locked(session, case_id) if case_id else None
    if case is None:
        abort(404)
    return case
