"""`/opd/kasus/TOKEN`: a case behind the signed link of a mail. Opening it does nothing; only buttons act."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service import clock
from service.complaints.records import Complaint
from service.database import db
from service.notifications.links import read_agency_token
from service.web.agency import visit as visits
from service.web.agency.pages import pages
from service.web.agency.visit import Visit
from service.web.filters import directory_of_request
from service.web.limits import MESSAGES, is_loopback, limiter
from service.web.locks import token_holder


def by_token(view: Callable[..., Any]) -> Callable[..., Any]:
    """Turn the token into a visit, or say what is wrong with it."""

    @wraps(view)
    def opened(token: str, **kwargs: Any) -> Any:
        party = read_agency_token(token, clock.now())
        if party is None:
            return _dead_link()
        unit = directory_of_request().units.get(party.agency_id or 0)
        if unit is None:
            return _to_desk(party.complaint_id)
        home = url_for("agency.by_link", token=token)
        return view(Visit(party.complaint_id, unit, f"agency:{unit.code}", home), **kwargs)

    return opened


@pages.get("/kasus/<token>")
@token_holder
@by_token
def by_link(visit: Visit) -> str:
    """The case, for the agency that the mail was written to."""
    return visits.show(visit)


@pages.post("/kasus/<token>/jawab")
@token_holder
@limiter.limit(MESSAGES, exempt_when=is_loopback)
@by_token
def answer_by_link(visit: Visit) -> Any:
    """Answer the citizen."""
    return visits.answer(visit)


@pages.post("/kasus/<token>/bukan")
@token_holder
@limiter.limit(MESSAGES, exempt_when=is_loopback)
@by_token
def send_back_by_link(visit: Visit) -> Any:
    """Not within our remit."""
    return visits.send_back(visit)


@pages.get("/kasus/<token>/berkas/<int:file_id>")
@token_holder
@by_token
def file_by_link(visit: Visit, file_id: int) -> Any:
    """A file of the case."""
    return visits.send_file(visit, file_id)


def _to_desk(complaint_id: int) -> Response:
    """The desk's links lead to the desk, where one signs in."""
    case = db.session.get(Complaint, complaint_id)
    return redirect(url_for("desk.case", number=case.number) if case else url_for("desk.queue"), 303)


def _dead_link() -> Response:
    text = _(
        "Tautan ini tidak utuh atau sudah lewat 90 hari. Salin seluruh tautan dari email terakhir tentang kasus ini, "
        "atau masuk dengan akun Anda."
    )
    page = render_template(
        "error.html", status=404, title=_("Tautan tidak berlaku"), text=text, typed="", to_sign_in=True
    )
    return make_response(page, 404)
