"""`flask calendar` and the calendar's warnings in `flask doctor`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from service import clock as service_clock
from service.database import transaction
from service.deadlines import editing
from service.tables import Session
from tests.fakes.clock import FakeClock

Flasked = Callable[..., Result]


@pytest.fixture
def flask(app: Flask) -> Flasked:
    """Runs a command."""
    return lambda *words: app.test_cli_runner().invoke(app.cli, list(words))


@pytest.fixture(autouse=True)
def _calendar_as_before(app: Flask) -> Iterator[None]:
    with transaction() as session:
        before = editing.latest(session)
        week, days_off = before.week, before.days_off
    yield
    with transaction() as session:
        editing._next(session, week, days_off, "seperti semula", "system", service_clock.now())


def test_a_day_off_is_added_shown_and_removed(flask: Flasked) -> None:
    added = flask("calendar", "add", "2027-03-17", "HUT Kota", "--kind", "local", "--reason", "Perwali 1/2027")
    assert added.exit_code == 0, added.output
    shown = flask("calendar", "show", "--year", "2027").output
    assert "2027-03-17 wed  local    HUT Kota" in shown
    assert "Perwali 1/2027" in shown
    assert "by terminal" in shown
    assert flask("calendar", "remove", "2027-03-17", "--reason", "batal").exit_code == 0
    assert "HUT Kota" not in flask("calendar", "show", "--year", "2027").output


def test_the_hours_of_one_day_are_changed_and_the_others_stay(flask: Flasked) -> None:
    hours = "friday=08:00-11:30,13:30-16:30"
    assert flask("calendar", "week", "--day", hours, "--reason", "Perwali").exit_code == 0
    shown = flask("calendar", "show").output
    assert "friday     08:00-11:30, 13:30-16:30" in shown
    assert "monday     08:00-16:00" in shown


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("add", "25-12-2026", "Natal", "--kind", "holiday", "--reason", "x"), "is no date"),
        (("add", "2026-12-25", "Hari Raya Natal", "--kind", "holiday", "--reason", "x"), "says so already"),
        (("add", "2026-12-01", "X", "--kind", "local", "--reason", " "), "say why"),
        (("remove", "2026-12-01", "--reason", "x"), "no day off"),
        (("week", "--day", "jumat=08:00-12:00", "--reason", "x"), "must be a weekday"),
        (("week", "--day", "friday=8-12", "--reason", "x"), "hours are written"),
        (("week", "--reason", "x"), "says so already"),
    ],
)
def test_a_wrong_edit_is_refused_with_its_reason(flask: Flasked, words: tuple[str, ...], fault: str) -> None:
    result = flask("calendar", *words)
    assert result.exit_code != 0
    assert fault in result.output


def test_the_doctor_warns_of_estimated_and_missing_days(flask: Flasked, clock: FakeClock) -> None:
    assert "WARN" not in flask("doctor").output
    clock.instant = datetime(2027, 3, 1, tzinfo=UTC)
    assert "is an estimate" in flask("doctor").output
    clock.instant = datetime(2030, 12, 15, tzinfo=UTC)
    assert "2031: no day off is entered" in flask("doctor").output


def test_the_doctor_names_a_database_whose_migrations_are_behind(flask: Flasked, session: Session) -> None:
    assert "ok     database and migrations" in flask("doctor").output
    newest = session.scalar(text("SELECT version_num FROM alembic_version"))
    session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    session.commit()
    try:
        assert "FAULT  database and migrations: the database is at migration 0001" in flask("doctor").output
    finally:
        session.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})
        session.commit()
