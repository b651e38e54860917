"""What an explanation of a case's due times holds: the same for the terminal and for every page. Standard library only.

Units stand by their codes ("desk" is the complaint desk), instants are aware UTC, days are local.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from service.deadlines.calendar import Calendar
from service.deadlines.rules import Step
from service.pacts.rules import Promise

DESK = "desk"
# Why a day of the law's term did not count, beside "weekend" and the names of days off.
ARRIVAL, WAITS = "arrival", "waits"


class Recorded(Protocol):
    """An event, as its row has it."""

    @property
    def seq(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Row:
    """What a row of `deadline` says, with the promise and the calendar that it was started with."""

    kind: str
    run: int
    due: datetime
    promise: Promise
    calendar: Calendar
    waited: int = 0


@dataclass(frozen=True)
class Day:
    """A local day between start and due: how much of it counted, and why no more (`off`: "", "weekend", the name of a
    day off, ARRIVAL, WAITS). `number` is which working day of the law's term it was; 0 for none."""

    day: date
    counted: timedelta
    off: str
    number: int = 0


@dataclass(frozen=True)
class Pause:
    """The law's clock waited for the citizen. `until` is None while it does, `ended_by` the kind of the event that
    ended it ("" when the longest wait was over), `days` the whole working days by which the due time moved."""

    asked: int
    unit: str
    since: datetime
    until: datetime | None
    ended_by: str
    days: int


@dataclass(frozen=True)
class Moment:
    """A step of the clock. `seq` and `recorded_at` are those of the event that it left; None when it left none: it is
    still ahead, was not needed, or a later one had overtaken it."""

    step: Step
    seq: int | None
    recorded_at: datetime | None


@dataclass(frozen=True)
class ClockStory:
    """One due time, step by step. `length` is the pact's time, `term` the law's working days; the other one is 0."""

    kind: str
    start: datetime
    due: datetime
    stored_due: datetime
    pact: str
    hours: str
    length: timedelta
    term: int
    calendar: int
    days: tuple[Day, ...]
    pauses: tuple[Pause, ...]
    moments: tuple[Moment, ...]

    @property
    def agrees(self) -> bool:
        """Whether the due time that is stored is the one explained."""
        return self.due == self.stored_due


@dataclass(frozen=True)
class Stay:
    """A unit (code) held the case; `until` is None while it does. `counted` is how much of that lies between start and
    due, or the answer in time, in the hours that the pact counts."""

    unit: str
    since: datetime
    until: datetime | None
    counted: timedelta


@dataclass(frozen=True)
class RunStory:
    """One run of both clocks. `answer` is the first answer that stands, `accountable` the unit (code) that answered in
    time or by the pact's rule is accountable for the lateness; "" while neither is decided."""

    number: int
    opening: Recorded
    pact: ClockStory
    statute: ClockStory | None
    stays: tuple[Stay, ...]
    answer: Recorded | None
    breach: Recorded | None
    lapse: Recorded | None
    withdrawn: bool
    excuse: str
    rule: str
    accountable: str
    told: tuple[Recorded, ...]

    @property
    def in_time(self) -> bool:
        """Whether it was answered by the due time."""
        return self.answer is not None and self.answer.at <= self.pact.due


@dataclass(frozen=True)
class Explanation:
    """A case's clocks, run by run."""

    number: str
    runs: tuple[RunStory, ...]

    @property
    def agrees(self) -> bool:
        """Whether every due time that is stored is the one explained."""
        return all(clock.agrees for run in self.runs for clock in (run.pact, run.statute) if clock)
