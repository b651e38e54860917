"""`/meja/surat-gagal`: mail that will not be tried again unless somebody says so."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from service import queues
from service.complaints.records import Complaint
from service.database import db, transaction
from service.notifications import undelivered
from service.outbox import delivery
from service.outbox.records import DEAD, OutboundMail
from service.web.desk.pages import OPERATORS, READERS, pages
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.paging import page_asked, page_of

MOST_AT_ONCE = 500


@pages.get("/surat-gagal")
@role_required(*READERS)
def dead_letters() -> str:
    """The shelf, the latest first, with the server's last words."""
    session = db.session()
    query = select(OutboundMail).where(OutboundMail.status == DEAD).order_by(OutboundMail.id.desc())
    listed = page_of(session, query, page_asked())
    ids = [mail.complaint_id for mail in listed.items if mail.complaint_id]
    numbers = session.execute(select(Complaint.id, Complaint.number).where(Complaint.id.in_(ids)))
    return render_template(
        "desk/dead_letters.html",
        listed=listed,
        numbers=dict(numbers.all()),
        kinds=kinds(),
        refusing=[unit for unit in directory_of_request().agencies() if unit.inbox_problem],
    )


@pages.post("/surat-gagal/kotak/<code>")
@role_required(*OPERATORS)
def inbox_mended(code: str) -> Response:
    """An agency's inbox takes mail again: what waits on the shelf for it goes out."""
    unit = directory_of_request().by_code.get(code)
    if unit is None:
        abort(404)
    with transaction() as session:
        count = undelivered.inbox_mended(session, directory_of_request(), unit)
        queues.ring_after_commit(session, queues.DELIVER_MAIL)
    sent = ngettext("%(num)s surat dikirim ulang.", "%(num)s surat dikirim ulang.", count)
    flash(_("Kotak surat %(agency)s dicatat sudah baik.", agency=unit.name) + " " + sent)
    return redirect(url_for("desk.dead_letters"), 303)


@pages.post("/surat-gagal/<int:mail_id>/ulang")
@role_required(*OPERATORS)
def retry_letter(mail_id: int) -> Response:
    """Put one mail back into the queue."""
    with transaction() as session:
        found = mail_id < 2**63 and delivery.retry(session, mail_id)
        queues.ring_after_commit(session, queues.DELIVER_MAIL)
    flash(_("Surat dikirim ulang.") if found else _("Surat ini sudah tidak ada di daftar."))
    return redirect(url_for("desk.dead_letters"), 303)


@pages.post("/surat-gagal/ulang")
@role_required(*OPERATORS)
def retry_letters() -> Response:
    """Put all of them back, some hundreds at a time."""
    with transaction() as session:
        ids = session.scalars(select(OutboundMail.id).where(OutboundMail.status == DEAD).limit(MOST_AT_ONCE)).all()
        count = sum(delivery.retry(session, mail_id) for mail_id in ids)
        queues.ring_after_commit(session, queues.DELIVER_MAIL)
    flash(ngettext("%(num)s surat dikirim ulang.", "%(num)s surat dikirim ulang.", count))
    return redirect(url_for("desk.dead_letters"), 303)


def kinds() -> dict[str, str]:
    """What each kind of mail is called."""
    return {
        "acknowledgement": _("Tanda terima"),
        "joined": _("Kabar kiriman ulang"),
        "forwarded": _("Kabar penerusan"),
        "answer": _("Jawaban untuk pelapor"),
        "rejection": _("Alasan penolakan"),
        "assignment": _("Kasus baru untuk dinas"),
        "desk_case": _("Kasus baru untuk meja"),
        "follow_up": _("Pesan dari pelapor"),
        "sent_again": _("Kiriman ulang dari pelapor"),
        "reminder": _("Pengingat"),
        "breach": _("Pemberitahuan keterlambatan"),
        "escalation": _("Laporan keterlambatan"),
        "withdrawal": _("Pencabutan catatan"),
        "declined": _("Kasus dikembalikan"),
        "undelivered": _("Surat gagal"),
        "inbox_problem": _("Kotak surat menolak"),
        "digest_head": _("Rekap mingguan"),
        "digest_leader": _("Rekap mingguan"),
        "alarm": _("Kabar gangguan"),
        "quarantine": _("Kabar karantina"),
    }
