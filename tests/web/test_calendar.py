"""The administrator edits the calendar."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from service import clock
from service.agencies import directory as directories
from service.casework.clocks import statute_of
from service.complaints.records import Complaint
from service.database import transaction
from service.deadlines import calendars, editing
from service.deadlines.records import CalendarVersion
from tests.casework.test_acts import opened as opened_by
from tests.web.conftest import Browser, OpenCase


@pytest.fixture(autouse=True)
def _calendar_as_before(app: Flask) -> Iterator[None]:
    """Versions are never deleted: append one that says what was said before the test."""
    with transaction() as session:
        before = editing.latest(session)
        week, days_off = before.week, before.days_off
    yield
    with transaction() as session:
        editing._next(session, week, days_off, "seperti semula", "system", clock.now())


def test_an_added_day_off_is_a_new_version_with_who_and_why(browser_of: Callable[[str], Browser]) -> None:
    fajar = browser_of("fajar")
    answer = fajar.post(
        "/admin/kalender/tambah", day="2026-11-27", name="HUT Kota", kind="local", reason="Perwali 12/2026"
    )
    assert (answer.status_code, answer.location) == (303, "/admin/kalender?tahun=2026")
    page = fajar.get(answer.location).text
    assert "Jumat, 27 November" in page
    assert "HUT Kota" in page
    assert "Perwali 12/2026" in page
    with transaction() as session:
        assert editing.latest(session).made_by.startswith("account:")


def test_an_edit_holds_for_cases_that_come_later_and_not_for_running_ones(
    browser_of: Callable[[str], Browser], opened: OpenCase
) -> None:
    before = opened()
    edit = {"day": "2026-11-27", "name": "HUT Kota", "kind": "local", "reason": "Perwali"}
    assert browser_of("fajar").post("/admin/kalender/tambah", **edit).status_code == 303
    with transaction() as session:
        present = directories.current(session)
    after = opened_by(present, text="Trotoar di Jalan Kapuas amblas sejak lusa.")
    with transaction() as session:
        old, new = (statute_of(session, session.get_one(Complaint, case_id)) for case_id in (before.id, after))
        assert old is not None
        assert new is not None
        assert (new.due_at - old.due_at).days == 3  # over the weekend
        directory = directories.current(session)
        kept = calendars.by_id(session, directory, old.calendar_id)
        assert "HUT Kota" not in kept.days_off.values()
        assert "HUT Kota" in calendars.by_id(session, directory, new.calendar_id).days_off.values()


def test_a_day_off_is_removed_with_a_reason(browser_of: Callable[[str], Browser]) -> None:
    fajar = browser_of("fajar")
    assert "Hari Raya Natal" in fajar.get("/admin/kalender").text
    assert fajar.post("/admin/kalender/hapus", day="2026-12-25", reason="").status_code == 422
    assert fajar.post("/admin/kalender/hapus", day="2026-12-25", reason="SKB 3 Menteri").status_code == 303
    assert fajar.post("/admin/kalender/hapus", day="2026-12-25", reason="lagi").status_code == 422


def test_the_working_week_is_given_other_hours(browser_of: Callable[[str], Browser]) -> None:
    days = {f"day{number}": "08:00-12:00, 13.00-16.00" for number in range(4)} | {"day4": "08:00-11:30"}
    answer = browser_of("fajar").post("/admin/kalender/jam-kerja", **days, day5="", day6="", reason="Perwali 3/2027")
    assert answer.status_code == 303
    with transaction() as session:
        week = session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc())).first().week
    assert week[0] == [["08:00", "12:00"], ["13:00", "16:00"]]
    assert week[4:] == [[["08:00", "11:30"]], [], []]


@pytest.mark.parametrize(
    ("address", "typed", "fault"),
    [
        ("tambah", {"day": "besok", "name": "X", "kind": "local", "reason": "y"}, "Isi tanggalnya"),
        ("tambah", {"day": "2026-12-01", "name": " ", "kind": "local", "reason": "y"}, "nama hari libur"),
        ("tambah", {"day": "2026-12-01", "name": "X", "kind": "cuti", "reason": "y"}, "Pilih salah satu jenis"),
        ("tambah", {"day": "2026-12-01", "name": "X", "kind": "local", "reason": " "}, "Tuliskan alasannya"),
        ("jam-kerja", {"day0": "16:00-08:00", "reason": "y"}, "berurutan"),
        ("jam-kerja", {"day0": "08:00-12:00,11:00-16:00", "reason": "y"}, "berurutan"),
        ("jam-kerja", {"reason": "y"}, "Paling sedikit satu hari"),
    ],
)
def test_what_is_wrong_with_an_edit_is_said(
    browser_of: Callable[[str], Browser], address: str, typed: dict[str, str], fault: str
) -> None:
    answer = browser_of("fajar").post(f"/admin/kalender/{address}", **typed)
    assert answer.status_code == 422
    assert fault in answer.text
