"""Which hours count: the government's working time, its holidays, and arithmetic over both. Standard library only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

# How days off are marked whose date is not yet decreed.
ESTIMATED = "perkiraan"
# A calendar without any working hour in so long is a mistake of whoever keeps it.
LONGEST_SEARCH_DAYS = 1000


class NoWorkingTimeError(Exception):
    """The calendar has no working hour within reach: its working week or its days off cannot be right."""


@dataclass(frozen=True)
class Calendar:
    """One version of a government's calendar.

    `week` has seven entries, Monday first, each the opening hours of that weekday in local time, in order; `days_off`
    gives the name of each national holiday and day of collective leave (cuti bersama).
    """

    version: int
    zone: tzinfo
    week: tuple[tuple[tuple[time, time], ...], ...]
    days_off: Mapping[date, str]

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open on this day."""
        return bool(self.week[day.weekday()]) and day not in self.days_off

    def lacks(self, today: date, ahead: timedelta) -> list[str]:
        """What the calendar does not know well enough of the days from `today` on: years without any day off, and
        days off whose dates are estimates."""
        last = today + ahead
        known = {day.year for day in self.days_off}
        found = [f"{year}: no day off is entered" for year in range(today.year, last.year + 1) if year not in known]
        near = [day for day in sorted(self.days_off) if today <= day <= last]
        return found + [
            f"{day}: {self.days_off[day]} is an estimate" for day in near if ESTIMATED in self.days_off[day].lower()
        ]

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The working hours of a day, as aware instants; none on a day off."""
        if not self.is_working_day(day):
            return []
        return [
            (datetime.combine(day, opens, self.zone), datetime.combine(day, closes, self.zone))
            for opens, closes in self.week[day.weekday()]
        ]


@dataclass(frozen=True)
class CountedDay:
    """How much of a local day counted, and why no more: "" (a day like any), "weekend", or a holiday's name."""

    day: date
    counted: timedelta
    off: str


def after_working_time(calendar: Calendar, start: datetime, length: timedelta) -> datetime:
    """The instant at which `length` of working time has passed since `start` (aware). Raises NoWorkingTimeError.

    Time outside working hours does not count: what comes in at night starts when offices open.
    """
    left = length
    for begin, end in _spans_from(calendar, start):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    raise NoWorkingTimeError(f"calendar {calendar.version} has no working time within reach of {start.isoformat()}")


def working_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two instants."""
    counted = timedelta()
    for opens, closes in _spans_from(calendar, start):
        if opens >= end:
            break
        counted += min(closes, end) - opens
    return counted


def after_working_days(calendar: Calendar, start: datetime, days: int) -> datetime:
    """The end (local midnight) of the `days`-th working day after the day of `start`. Raises NoWorkingTimeError.

    The day on which something comes in is not counted, as is the custom for terms in working days.
    """
    day = start.astimezone(calendar.zone).date()
    left = days
    for _ in range(LONGEST_SEARCH_DAYS):
        day += timedelta(days=1)
        left -= calendar.is_working_day(day)
        if left == 0:
            return datetime.combine(day + timedelta(days=1), time(), calendar.zone)
    raise NoWorkingTimeError(f"calendar {calendar.version} has no {days} working days after {start.isoformat()}")


def working_days_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """How many working days follow the day of `start`, up to and with the day of `end`; none when `end` is earlier."""
    first, last = (instant.astimezone(calendar.zone).date() for instant in (start, end))
    days = (first + timedelta(days=offset) for offset in range(1, (last - first).days + 1))
    return sum(calendar.is_working_day(day) for day in days)


def counted_days(calendar: Calendar, start: datetime, end: datetime) -> list[CountedDay]:
    """Every local day from `start` to `end` with the working time that counted on it."""
    first, last = start.astimezone(calendar.zone).date(), end.astimezone(calendar.zone).date()
    rows = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        inside = [min(closes, end) - max(opens, start) for opens, closes in calendar.spans(day)]
        counted = sum((length for length in inside if length > timedelta()), timedelta())
        weekend = "" if calendar.week[day.weekday()] else "weekend"
        rows.append(CountedDay(day, counted, calendar.days_off.get(day, weekend)))
    return rows


def _spans_from(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Working spans from `start` on, the first one cut at `start`."""
    first = start.astimezone(calendar.zone).date()
    for offset in range(LONGEST_SEARCH_DAYS):
        for begin, end in calendar.spans(first + timedelta(days=offset)):
            if end > start:
                yield max(begin, start), end
