"""Clock arithmetic. Standard library only."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from service.deadlines.calendar import (
    Calendar,
    after_working_days,
    after_working_time,
    working_days_between,
    working_time_between,
)
from service.pacts.rules import LAST, LONGEST, WORKING, Promise

# Why a breach may be excused: our outage, a notice that was not delivered, the desk's wrong assignment, and what nobody
# could have prevented.
CAUSES = ("outage", "undelivered", "misassigned", "force_majeure")
REMINDER, BREACH, ESCALATION = "reminder", "breach", "escalation"
# The two clocks of a case: the pact's, for the first answer, and the law's, for the settlement.
PACT, STATUTE = "pact", "statute"
# In percent of the days that the law gives.
STATUTE_REMINDERS = (50, 80)


@dataclass(frozen=True)
class Step:
    """Something that the clock does at an instant. `level` is the percentage of a reminder, or the
    number of an escalation (1, 2, …); 100 for the breach."""

    kind: str
    at: datetime
    level: int
    posts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A stable name, part of ledger keys: `reminder-50`, `breach-100`, `escalation-1`."""
        return f"{self.kind}-{self.level}"


def due_at(start: datetime, promise: Promise, calendar: Calendar) -> datetime:
    """The moment by which an answer is due (aware UTC): start plus the pact's hours, all of them or working hours
    only, as the pact says."""
    return later(start, promise.response, promise, calendar)


def later(start: datetime, length: timedelta, promise: Promise, calendar: Calendar) -> datetime:
    """The instant so long after `start`, in the hours that the pact counts (aware UTC)."""
    if promise.hours == WORKING:
        return after_working_time(calendar, start, length).astimezone(UTC)
    return start + length


def steps(start: datetime, due: datetime, promise: Promise, calendar: Calendar) -> list[Step]:
    """Every step of one run of the pact's clock, in order. Frozen with the promise and the calendar that the case
    was started with."""
    reminders = [
        Step(REMINDER, later(start, promise.response * percent / 100, promise, calendar), percent)
        for percent in promise.reminders
    ]
    escalations = [
        Step(ESCALATION, later(due, escalation.after, promise, calendar), number, escalation.posts)
        for number, escalation in enumerate(promise.escalations, start=1)
    ]
    return [*reminders, Step(BREACH, due, 100), *escalations]


def statute_due_at(start: datetime, working_days: int, calendar: Calendar) -> datetime:
    """The moment by which a case is to be settled (aware UTC): the end of the last of so many working days.

    The days of each class are those of SP4N-LAPOR!; they stand in the preset.
    """
    return after_working_days(calendar, start, working_days).astimezone(UTC)


def waited_days(calendar: Calendar, asked: datetime, answered: datetime) -> int:
    """How many whole working days the law's clock waited for the citizen.

    The day of the question has been used, that of the reply has not: it is the day on which something comes in. So
    after the reply the office has as many working days left as at the end of the day on which it asked.
    """
    return working_days_between(calendar, asked, answered)


def after_wait(calendar: Calendar, due: datetime, days: int) -> datetime:
    """A due moment of the law's clock (the end of a day) moved by so many working days (aware UTC)."""
    if days == 0:
        return due
    last_day = due.astimezone(calendar.zone) - timedelta(microseconds=1)
    return after_working_days(calendar, last_day, days).astimezone(UTC)


def statute_steps(start: datetime, due: datetime) -> list[Step]:
    """Every step of one run of the law's clock: reminders, then that its time has passed."""
    reminders = [Step(REMINDER, start + (due - start) * percent / 100, percent) for percent in STATUTE_REMINDERS]
    return [*reminders, Step(BREACH, due, 100)]


@dataclass(frozen=True)
class Holding:
    """From `since` on, the unit (agency id; None is the desk) held the case."""

    unit: int | None
    since: datetime


Measure = Callable[[datetime, datetime], timedelta]


def measure_of(promise: Promise, calendar: Calendar) -> Measure:
    """How the pact measures the time between two instants: all of it, or working time."""
    if promise.hours == WORKING:
        return partial(working_time_between, calendar)
    return _elapsed


def _elapsed(begin: datetime, end: datetime) -> timedelta:
    return end - begin


def held_times(
    holdings: Iterable[Holding], start: datetime, end: datetime, measure: Measure = _elapsed
) -> dict[int | None, timedelta]:
    """How long each unit held the case between `start` and `end`. Holdings are in order of time."""
    held: dict[int | None, timedelta] = {}
    rows = list(holdings)
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        begin = max(row.since, start)
        finish = min(following.since if following else end, end)
        if finish > begin:
            held[row.unit] = held.get(row.unit, timedelta()) + measure(begin, finish)
    return held


def accountable(
    holdings: Iterable[Holding], start: datetime, due: datetime, who: str = LONGEST, measure: Measure = _elapsed
) -> int | None:
    """The unit that held the case longest between start and due, on a tie the later holder; or the last
    holder before the due moment, where the pact says so.

    With the first rule an agency that sits on a case for twenty hours and passes it on stays accountable, and the
    one that received it an hour before the deadline does not become so.
    """
    rows = [row for row in holdings if row.since < due]
    if who == LAST and rows:
        return rows[-1].unit
    held = held_times(rows, start, due, measure)
    order = {row.unit: position for position, row in enumerate(rows)}
    return max(held, key=lambda unit: (held[unit], order[unit]), default=None)


def joined(
    spans: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """The parts of [start, end) that any of the spans covers, in order and without overlap."""
    found: list[tuple[datetime, datetime]] = []
    for begin, finish in sorted((max(begin, start), min(finish, end)) for begin, finish in spans):
        if finish <= begin:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], finish))
        else:
            found.append((begin, finish))
    return found
