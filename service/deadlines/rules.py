"""Clock arithmetic. Standard library only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.pacts.rules import Promise

REMINDER, BREACH, ESCALATION = "reminder", "breach", "escalation"


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


def due_at(start: datetime, promise: Promise) -> datetime:
    """The moment by which an answer is due: start plus the pact's hours, in calendar time (aware UTC)."""
    return start + promise.response


def steps(start: datetime, due: datetime, promise: Promise) -> list[Step]:
    """Every step of one run of the clock, in order. Frozen with the promise that the case was started with."""
    reminders = [Step(REMINDER, start + (due - start) * percent / 100, percent) for percent in promise.reminders]
    escalations = [
        Step(ESCALATION, due + escalation.after, number, escalation.posts)
        for number, escalation in enumerate(promise.escalations, start=1)
    ]
    return [*reminders, Step(BREACH, due, 100), *escalations]


@dataclass(frozen=True)
class Holding:
    """From `since` on, the unit (agency id; None is the desk) held the case."""

    unit: int | None
    since: datetime


def held_times(holdings: Iterable[Holding], start: datetime, end: datetime) -> dict[int | None, timedelta]:
    """How long each unit held the case between `start` and `end`. Holdings are in order of time."""
    held: dict[int | None, timedelta] = {}
    rows = list(holdings)
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        begin = max(row.since, start)
        finish = min(following.since if following else end, end)
        if finish > begin:
            held[row.unit] = held.get(row.unit, timedelta()) + (finish - begin)
    return held


def accountable(holdings: Iterable[Holding], start: datetime, due: datetime) -> int | None:
    """The unit that held the case longest between start and due; on a tie the later holder.

    An agency that sits on a case for twenty hours and passes it on stays accountable, and the one that
    received it an hour before the deadline does not become so.
    """
    rows = list(holdings)
    held = held_times(rows, start, due)
    order = {row.unit: position for position, row in enumerate(rows)}
    return max(held, key=lambda unit: (held[unit], order[unit]), default=None)
