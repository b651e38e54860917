"""Three ways to the same figures: from the events, in SQL from the clocks' rows, and by a clerk with pen and paper."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from service.agencies import directory as directories
from service.complaints.records import Event
from service.compliance import figures as from_rows
from service.compliance import from_events
from service.compliance.corrections import FIELDS
from service.compliance.freeze import differences, events_of_all, recompute, terms
from service.compliance.records import FrozenWeek
from service.compliance.rules import Week, as_rows, week_named, week_of
from service.database import transaction
from service.tables import Session
from tests.compliance import model
from tests.compliance.histories import ACTS, ERAS, City, clean, eras
from tests.fakes.clock import FakeClock

PAUSES = (0, 5, 60, 240, 700, 1440, 4000)
# More openings, answers and sweeps than the rest, as in life.
OFTEN = ("open", "open", "respond", "respond", "sweep", "sweep", "sweep", "post", "post", "freeze", "freeze")
KINDS = (*OFTEN, "blind", "holiday", *ACTS)
STEP = st.tuples(st.sampled_from(KINDS), st.integers(0, 999), st.sampled_from(PAUSES))
_seen: Counter[str] = Counter()


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    derandomize=True,
)
@given(
    era=st.sampled_from(ERAS),
    later=st.integers(0, 30 * 24 * 60),
    opened=st.integers(4, 10),
    steps=st.lists(STEP, min_size=40, max_size=80),
)
def _same_by_every_way(clock: FakeClock, era, later: int, opened: int, steps: list[tuple[str, int, int]]) -> None:
    clean()
    clock.instant = era + timedelta(minutes=later)
    city = City(clock)
    for number in range(opened):
        city.step("open", number * 37, 0)
    for act, number, minutes in steps:
        city.step(act, number, minutes)
    _seen.update(city.done)
    _seen["cases"] += len(city.cases)
    with transaction() as session:
        _agree(session, clock)
        _published_weeks_hold(session)


@pytest.mark.usefixtures("app")
def test_events_and_sql_and_a_clerk_count_the_same_over_random_histories(clock: FakeClock) -> None:
    with eras():
        _same_by_every_way(clock)
    assert _seen["cases"] > 200
    assert set(ACTS) <= set(_seen)


def _agree(session: Session, clock: FakeClock) -> None:
    directory = directories.current(session)
    last = session.scalar(select(func.max(Event.id)))
    terms_of = terms(session, directory)
    cases = [from_events.case_of(number, rows, terms_of) for number, rows in events_of_all(session, last)]
    books = model.read(session)
    for week in _weeks(cases, clock, directory):
        in_sql = from_rows.week_figures(session, directory, week.start, week.end)
        pure = from_events.count(cases, week.start, week.end)
        note(week.name)
        assert {row["code"]: _told(row) for row in as_rows(in_sql) if _told(row)} == {
            code: _told(unit.figures()) for code, unit in pure.items() if _told(unit.figures())
        }
        assert {code: _told(unit.figures()) for code, unit in pure.items()} == model.figures(
            books, week.start, week.end
        )
        officers = from_events.officers(cases, week.start, week.end)
        assert officers == from_rows.officer_figures(session, directory, week.start, week.end)
        by_hand = {(unit, str(account or "inbox")): (o.answered, o.in_time) for (unit, account), o in officers.items()}
        assert by_hand == model.officers(books, week.start, week.end)


def _told(row: dict) -> dict:
    return {name: value for name, value in row.items() if value and name not in ("code", "name")}


def _weeks(cases: list[from_events.Case], clock: FakeClock, directory) -> list[Week]:
    instants = [instant for case in cases for run in case.runs for instant in (run.start, run.due)]
    week, weeks = week_of(min(instants), directory.timezone), []
    while week.start <= max([*instants, clock()]):
        weeks.append(week)
        week = week_of(week.end, directory.timezone)
    return weeks


def _published_weeks_hold(session: Session) -> None:
    """Each published week comes from its events bit for bit; as published, and with all corrections since, it adds up
    to what is known at the last publication."""
    directory = directories.current(session)
    weeks = session.scalars(select(FrozenWeek).order_by(FrozenWeek.id)).all()
    if not weeks:
        return
    for frozen in weeks:
        assert list(differences(recompute(session, directory, frozen))) == []
    terms_of = terms(session, directory)
    known = [from_events.case_of(n, rows, terms_of) for n, rows in events_of_all(session, weeks[-1].last_event)]
    for frozen in weeks:
        week = week_named(frozen.week, directory.timezone)
        expected = from_events.count(known, week.start, week.end)
        sums: Counter[tuple[str, str]] = Counter()
        for row in frozen.figures:
            sums.update({(row["code"], name): row[name] for name in FIELDS})
        for later in weeks:
            for row in later.corrections:
                if row["week"] == frozen.week:
                    assert abs(row["change"]) == len(row["cases"])
                    sums[row["unit"], row["field"]] += row["change"]
        live = {(code, name): unit.figures()[name] for code, unit in expected.items() for name in FIELDS}
        assert {key: n for key, n in sums.items() if n} == {key: n for key, n in live.items() if n}
