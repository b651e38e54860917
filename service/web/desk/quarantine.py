"""`/meja/karantina`: mail that the rules could not judge. The bytes stay, whatever is decided."""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import undefer
from werkzeug.wrappers import Response as Redirect

from service import queues
from service.complaints.records import Complaint
from service.database import db, transaction
from service.intake import quarantine as shelf
from service.intake.records import QUARANTINED, InboundMail
from service.mail.parse import parse
from service.web.case_page import download
from service.web.desk.pages import OPERATORS, READERS, actor, pages
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.words import one_line

MOST_SHOWN = 20_000


@pages.get("/karantina")
@role_required(*READERS)
def quarantine() -> str:
    """All mail that waits for a decision."""
    return render_template("desk/quarantine.html", held=shelf.waiting(db.session()))


@pages.get("/karantina/<int:mail_id>")
@role_required(*READERS)
def held_mail(mail_id: int) -> str:
    """One mail as plain text. Its HTML is never rendered."""
    return _show(_mail(mail_id), "")


@pages.get("/karantina/<int:mail_id>/asli")
@role_required(*READERS)
def raw_mail(mail_id: int) -> Response:
    """The bytes as they came."""
    row = _mail(mail_id)
    return download(row.raw, "message/rfc822", f"karantina-{row.id}.eml")


@pages.post("/karantina/<int:mail_id>/ulang")
@role_required(*OPERATORS)
def retry_mail(mail_id: int) -> Redirect:
    """Have it judged again."""
    with transaction() as session:
        shelf.retry(session, shelf.held(session, mail_id))
        queues.ring_after_commit(session, queues.PROCESS_MAIL)
    return _done(_("Surat sedang diolah ulang."))


@pages.post("/karantina/<int:mail_id>/pengaduan")
@role_required(*OPERATORS)
def open_mail(mail_id: int) -> Redirect:
    """Make a complaint of it, received when the mail arrived."""
    with transaction() as session:
        case = shelf.make_complaint(session, directory_of_request(), shelf.held(session, mail_id), actor())
        number = case.number
    return _done(_("Surat menjadi pengaduan %(number)s.", number=number))


@pages.post("/karantina/<int:mail_id>/balasan")
@role_required(*OPERATORS)
def accept_mail(mail_id: int) -> Redirect:
    """Take it as the reply that it claims to be."""
    with transaction() as session:
        case = shelf.accept_reply(session, directory_of_request(), shelf.held(session, mail_id), actor())
        number = case.number if case else ""
    if not number:
        return _done(_("Surat ini tidak terkait dengan kasus mana pun, jadi tidak dapat diterima sebagai balasan."))
    return _done(_("Surat diterima sebagai balasan untuk %(number)s.", number=number))


@pages.post("/karantina/<int:mail_id>/sisihkan")
@role_required(*OPERATORS)
def discard_mail(mail_id: int) -> Redirect | tuple[str, int]:
    """Set it aside, with a reason."""
    reason = one_line(request.form.get("reason", ""))[:500]
    if not reason:
        return _show(_mail(mail_id), _("Tuliskan alasannya.")), 422
    with transaction() as session:
        shelf.discard(shelf.held(session, mail_id), reason, actor())
    return _done(_("Surat disisihkan; isinya tetap tersimpan."))


def _mail(mail_id: int) -> InboundMail:
    in_range = mail_id < 2**63
    row = db.session.get(InboundMail, mail_id, options=[undefer(InboundMail.raw)]) if in_range else None
    if row is None or row.status != QUARANTINED:
        abort(404)
    return row


def _show(row: InboundMail, fault: str) -> str:
    message = parse(row.raw)
    case = db.session.get(Complaint, row.complaint_id) if row.complaint_id else None
    return render_template(
        "desk/held_mail.html",
        row=row,
        message=message,
        text=message.text[:MOST_SHOWN],
        cut=len(message.text) > MOST_SHOWN,
        tied_to=case,
        fault=fault,
    )


def _done(words: str) -> Redirect:
    flash(words)
    return redirect(url_for("desk.quarantine"), 303)
