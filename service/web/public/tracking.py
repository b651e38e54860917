"""`/terima` and `/lacak`: the receipt, and where a citizen follows a case. The token in the address is the key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from service import clock
from service.casework.cases import locked
from service.casework.dispute import disputable
from service.casework.follow_up import follow_up
from service.casework.reopen import may_reopen
from service.complaints.history import events_of
from service.complaints.records import Complaint
from service.complaints.rules import TRANSITIONS
from service.database import db, transaction
from service.notifications.links import tracking_url
from service.tables import Session
from service.web.case_page import already_said, case_page, send_attachment, template_values
from service.web.filters import directory_of_request
from service.web.limits import MESSAGES, is_loopback, limiter
from service.web.locks import public, token_holder
from service.web.public.pages import pages
from service.web.public.parsing import MOST_TEXT
from service.web.standing import state_words
from service.web.timeline import CITIZEN
from service.web.uploads import Uploads, read_uploads
from service.web.words import tidy


@dataclass(frozen=True)
class Protest:
    """What a citizen wrote against an answer or the work, right or wrong. `act` is `dispute` or `reopen`."""

    act: str = ""
    text: str = ""
    fault: str = ""
    response: str = ""  # the seq of the answer that was chosen


@pages.get("/terima/<token>")
@token_holder
def receipt(token: str) -> str:
    """The number, the link, the due time, and what happens next."""
    case = case_of(db.session(), token)
    return render_template(
        "public/receipt.html",
        case=case,
        link=tracking_url(case),
        agency=directory_of_request().unit(case.agency_id).name if case.agency_id else "",
    )


@pages.get("/lacak")
@public
def find() -> str:
    """Where the link to one's case is to be found."""
    return render_template("public/find.html")


@pages.get("/lacak/<token>")
@token_holder
def track(token: str) -> str:
    """How the case stands, and everything that happened to it."""
    return track_page(case_of(db.session(), token))


@pages.post("/lacak/<token>")
@token_holder
@limiter.limit(MESSAGES, exempt_when=is_loopback)
def write(token: str) -> Redirect | tuple[str, int]:
    """The citizen adds something; it goes to whoever holds the case."""
    text = tidy(request.form.get("text", ""))
    uploads = read_uploads()
    fault = _fault(text, uploads)
    if fault:
        return track_page(case_of(db.session(), token), typed=text, uploads=uploads, fault=fault), 422
    with transaction() as session:
        case = locked(session, case_of(session, token).id)
        if case is None:
            abort(404)
        words = text or _("(lihat lampiran)")
        if not already_said(session, case, words, request.form.get("seen")):
            follow_up(session, directory_of_request(), case, text=words, at=g.arrived_at, files=uploads.kept)
    flash(_("Pesan Anda sudah kami terima dan teruskan."))
    return redirect(url_for("public.track", token=token, _anchor="riwayat"), 303)


@pages.get("/lacak/<token>/berkas/<int:file_id>")
@token_holder
def file(token: str, file_id: int) -> Response:
    """One of the case's files."""
    session = db.session()
    case = case_of(session, token)
    return send_attachment(session, case, file_id, case.events)


def case_of(session: Session, token: str) -> Complaint:
    """The case that the token opens; 404 without one."""
    case = session.scalar(select(Complaint).where(Complaint.token == token)) if "\0" not in token else None
    if case is None:
        abort(404)
    return case


def _fault(text: str, uploads: Uploads) -> str:
    if uploads.faults:
        return " ".join(uploads.faults)
    if not text and not uploads.kept:
        return _("Tuliskan pesan Anda, atau lampirkan berkas.")
    return too_long(text)


def too_long(text: str) -> str:
    """What is wrong with a text of too many letters; empty for others."""
    return _("Terlalu panjang: paling banyak %(most)s huruf.", most=MOST_TEXT) if len(text) > MOST_TEXT else ""


def track_page(
    case: Complaint, *, typed: str = "", uploads: Uploads | None = None, fault: str = "", protest: Protest | None = None
) -> str:
    """The page of the case, with whatever was typed in one of its forms and what is wrong with it."""
    page = case_page(db.session(), directory_of_request(), case, CITIZEN, clock.now())
    return render_template(
        "public/track.html",
        **template_values(page),
        **_choices(case),
        state=state_words(case, page.agency),
        link=tracking_url(case),
        typed=typed,
        fault=fault,
        carried=(uploads or Uploads()).carried(),
        protest=protest or Protest(),
    )


def _choices(case: Complaint) -> dict[str, Any]:
    """What the citizen may say of the answers and of the work."""
    now, directory = clock.now(), directory_of_request()
    doubtful = [
        (answer, directory.by_code.get(str(answer.payload.get("agency", "")), directory.desk).name)
        for answer in disputable(case, events_of(db.session(), case), now)
    ]
    may_close = "close" in TRANSITIONS[case.state] and case.disputed_at is None
    return {"doubtful": doubtful, "may_close": may_close, "may_reopen": _may_reopen(case, now)}


def _may_reopen(case: Complaint, now: datetime) -> bool:
    return "reopen" in TRANSITIONS[case.state] and may_reopen(case, now)
