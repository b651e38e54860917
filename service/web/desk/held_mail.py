"""`/meja/karantina/ID`: one mail, as plain text, and what the desk decides about it. The bytes stay, whatever it is."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import undefer
from werkzeug.wrappers import Response as Redirect

from service import queues
from service.attachments.files import plain_name
from service.casework.open import Choice
from service.complaints.records import Complaint
from service.config import settings
from service.database import db, transaction
from service.intake import quarantine as shelf
from service.intake.quarantine import NotInQuarantineError, RefusedError
from service.intake.records import DISCARDED, QUARANTINED, InboundMail, Mailbox
from service.mail.parse import parse
from service.web.case_page import download
from service.web.desk.mail_words import act_words, checks, faults_in_words, refusal_words, size_words
from service.web.desk.pages import OPERATORS, READERS, actor, pages
from service.web.desk.quarantine import deciders, waits
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.words import one_line

MOST_SHOWN = 20_000
MOST_REASON = 500

Answer = Redirect | tuple[str, int]


@dataclass(frozen=True)
class Typed:
    """What was typed into the form called `form`, and what is wrong with it."""

    form: str = ""
    fault: str = ""
    reason: str = ""
    agency: str = ""
    number: str = ""
    speaker: str = ""


@pages.get("/karantina/<int:mail_id>")
@role_required(*READERS)
def held_mail(mail_id: int) -> str:
    """One mail as plain text. Its HTML is never rendered."""
    return _show(_mail(mail_id))


@pages.get("/karantina/<int:mail_id>/asli")
@role_required(*READERS)
def raw_mail(mail_id: int) -> Response:
    """The bytes as they came."""
    row = _mail(mail_id)
    return download(row.raw, "message/rfc822", f"karantina-{row.id}.eml")


@pages.get("/karantina/<int:mail_id>/lampiran/<int:position>")
@role_required(*READERS)
def mail_part(mail_id: int, position: int) -> Response:
    """One attachment. Whatever it says that it is, the browser is told to keep it as mere bytes."""
    parts = parse(_mail(mail_id).raw).attachments
    if not 1 <= position <= len(parts):
        abort(404)
    part = parts[position - 1]
    return download(part.content, "application/octet-stream", plain_name(part.filename or f"lampiran-{position}"))


@pages.post("/karantina/<int:mail_id>/ulang")
@role_required(*OPERATORS)
def retry_mail(mail_id: int) -> Answer:
    """Have it judged again; brings back what was set aside."""
    try:
        with transaction() as session:
            row = shelf.held(session, mail_id, or_discarded=bool(request.form.get("undo")))
            shelf.retry(row, actor())
            asked_anew = shelf.came_without_bytes(row)
            queues.ring_after_commit(session, queues.PROCESS_MAIL)
    except NotInQuarantineError as problem:
        return _not_done(mail_id, problem, Typed())
    if asked_anew:
        return _done(_("Server surat diminta sekali lagi."))
    return _done(_("Surat sedang diolah ulang."))


@pages.post("/karantina/<int:mail_id>/pengaduan")
@role_required(*OPERATORS)
def open_mail(mail_id: int) -> Answer:
    """Make a complaint of it, received when the mail arrived; to an agency at once, if one is chosen."""
    code, reason = request.form.get("agency", ""), _reason()
    typed = Typed("open", "", reason, code)
    unit = directory_of_request().by_code.get(code)
    if code and (unit is None or not unit.active):
        return _again(mail_id, typed, _("Pilih dinas yang dituju."))
    if code and not reason:
        return _again(mail_id, typed, _("Tuliskan alasan memilih dinas itu."))
    choice = Choice(code, reason, actor(), bool(request.form.get("not_about_officials"))) if code else None
    try:
        with transaction() as session:
            row = shelf.held(session, mail_id)
            number = shelf.make_complaint(session, directory_of_request(), row, actor(), choice).number
    except (NotInQuarantineError, RefusedError) as problem:
        return _not_done(mail_id, problem, typed)
    return _done(_("Surat menjadi pengaduan %(number)s.", number=number))


@pages.post("/karantina/<int:mail_id>/lampirkan")
@role_required(*OPERATORS)
def attach_mail(mail_id: int) -> Answer:
    """Make it part of a case: the citizen's words, or the holder's."""
    number, speaker = one_line(request.form.get("number", ""))[:40], request.form.get("speaker", "")
    typed = Typed("attach", "", _reason(), "", number, speaker)
    if not number:
        return _again(mail_id, typed, _("Tuliskan nomor pengaduannya."))
    if speaker not in shelf.SPEAKERS:
        return _again(mail_id, typed, _("Pilih siapa yang berbicara di surat ini."))
    try:
        with transaction() as session:
            row, directory = shelf.held(session, mail_id), directory_of_request()
            number = shelf.attach(session, directory, row, number, speaker, typed.reason, actor()).number
    except (NotInQuarantineError, RefusedError) as problem:
        return _not_done(mail_id, problem, typed)
    return _done(_("Surat dilampirkan ke %(number)s.", number=number))


@pages.post("/karantina/<int:mail_id>/sisihkan")
@role_required(*OPERATORS)
def discard_mail(mail_id: int) -> Answer:
    """Set it aside, with a reason."""
    try:
        with transaction() as session:
            shelf.discard(shelf.held(session, mail_id), _reason(), actor())
    except (NotInQuarantineError, RefusedError) as problem:
        return _not_done(mail_id, problem, Typed("discard"))
    return _done(_("Surat disisihkan; isinya tetap tersimpan dan dapat dikembalikan."))


def _reason() -> str:
    return one_line(request.form.get("reason", ""))[:MOST_REASON]


def _not_done(mail_id: int, problem: NotInQuarantineError | RefusedError, typed: Typed) -> Answer:
    """Show why: the form with its fault, or what somebody else has decided meanwhile."""
    if isinstance(problem, RefusedError):
        return _again(mail_id, typed, refusal_words(problem))
    _mail(mail_id)  # 404 for a mail that never was in quarantine
    flash(_("Tidak jadi dilakukan: surat ini sudah diputuskan. Keputusannya ada di bawah."))
    return redirect(url_for("desk.held_mail", mail_id=mail_id), 303)


def _again(mail_id: int, typed: Typed, fault: str) -> Answer:
    return _show(_mail(mail_id), Typed(typed.form, fault, typed.reason, typed.agency, typed.number, typed.speaker)), 422


def _mail(mail_id: int) -> InboundMail:
    """A mail that waits in quarantine, or about which the desk has decided; 404 for any other."""
    in_range = mail_id <= shelf.LARGEST_ID
    row = db.session.get(InboundMail, mail_id, options=[undefer(InboundMail.raw)]) if in_range else None
    if row is None or (row.status != QUARANTINED and not row.decisions):
        abort(404)
    return row


def _show(row: InboundMail, typed: Typed | None = None) -> str:
    session, directory, message = db.session(), directory_of_request(), parse(row.raw)
    return render_template(
        "desk/held_mail.html",
        row=row,
        message=message,
        text=message.text[:MOST_SHOWN],
        cut=len(message.text) > MOST_SHOWN,
        parts=[
            (plain_name(part.filename or f"lampiran-{n}"), part.content_type, len(part.content))
            for n, part in enumerate(message.attachments, start=1)
        ],
        checks=checks(message.authentication_results, settings().trusted_authserv),
        faults=faults_in_words(message.faults),
        tied_to=session.get(Complaint, row.complaint_id) if row.complaint_id else None,
        side=_side_of(row),
        party=directory.by_code[row.party].name if row.party in directory.by_code else directory.desk.name,
        waits=waits(session, directory, [row])[0],
        waiting=row.status == QUARANTINED,
        discarded=row.status == DISCARDED,
        undelivered=shelf.came_without_bytes(row),
        mailbox=session.get(Mailbox, row.mailbox_id),
        may_accuse=shelf.may_accuse(directory, message),
        units=directory.agencies(),
        decisions=[(line, datetime.fromisoformat(line["at"])) for line in row.decisions],
        who=deciders(session, [row]),
        act_words=act_words,
        size_words=size_words,
        typed=typed or Typed(),
        most_parts=30,
    )


def _side_of(row: InboundMail) -> str:
    """Who the mail claims to speak for, as the form's choice."""
    if not row.complaint_id or not row.party:
        return ""
    return shelf.CITIZEN if row.party == "citizen" else shelf.ANSWER


def _done(words: str) -> Redirect:
    flash(words)
    return redirect(url_for("desk.quarantine"), 303)
