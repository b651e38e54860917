"""`/admin/kalender`: working week and days off, by year; every edit is a new version."""

from collections.abc import Callable
from datetime import date
from typing import Any

from babel.dates import format_date, get_day_names
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from service import clock
from service.agencies.records import Account
from service.database import db, transaction
from service.deadlines import editing
from service.deadlines.calendar import ESTIMATED
from service.deadlines.editing import KINDS, CalendarEditError
from service.notifications.words import LOCALE
from service.tables import Document, Session
from service.web.admin.pages import pages
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.words import one_line

Edit = Callable[[Session, Document], object]


@pages.get("/kalender")
@role_required("administrator")
def calendar() -> str:
    """The version in force, one year of its days off, and the versions before it."""
    return _page({})


@pages.post("/kalender/tambah")
@role_required("administrator")
def add_day() -> Any:
    """Make a day a day off."""
    form = request.form

    def edit(session: Session, who: Document) -> object:
        return editing.add_day(
            session, _day(form.get("day", "")), one_line(form.get("name", "")), form.get("kind", ""), **who
        )

    return _edited(edit, _("Hari libur sudah dicatat."))


@pages.post("/kalender/hapus")
@role_required("administrator")
def remove_day() -> Any:
    """Make a day like any other."""

    def edit(session: Session, who: Document) -> object:
        return editing.remove_day(session, _day(request.form.get("day", "")), **who)

    return _edited(edit, _("Hari itu kini bukan hari libur."))


@pages.post("/kalender/jam-kerja")
@role_required("administrator")
def set_week() -> Any:
    """Give the working week other hours."""

    def edit(session: Session, who: Document) -> object:
        texts = [one_line(request.form.get(f"day{number}", "")) for number in range(7)]
        return editing.set_week(session, editing.week_of(texts), **who)

    return _edited(edit, _("Jam kerja sudah diganti."))


def _edited(edit: Edit, done: str) -> Any:
    """Make the edit and go back to the page; or show the page with what was typed and what is wrong with it."""
    who = {
        "reason": one_line(request.form.get("reason", "")),
        "actor": f"account:{current_user.id}",
        "now": clock.now(),
    }
    try:
        with transaction() as session:
            edit(session, who)
    except CalendarEditError as error:
        return _page(request.form, _fault(error)), 422
    flash(done + " " + _("Kasus yang sudah berjalan tetap memakai kalender sebelumnya."))
    return redirect(url_for("admin.calendar", tahun=request.form.get("day", "")[:4] or None), 303)


def _page(typed: Any, fault: str = "") -> str:
    session, zone = db.session(), directory_of_request().timezone
    earlier = editing.versions(session)
    row = editing.latest(session)
    days = {date.fromisoformat(day): entry for day, entry in row.days_off.items()}
    present = clock.now().astimezone(zone).year
    years = sorted({day.year for day in days} | {present, present + 1})
    asked = typed.get("day", "")[:4] or request.args.get("tahun", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else present
    return render_template(
        "admin/calendar.html",
        version=row,
        versions=earlier,
        makers=_makers(session, {each.made_by for each in earlier}),
        year=year,
        years=years,
        days=[
            (day, _date(day), entry, ESTIMATED in entry["name"].lower())
            for day, entry in days.items()
            if day.year == year
        ],
        week=list(zip(_weekdays(), editing.week_texts(row.week), strict=True)),
        kinds={"holiday": _("Libur nasional"), "leave": _("Cuti bersama"), "local": _("Libur setempat")},
        typed=typed,
        fault=fault,
    )


def _makers(session: Session, actors: set[str]) -> dict[str, str]:
    """Names of whoever made versions, by what the rows call them."""
    ids = [int(actor.removeprefix("account:")) for actor in actors if actor.startswith("account:")]
    names = session.execute(select(Account.id, Account.name).where(Account.id.in_(ids))) if ids else []
    return {"system": _("sistem")} | {f"account:{account_id}": name for account_id, name in names}


def _weekdays() -> list[str]:
    names = get_day_names("wide", locale=LOCALE)
    return [names[number] for number in range(7)]


def _date(day: date) -> str:
    return format_date(day, "EEEE, d MMMM", locale=LOCALE)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CalendarEditError("bad_day", text) from error


def _fault(error: CalendarEditError) -> str:
    words = {
        "bad_day": _("Isi tanggalnya."),
        "unknown_kind": _("Pilih salah satu jenis: %(kinds)s.", kinds=", ".join(KINDS)),
        "no_name": _("Tuliskan nama hari libur itu."),
        "no_reason": _("Tuliskan alasannya, misalnya nomor keputusan. Alasan ini tersimpan bersama perubahan."),
        "too_long": _("Terlalu panjang."),
        "same": _("Kalender sudah berbunyi demikian."),
        "absent": _("Hari itu memang bukan hari libur."),
        "bad_hours": _("Jam kerja ditulis 08:00-12:00, 13:00-16:00, berurutan: %(text)s", text=error.detail),
        "no_hours": _("Paling sedikit satu hari harus mempunyai jam kerja."),
    }
    return words[error.code]
