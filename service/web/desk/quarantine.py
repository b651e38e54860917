"""`/meja/karantina`: the mails that wait for a decision, what was decided of others, and acts on many at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from service import clock, queues
from service.agencies.directory import Directory
from service.agencies.records import Account
from service.casework.clocks import promised
from service.complaints.records import Complaint
from service.database import db, transaction
from service.intake import quarantine, shelf
from service.intake.quarantine import LARGEST_ID
from service.intake.records import DISCARDED, QUARANTINED, InboundMail
from service.intake.shelf import Which
from service.notifications.words import duration
from service.tables import Session
from service.web.desk.mail_words import act_words, size_words
from service.web.desk.pages import OPERATORS, READERS, actor, pages
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.paging import page_asked, page_of
from service.web.standing import SOON, Standing, standing
from service.web.words import one_line

# So many mails are decided in one transaction; whoever has more presses again.
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Waits:
    """One mail of the list. `due` and `standing` are those of the case that it claims to belong to; without one, those
    that it would have as a complaint, whose time runs from its arrival."""

    mail: InboundMail
    standing: Standing
    waited: str
    due: datetime
    number: str


@pages.get("/karantina", endpoint="quarantine")
@role_required(*READERS)
def quarantine_list() -> str:
    """The mails that wait, oldest first; with `?lihat=diputuskan` those that were decided, latest first."""
    session, which = db.session(), _which(request.args)
    decided = request.args.get("lihat") == "diputuskan"
    listed = page_of(session, shelf.decided_of(which) if decided else shelf.waiting_of(which), page_asked())
    return render_template(
        "desk/quarantine.html",
        decided=decided,
        listed=listed,
        waiting=[] if decided else waits(session, directory_of_request(), listed.items),
        who=deciders(session, listed.items),
        cases=cases_of(session, listed.items),
        kinds=shelf.kinds(session),
        which=which,
        count=shelf.count(session),
        matching=0 if decided else _count(session, which),
        newest=max((mail.id for mail in listed.items), default=0) if listed.number > 1 else _newest(session),
        most=MOST_AT_ONCE,
        act_words=act_words,
        size_words=size_words,
        DISCARDED=DISCARDED,
    )


@pages.post("/karantina/pilihan")
@role_required(*OPERATORS)
def decide_many() -> Response:
    """Have many mails judged again, or set them aside with one reason."""
    discards = request.form.get("act") == "discard" and request.form.get("lihat") != "diputuskan"
    reason = one_line(request.form.get("reason", ""))[:500]
    if discards and not reason:
        flash(_("Tuliskan alasan menyisihkan. Belum ada surat yang disisihkan."))
        return _back()
    with transaction() as session:
        asked = _asked(session)
        undoes = request.form.get("lihat") == "diputuskan"
        rows = shelf.chosen(session, asked, DISCARDED if undoes else QUARANTINED)
        for row in rows:
            if discards:
                quarantine.discard(row, reason, actor())
            else:
                quarantine.retry(row, actor())
        done = len(rows)
        queues.ring_after_commit(session, queues.PROCESS_MAIL)
    if not asked:
        flash(_("Pilih dulu suratnya."))
        return _back()
    told = ngettext("%(num)s surat disisihkan.", "%(num)s surat disisihkan.", done) if discards else ngettext(
        "%(num)s surat diolah ulang.", "%(num)s surat diolah ulang.", done
    )  # fmt: skip
    rest = len(asked) - done
    left = _(" %(n)s tidak: sudah diputuskan orang lain.", n=rest) if rest else ""
    flash(told + left)
    return _back()


def _asked(session: Session) -> list[int]:
    """The mails that were ticked; or all of the filter that were there when the page was opened."""
    if request.form.get("all"):
        newest = request.form.get("newest", "")
        known = int(newest) if newest.isascii() and newest.isdigit() and len(newest) < 19 else 0
        return shelf.all_of(session, _which(request.form), known, MOST_AT_ONCE)
    ticked = [text for text in request.form.getlist("mail") if text.isascii() and text.isdigit()]
    return [int(text) for text in ticked[:MOST_AT_ONCE] if len(text) < 20 and int(text) <= LARGEST_ID]


def _which(fields: Mapping[str, str]) -> Which:
    return Which(one_line(fields.get("alasan", ""))[:200], one_line(fields.get("q", ""))[:200])


def _back() -> Response:
    which = _which(request.form)
    look = "diputuskan" if request.form.get("lihat") == "diputuskan" else None
    address = url_for("desk.quarantine", alasan=which.kind or None, q=which.words or None, lihat=look)
    return redirect(address, 303)


def _count(session: Session, which: Which) -> int:
    mails = shelf.waiting_of(which).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(mails)) or 0


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(InboundMail.id)).where(InboundMail.status == QUARANTINED)) or 0


def waits(session: Session, directory: Directory, mails: list[InboundMail]) -> list[Waits]:
    """How long each mail has waited, and what is left of the time."""
    now, cases = clock.now(), cases_of(session, mails)
    return [_waits(session, directory, mail, now, cases.get(mail.complaint_id or 0)) for mail in mails]


def _waits(session: Session, directory: Directory, mail: InboundMail, now: datetime, case: Complaint | None) -> Waits:
    waited = duration(now - mail.received_at)
    if case is not None:
        return Waits(mail, standing(case, now), waited, case.due_at, case.number)
    _promise, due = promised(session, directory, mail.received_at)
    left = due - now
    if left < timedelta():
        return Waits(mail, Standing("late", _("Lewat %(time)s", time=duration(-left))), waited, due, "")
    tone = "soon" if left < (due - mail.received_at) * SOON else "running"
    return Waits(mail, Standing(tone, _("Sisa %(time)s", time=duration(left))), waited, due, "")


def cases_of(session: Session, mails: list[InboundMail]) -> dict[int, Complaint]:
    """The cases that these mails are tied to, by id."""
    ids = {mail.complaint_id for mail in mails if mail.complaint_id}
    return {case.id: case for case in session.scalars(select(Complaint).where(Complaint.id.in_(ids)))} if ids else {}


def deciders(session: Session, mails: list[InboundMail]) -> dict[str, str]:
    """Who decided about these mails: names by the actors that their decisions hold."""
    actors = {str(line["by"]) for mail in mails for line in mail.decisions}
    ids = [int(found.removeprefix("account:")) for found in actors if found.startswith("account:")]
    names = dict(session.execute(select(Account.id, Account.name).where(Account.id.in_(ids))).all())
    return {f"account:{key}": name for key, name in names.items()} | {"command": _("pengelola (perintah)")}
