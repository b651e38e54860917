"""Arithmetic in working time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.deadlines.calendar import (
    Calendar,
    NoWorkingTimeError,
    after_working_days,
    after_working_time,
    counted_days,
    working_time_between,
)

ZONE = ZoneInfo("Asia/Jakarta")
DAY = ((time(8), time(12)), (time(13), time(16)))
FRIDAY = ((time(8), time(11, 30)), (time(13, 30), time(16, 30)))
CHRISTMAS, LEAVE = date(2026, 12, 25), date(2026, 12, 24)
CALENDAR = Calendar(
    7, ZONE, (DAY,) * 4 + (FRIDAY,) + ((),) * 2, {CHRISTMAS: "Hari Raya Natal", LEAVE: "Cuti Bersama Natal"}
)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001
lengths = st.timedeltas(timedelta(), timedelta(hours=100))


def local(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (local(23, 9), 2, local(23, 11)),
        (local(23, 11), 2, local(23, 14)),  # the midday break does not count
        (local(23, 20), 1, local(24, 9)),  # after hours: from the next morning
        (local(27, 16), 1, local(30, 8, 30)),  # Friday afternoon to Monday
        (local(23, 15), 7.5, local(24, 15, 30)),
        (local(23, month=12, hour=15), 2, local(28, month=12, hour=9)),  # over leave, Christmas and a weekend
    ],
)
def test_only_office_hours_count(start: datetime, hours: float, end: datetime) -> None:
    assert after_working_time(CALENDAR, start, timedelta(hours=hours)) == end


def test_the_day_of_arrival_is_no_working_day_of_the_term() -> None:
    assert after_working_days(CALENDAR, local(23, 9), 1) == local(25, 0)
    assert after_working_days(CALENDAR, local(27, 9), 1) == datetime(2026, 12, 1, tzinfo=ZONE)


def test_each_day_says_how_much_of_it_counted_and_why_not() -> None:
    rows = counted_days(CALENDAR, local(23, 14, month=12), local(28, 9, month=12))
    assert [(row.day.day, row.counted.total_seconds() / 3600, row.off) for row in rows] == [
        (23, 2, ""),
        (24, 0, "Cuti Bersama Natal"),
        (25, 0, "Hari Raya Natal"),
        (26, 0, "weekend"),
        (27, 0, "weekend"),
        (28, 1, ""),
    ]


def test_a_calendar_without_office_hours_is_refused_when_used() -> None:
    empty = Calendar(1, ZONE, ((),) * 7, {})
    with pytest.raises(NoWorkingTimeError):
        after_working_time(empty, local(23, 9), timedelta(hours=1))
    with pytest.raises(NoWorkingTimeError):
        after_working_days(empty, local(23, 9), 1)


@given(instants, lengths)
def test_what_is_added_lies_between(start: datetime, length: timedelta) -> None:
    end = after_working_time(CALENDAR, start, length)
    assert end >= start
    assert working_time_between(CALENDAR, start, end) == length


@given(instants, lengths, lengths)
def test_adding_twice_is_adding_the_sum(start: datetime, first: timedelta, second: timedelta) -> None:
    once = after_working_time(CALENDAR, start, first + second)
    twice = after_working_time(CALENDAR, after_working_time(CALENDAR, start, first), second)
    assert working_time_between(CALENDAR, start, once) == working_time_between(CALENDAR, start, twice)


@given(instants, st.timedeltas(timedelta(), timedelta(days=20)))
def test_the_days_add_up_to_the_whole(start: datetime, length: timedelta) -> None:
    end = start + length
    rows = counted_days(CALENDAR, start, end)
    assert sum((row.counted for row in rows), timedelta()) == working_time_between(CALENDAR, start, end)
