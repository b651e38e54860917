"""Clock arithmetic."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from service.deadlines.calendar import Calendar
from service.deadlines.rules import (
    Holding,
    accountable,
    after_wait,
    due_at,
    held_times,
    measure_of,
    statute_due_at,
    statute_steps,
    steps,
    waited_days,
)
from service.pacts.rules import Escalation, Promise

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PROMISE = Promise(
    pact_id=1,
    version="2024-1",
    title="Pakta",
    response=timedelta(hours=24),
    reminders=(50, 80, 95),
    escalations=(Escalation(timedelta(hours=24), ("inspector",)), Escalation(timedelta(hours=48), ("leader",))),
    digest_weekday=0,
    digest_hour=7,
    digest_minute=0,
)
BUDI, RINA, DESK = 1, 2, None
OPEN = ((time(8), time(16)),)
CALENDAR = Calendar(1, ZoneInfo("Asia/Jakarta"), (OPEN,) * 5 + ((),) * 2, {date(2026, 12, 25): "Hari Raya Natal"})
WORKING_HOURS = replace(PROMISE, hours="working", response=timedelta(hours=8))


def hours(count: float) -> datetime:
    return START + timedelta(hours=count)


def test_an_answer_is_due_after_the_hours_of_the_pact() -> None:
    assert due_at(START, PROMISE, CALENDAR) == hours(24)


def test_reminders_come_at_their_share_of_the_time_and_escalations_after_the_breach() -> None:
    plan = steps(START, hours(24), PROMISE, CALENDAR)
    assert [(step.name, step.at) for step in plan] == [
        ("reminder-50", hours(12)),
        ("reminder-80", hours(19.2)),
        ("reminder-95", hours(22.8)),
        ("breach-100", hours(24)),
        ("escalation-1", hours(48)),
        ("escalation-2", hours(72)),
    ]


def test_working_hours_of_the_pact_stand_still_at_night_and_over_the_weekend() -> None:
    friday_noon = datetime(2026, 11, 27, 5, 0, tzinfo=UTC)
    due = due_at(friday_noon, WORKING_HOURS, CALENDAR)
    assert due == datetime(2026, 11, 30, 5, 0, tzinfo=UTC)  # Monday noon
    half = steps(friday_noon, due, WORKING_HOURS, CALENDAR)[0]
    assert half.at == datetime(2026, 11, 27, 9, 0, tzinfo=UTC)  # Friday 16.00, when offices close


def test_a_settlement_is_due_at_the_end_of_the_last_working_day() -> None:
    monday = datetime(2026, 12, 21, 1, 0, tzinfo=UTC)
    due = statute_due_at(monday, 5, CALENDAR)
    assert due.astimezone(CALENDAR.zone).isoformat() == "2026-12-30T00:00:00+07:00"  # Christmas and a weekend between
    assert [step.name for step in statute_steps(monday, due)] == ["reminder-50", "reminder-80", "breach-100"]


def local(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=CALENDAR.zone)


def test_the_law_waits_from_the_day_after_the_question_through_the_day_of_the_reply() -> None:
    assert waited_days(CALENDAR, local(23, 10), local(23, 15)) == 0
    assert waited_days(CALENDAR, local(23, 10), local(25, 9)) == 2
    assert waited_days(CALENDAR, local(27, 10), local(29, 9)) == 0  # Friday to Sunday
    assert waited_days(CALENDAR, local(25, 10), local(23, 10)) == 0


def test_a_wait_moves_the_settlement_by_working_days_over_the_holidays() -> None:
    due = statute_due_at(datetime(2026, 12, 21, 1, tzinfo=UTC), 3, CALENDAR)  # Thursday 24 December
    assert after_wait(CALENDAR, due, 0) == due
    moved = after_wait(CALENDAR, due, 1)
    assert moved.astimezone(CALENDAR.zone).isoformat() == "2026-12-29T00:00:00+07:00"


@given(
    st.integers(0, 20 * 24),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 200)), max_size=4),
    st.integers(1, 60),
)
def test_after_every_wait_as_many_working_days_are_left_as_before_it(
    begin: int, waits: list[tuple[int, int]], term: int
) -> None:
    start = hours(begin)
    due, at, used = statute_due_at(start, term, CALENDAR), start, 0
    for pause, length in waits:
        asked = at + timedelta(hours=pause)
        answered = asked + timedelta(hours=length)
        used += waited_days(CALENDAR, at, asked)
        if used >= term:
            return
        due = after_wait(CALENDAR, due, waited_days(CALENDAR, asked, answered))
        assert due == statute_due_at(answered, term - used, CALENDAR)
        at = answered


def test_held_times_of_a_pact_in_working_hours_leave_the_weekend_out() -> None:
    friday = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
    monday = friday + timedelta(days=3)
    rows = [Holding(BUDI, friday), Holding(RINA, friday + timedelta(hours=7)), Holding(BUDI, monday)]
    measure = measure_of(WORKING_HOURS, CALENDAR)
    end = monday + timedelta(hours=8)
    assert held_times(rows, friday, end, measure) == {BUDI: timedelta(hours=15), RINA: timedelta(hours=1)}
    assert accountable(rows, friday, end, measure=measure) == BUDI


def test_where_the_pact_says_so_the_last_holder_is_accountable() -> None:
    rows = [Holding(DESK, START), Holding(BUDI, hours(1)), Holding(RINA, hours(23)), Holding(BUDI, hours(25))]
    assert accountable(rows, START, hours(24), "last") == RINA


def test_who_sits_on_a_case_for_twenty_hours_stays_accountable() -> None:
    rows = [Holding(DESK, START), Holding(BUDI, hours(0.1)), Holding(DESK, hours(20)), Holding(RINA, hours(21))]
    assert accountable(rows, START, hours(24)) == BUDI


def test_the_desk_is_accountable_for_what_it_kept() -> None:
    assert accountable([Holding(DESK, START), Holding(BUDI, hours(23))], START, hours(24)) is DESK


def test_times_of_one_unit_are_added_up() -> None:
    rows = [Holding(BUDI, START), Holding(RINA, hours(8)), Holding(BUDI, hours(18))]
    assert held_times(rows, START, hours(24)) == {BUDI: timedelta(hours=14), RINA: timedelta(hours=10)}


def test_on_a_tie_the_later_holder_is_accountable() -> None:
    assert accountable([Holding(BUDI, START), Holding(RINA, hours(12))], START, hours(24)) == RINA


def test_what_happens_after_the_deadline_changes_nothing() -> None:
    rows = [Holding(BUDI, START), Holding(RINA, hours(25))]
    assert held_times(rows, START, hours(24)) == {BUDI: timedelta(hours=24)}


@given(st.lists(st.tuples(st.sampled_from([BUDI, RINA, DESK]), st.integers(0, 2000)), min_size=1, max_size=8))
def test_held_times_always_add_up_to_the_whole_time(rows: list[tuple[int | None, int]]) -> None:
    rows = sorted(rows, key=lambda row: row[1])
    holdings = [Holding(rows[0][0], START), *(Holding(unit, START + timedelta(minutes=at)) for unit, at in rows[1:])]
    assert sum(held_times(holdings, START, hours(24)).values(), timedelta()) == timedelta(hours=24)
