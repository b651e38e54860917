"""Where each role begins, and what its menu holds."""

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext as _
from flask_login import current_user

HOMES = {
    "desk": "desk.queue",
    "officer": "agency.cases",
    "head": "agency.cases",
    "leader": "leadership.city",
    "inspector": "leadership.city",
    "administrator": "admin.overview",
}


@dataclass(frozen=True)
class Item:
    """One entry of the menu."""

    title: str
    address: str
    here: bool


def home_of(role: str) -> str:
    """The address at which a role begins."""
    return url_for(HOMES[role])


def menu() -> list[Item]:
    """The menu of whoever is signed in; of a citizen for strangers."""
    if not current_user.is_authenticated:
        return [_item(_("Buat pengaduan"), "public.form"), _item(_("Lacak pengaduan"), "public.find")]
    return [_item(title, endpoint) for title, endpoint in _entries(current_user.role)]


def _entries(role: str) -> list[tuple[str, str]]:
    desk = [
        (_("Meja"), "desk.queue"),
        (_("Karantina"), "desk.quarantine"),
        (_("Surat gagal"), "desk.dead_letters"),
        (_("Kota"), "leadership.city"),
    ]
    return {
        "desk": desk,
        "inspector": [
            desk[3],
            (_("Keputusan"), "leadership.decisions"),
            (_("Jawaban mirip"), "leadership.similar"),
            *desk[:3],
        ],
        "leader": [desk[3]],
        "officer": [(_("Kasus kami"), "agency.cases")],
        "head": [
            (_("Kasus kami"), "agency.cases"),
            (_("Kinerja"), "agency.figures"),
            (_("Jawaban mirip"), "agency.similar"),
        ],
        "administrator": [
            (_("Administrasi"), "admin.overview"),
            (_("Kesehatan surat"), "admin.mail_health"),
            (_("Kalender"), "admin.calendar"),
        ],
    }[role]


def _item(title: str, endpoint: str) -> Item:
    return Item(title, url_for(endpoint), request.endpoint == endpoint)
