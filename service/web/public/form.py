"""`/`: the form."""

from dataclasses import replace

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from service.casework.open import Submission, open_case
from service.complaints.records import Complaint
from service.config import settings
from service.database import db, transaction
from service.pacts import registry
from service.tables import Session, write_together
from service.web.filters import directory_of_request
from service.web.limits import COMPLAINTS, is_loopback, limiter
from service.web.locks import public
from service.web.public import parsing
from service.web.public.choices import choices, with_chosen
from service.web.public.pages import pages
from service.web.public.parsing import Reading
from service.web.uploads import Uploads, read_uploads


@pages.get("/")
@public
def form() -> str:
    """The empty form."""
    return _show(Reading(parsing.blank()), Uploads())


@pages.post("/")
@public
@limiter.limit(COMPLAINTS, exempt_when=is_loopback)
def file_complaint() -> Response | tuple[str, int]:
    """Make a complaint of what was typed, or show it again with what is wrong."""
    uploads = read_uploads()  # first: cleaning photos takes long, and no database connection shall wait for it
    lists = choices(directory_of_request())
    reading = parsing.read(request.form, lists)
    if reading.typed.website:
        # A machine, or a browser that filled in a field nobody sees. Never a loss: a human just sends it again.
        emptied = replace(reading, typed=replace(reading.typed, website=""))
        return _show(emptied, uploads, _("Tekan “Kirim pengaduan” sekali lagi untuk memastikan Anda bukan mesin.")), 400
    if reading.faults or uploads.faults:
        return _show(reading, uploads), 422
    token = _open(parsing.submission(reading.typed, lists, uploads.kept, g.arrived_at))
    return redirect(url_for("public.receipt", token=token), 303)


def form_again(notice: str) -> str:
    """The form with everything that was typed and chosen, and a sentence on why it was not taken."""
    uploads = read_uploads()
    reading = parsing.read(request.form, choices(directory_of_request()))
    return _show(replace(reading, faults={}), uploads, notice)


def _open(submission: Submission) -> str:
    """Open the case; returns its token. The same form sent twice gives the first one's."""
    try:
        with transaction() as db_session:
            if not submission.files:
                _one_statement_only(db_session)
            complaint = open_case(db_session, g.directory, submission)
            write_together(db_session)
            return complaint.token
    except IntegrityError:
        with transaction() as db_session:
            mine = select(Complaint.token).where(Complaint.submission_key == submission.submission_key)
            token = db_session.scalar(mine)
        if token is None:
            raise
        return token


def _one_statement_only(db_session: Session) -> None:
    """Let the database commit each statement by itself: the case is one, and BEGIN and COMMIT would be two more trips.

    (Photos are rows that refer to the case, written after it: with them a transaction is needed.)
    """
    db_session.rollback()  # whatever was only read in this request
    db_session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


def _show(reading: Reading, uploads: Uploads, notice: str = "") -> str:
    directory = directory_of_request()
    lists = choices(directory)
    faults = dict(reading.faults)
    if uploads.faults:
        faults["files"] = " ".join(uploads.faults)
    return render_template(
        "public/form.html",
        typed=reading.typed,
        faults=faults,
        notice=notice,
        carried=uploads.carried(),
        lists=lists,
        topic_options=with_chosen(lists.topic_options, reading.typed.category),
        place_options=with_chosen(lists.place_options, reading.typed.area),
        mail_address=settings().mail_address,
        promise=registry.at(db.session(), directory, g.arrived_at),
    )
