"""What the desk does with a case: give it to an agency, answer it, reject it."""

from flask import abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service.casework.assign import assign
from service.casework.cases import locked
from service.casework.reject import reject
from service.casework.say import say
from service.complaints.records import Complaint
from service.complaints.rules import ActRefusedError
from service.database import db, transaction
from service.tables import Session
from service.web.case_page import already_said
from service.web.desk.allegations import INSPECTORATE, accuses
from service.web.desk.cases import Typed, find, show
from service.web.desk.pages import OPERATORS, actor, pages
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.public.parsing import MOST_TEXT
from service.web.uncounted import warning
from service.web.uploads import read_uploads
from service.web.words import tidy

MOST_REASON = 2_000

Answer = Response | tuple[str, int]


@pages.post("/kasus/<number>/teruskan")
@role_required(*OPERATORS)
def assign_case(number: str) -> Answer:
    """Give the case to an agency, with a reason."""
    code, reason = request.form.get("agency", ""), tidy(request.form.get("reason", ""))
    unit = directory_of_request().by_code.get(code)
    fault = "" if unit and unit.active else _("Pilih dinas yang dituju.")
    fault = fault or _length_fault(reason, MOST_REASON, _("Tuliskan alasannya dalam satu kalimat."))
    if fault or unit is None:
        return _again(number, Typed("assign", reason, code, fault))
    found = find(db.session(), number)
    overridden = code != INSPECTORATE and accuses(db.session(), directory_of_request(), found)
    if overridden and not request.form.get("not_about_officials"):
        fault = _("Pilih Inspektorat, atau nyatakan bahwa ini bukan pengaduan tentang aparatur.")
        return show(found, Typed("accusing", reason, code, fault)), 422
    with transaction() as session:
        case = _locked(session, number)
        if case.agency_id != unit.id:  # else a second click
            assign(
                session,
                directory_of_request(),
                case,
                unit,
                reason=reason,
                actor=actor(),
                not_about_officials=overridden,
            )
    flash(_("Kasus %(number)s sudah diteruskan ke %(agency)s.", number=number, agency=unit.name))
    return redirect(url_for("desk.queue"), 303)


@pages.post("/kasus/<number>/tolak")
@role_required(*OPERATORS)
def reject_case(number: str) -> Answer:
    """End the case with a reason that the citizen reads."""
    reason = tidy(request.form.get("reason", ""))
    fault = _length_fault(reason, MOST_REASON, _("Tuliskan alasan yang akan dibaca pelapor."))
    if fault:
        return _again(number, Typed("reject", reason, "", fault))
    with transaction() as session:
        case = _locked(session, number)
        reject(session, directory_of_request(), case, reason=reason, actor=actor())
    flash(_("Kasus %(number)s ditutup dengan alasan.", number=number))
    return redirect(url_for("desk.queue"), 303)


@pages.post("/kasus/<number>/jawab")
@role_required(*OPERATORS)
def answer_case(number: str) -> Answer:
    """Answer a case that the desk itself holds."""
    text, uploads = tidy(request.form.get("text", "")), read_uploads()
    fault = " ".join(uploads.faults) or _length_fault(text, MOST_TEXT, _("Tuliskan jawaban untuk warga."))
    if fault:
        return show(find(db.session(), number), Typed("answer", text, "", fault), uploads), 422
    if uncounted := warning(find(db.session(), number), text, len(uploads.kept)):
        return show(find(db.session(), number), Typed("answer", text, uncounted=uncounted), uploads), 422
    with transaction() as session:
        case = _locked(session, number)
        if case.agency_id is not None:
            raise ActRefusedError("an agency holds the case")
        if not already_said(session, case, text, request.form.get("seen")):
            say(
                session,
                directory_of_request(),
                case,
                text=text,
                arrived_at=g.arrived_at,
                actor=actor(),
                files=uploads.kept,
                warned=True,
            )
    flash(_("Jawaban sudah dikirim kepada pelapor."))
    return redirect(url_for("desk.case", number=number), 303)


def _again(number: str, typed: Typed) -> Answer:
    return show(find(db.session(), number), typed), 422


def _locked(session: Session, number: str) -> Complaint:
    case = locked(session, find(session, number).id)
    if case is None:
        abort(404)
    return case


def _length_fault(text: str, most: int, when_empty: str) -> str:
    if not text:
        return when_empty
    return _("Terlalu panjang: paling banyak %(most)s huruf.", most=most) if len(text) > most else ""
