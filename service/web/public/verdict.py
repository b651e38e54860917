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
from service.database import transaction
from service.tables import Session
from service.web.filters import directory_of_request
from service.web.limits import MESSAGES, is_loopback, limiter
from service.web.locks import token_holder
from service.web.public.pages import pages
from service.web.public.parsing import MOST_TEXT
from service.web.words import tidy


@pages.post("/lacak/<token>/belum-menjawab")
@token_holder
@limiter.limit(MESSAGES, exempt_when=is_loopback)
def dispute_answer(token: str) -> Response:
    """This answer does not answer: the inspector decides."""
    response = request.form.get("response", "")
    text = _words()
    if not response.isascii() or not response.isdigit() or len(response) > 6:
        abort(400)
    if not text:
        return _back(token, _("Tuliskan apa yang belum dijawab."), "belum-menjawab")
    with transaction() as session:
        case = _locked(session, token)
        dispute(session, directory_of_request(), case, response=int(response), text=text, at=g.arrived_at)
    return _back(token, _("Terima kasih. Inspektorat memeriksa apakah jawaban itu dihitung."), "riwayat")


@pages.post("/lacak/<token>/selesai")
@token_holder
@limiter.limit(MESSAGES, exempt_when=is_loopback)
def close_case(token: str) -> Response:
    """All is well: the case is closed."""
    with transaction() as session:
        case = _locked(session, token)
        close(session, directory_of_request(), case, by=BY_CITIZEN, at=g.arrived_at, actor="citizen")
    return _back(token, _("Terima kasih. Pengaduan Anda ditutup."), "")


@pages.post("/lacak/<token>/buka-kembali")
@token_holder
@limiter.limit(MESSAGES, exempt_when=is_loopback)
def reopen_case(token: str) -> Response:
    """It is not well after all: the promise is given anew."""
    text = _words()
    if not text:
        return _back(token, _("Tuliskan apa yang belum beres."), "buka-kembali")
    with transaction() as session:
        case = _locked(session, token)
        reopen(session, directory_of_request(), case, text=text, at=g.arrived_at, actor="citizen")
    return _back(token, _("Pengaduan Anda dibuka kembali, dengan batas waktu baru."), "")


def _words() -> str:
    return tidy(request.form.get("text", ""))[:MOST_TEXT]


def _back(token: str, said: str, anchor: str) -> Response:
    flash(said)
    return redirect(url_for("public.track", token=token, _anchor=anchor or None), 303)


def _locked(session: Session, token: str) -> Complaint:
    case_id = session.scalar(select(Complaint.id).where(Complaint.token == token)) if "\0" not in token else None
    case = locked(session, case_id) if case_id else None
    if case is None:
        abort(404)
    return case
