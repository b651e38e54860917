"""Figures from the events of cases, and from nothing else. Standard library only.

In: each case's events as plain data, and what pact and calendar say. Out: its runs with what became of each, and the
figures of a period. The same figures are counted in SQL from the rows of `deadline` (figures.py), which is faster;
this is the proof: published weeks are recomputed by it, and the tests demand that both agree.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from service.complaints.rules import OPEN_STATES, RECEIVED, next_state
from service.compliance.rules import MEDIAN, P90, OfficerFigures, nearest_rank
from service.deadlines.rules import Holding, Measure, accountable

# What became of a run. Withdrawn: the inspector took the breach back because its facts were wrong; it counts nowhere.
IN_TIME, LATE, UNDECIDED, WITHDRAWN = "in_time", "late", "undecided", "withdrawn"
DECIDED = (IN_TIME, LATE)
DESK = "desk"
# The acts that may stop the pact's clock; two of them only if they say so.
ANSWERS = ("respond", "reject", "ask", "resolve")
COUNTING = ("ask", "resolve")
# The acts that start a run, and those after which somebody else may hold the case.
STARTING = ("open", "reopen")
HOLDING = ("open", "assign", "decline", "reopen")


@dataclass(frozen=True)
class Happening:
    """One event as plain data. `at` is when it happened (aware UTC)."""

    seq: int
    kind: str
    at: datetime
    actor: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Terms:
    """What a run's pact and calendar say: who answers for a case that several held, and which time counts."""

    accountable: str
    measure: Measure


# (pact version, calendar version) -> terms. Runs of before calendars were kept name none.
TermsOf = Callable[[str, int | None], Terms]


@dataclass(frozen=True)
class Run:
    """One run of the pact's clock and what became of it.

    `unit` (code) is who answered in time, who is accountable for the lateness, or, while neither is decided, who holds
    the case. `excuse` is the cause for which a lateness is excused; "" without one. `met_at` is when the first answer
    that counts arrived, `answered_by` the unit that gave it, `actor` who of it.
    """

    number: int
    start: datetime
    due: datetime
    unit: str
    outcome: str
    excuse: str
    met_at: datetime | None
    answered_by: str
    actor: str

    @property
    def minutes(self) -> int | None:
        """Whole minutes from the start to the answer, all hours counted."""
        return None if self.met_at is None else int((self.met_at - self.start).total_seconds() // 60)


@dataclass(frozen=True)
class Case:
    """What figures need of a case. `disputes`: when an answer was disputed, and whose."""

    number: str
    holder: str
    waiting: bool
    runs: tuple[Run, ...]
    disputes: tuple[tuple[datetime, str], ...]


@dataclass
class _Clock:
    """A run while its events are read."""

    number: int
    start: datetime
    due: datetime
    terms: Terms
    breached: bool = False
    excuse: str = ""


def case_of(number: str, events: Iterable[Happening], terms_of: TermsOf) -> Case:
    """Read a case's events in order, and say what became of each run."""
    happenings = list(events)
    clocks: list[_Clock] = []
    voided: set[int] = set()
    state, holder = "", DESK
    for event in happenings:
        state = _state_after(state, event)
        if event.kind in HOLDING:
            holder = str(event.payload["holder"])
        if event.kind == "reject":
            holder = DESK
        if event.kind in STARTING:
            clocks.append(_started(event, terms_of))
        if event.kind == "uphold":
            voided.add(int(event.payload["voids"]))
        _mark(clocks, happenings, event)
    answers = [event for event in happenings if _is_answer(event) and event.seq not in voided]
    holdings = [(str(e.payload["holder"]), e.at) for e in happenings if e.kind in HOLDING]
    ends = [clock.start for clock in clocks[1:]] + [None]
    runs = tuple(
        _run(clock, _first(answers, clock.start, end), holdings, holder)
        for clock, end in zip(clocks, ends, strict=True)
    )
    return Case(number, holder, state in OPEN_STATES, runs, tuple(_disputes(happenings)))


def _state_after(state: str, event: Happening) -> str:
    return RECEIVED if event.kind == "open" else next_state(state, event.kind, str(event.payload.get("state", "")))


def _started(event: Happening, terms_of: TermsOf) -> _Clock:
    payload = event.payload
    terms = terms_of(str(payload["pact"]), payload.get("calendar"))
    return _Clock(int(payload.get("run", 1)), event.at, instant_of(str(payload["due"])), terms)


def _mark(clocks: list[_Clock], happenings: list[Happening], event: Happening) -> None:
    """What an event says of the lateness of a run: it was written, taken back, or excused."""
    if event.kind not in ("breach", "withdraw", "excuse", "grant"):
        return
    about = event.payload
    if event.kind == "grant":  # it names the objection, and the objection the run
        about = happenings[int(event.payload["objection"]) - 1].payload
    clock = clocks[int(about["run"]) - 1]
    if event.kind in ("breach", "withdraw"):
        clock.breached = event.kind == "breach"
        if about.get("arrived"):  # an answer came in time after all: nothing is left to excuse
            clock.excuse = ""
    else:
        clock.excuse = str(event.payload["cause"])


def _is_answer(event: Happening) -> bool:
    return event.kind in ANSWERS and (event.kind not in COUNTING or bool(event.payload["counts"]))


def _first(answers: list[Happening], start: datetime, end: datetime | None) -> Happening | None:
    """The answer that meets a run: the earliest to arrive while it was the present one."""
    inside = [event for event in answers if start <= event.at and (end is None or event.at < end)]
    return min(inside, key=lambda event: (event.at, event.seq), default=None)


def _run(clock: _Clock, answer: Happening | None, holdings: list[tuple[str, datetime]], holder: str) -> Run:
    answered_by = str(answer.payload.get("agency", DESK)) if answer else ""
    outcome, unit = UNDECIDED, holder
    if answer and answer.at <= clock.due:
        outcome, unit = IN_TIME, answered_by
    elif clock.breached:
        outcome, unit = LATE, _accountable(clock, holdings)
    elif clock.excuse == WITHDRAWN:
        outcome = WITHDRAWN
    return Run(
        number=clock.number,
        start=clock.start,
        due=clock.due,
        unit=unit,
        outcome=outcome,
        excuse=clock.excuse if outcome == LATE else "",
        met_at=answer.at if answer else None,
        answered_by=answered_by,
        actor=answer.actor if answer else "",
    )


def _accountable(clock: _Clock, holdings: list[tuple[str, datetime]]) -> str:
    """The accountable unit by the pact's rule, counted anew: the breach that was written is not believed."""
    codes = list(dict.fromkeys(code for code, _ in holdings))
    rows = [Holding(codes.index(code), since) for code, since in holdings]
    found = accountable(rows, clock.start, clock.due, clock.terms.accountable, clock.terms.measure)
    return DESK if found is None else codes[found]


def _disputes(happenings: list[Happening]) -> Iterable[tuple[datetime, str]]:
    for event in happenings:
        if event.kind == "dispute":
            answer = happenings[int(event.payload["response"]) - 1]
            yield event.at, str(answer.payload.get("agency", DESK))


def instant_of(text: str) -> datetime:
    """The instant that `complaints.rules.instant_text` wrote."""
    return datetime.fromisoformat(text)


@dataclass
class Count:
    """One unit's figures while cases are counted. `times` are minutes to the answer."""

    in_time: int = 0
    late: int = 0
    open_late: int = 0
    excused: int = 0
    undecided: int = 0
    received: int = 0
    reopened: int = 0
    disputed: int = 0
    open_now: int = 0
    times: list[int] = field(default_factory=list)

    def figures(self) -> dict[str, int | None]:
        """As they stand in a published week, but for code and name."""
        return {
            "due": self.in_time + self.late,
            "in_time": self.in_time,
            "late": self.late,
            "open_late": self.open_late,
            "excused": self.excused,
            "undecided": self.undecided,
            "received": self.received,
            "reopened": self.reopened,
            "disputed": self.disputed,
            "open_now": self.open_now,
            "median_minutes": nearest_rank(self.times, MEDIAN),
            "p90_minutes": nearest_rank(self.times, P90),
        }


def count(cases: Iterable[Case], start: datetime, end: datetime) -> dict[str, Count]:
    """The counts of each unit (by code) that has any, for the period [start, end)."""
    counts: dict[str, Count] = {}
    for case in cases:
        for run in case.runs:
            if start <= run.due < end and run.outcome != WITHDRAWN:
                _add(counts.setdefault(run.unit, Count()), run)
            if start <= run.start < end:
                arrived = counts.setdefault(case.holder, Count())
                arrived.received += run.number == 1
                arrived.reopened += run.number > 1
        if case.waiting:
            counts.setdefault(case.holder, Count()).open_now += 1
        for at, unit in case.disputes:
            if start <= at < end:
                counts.setdefault(unit, Count()).disputed += 1
    return counts


def _add(unit: Count, run: Run) -> None:
    unit.in_time += run.outcome == IN_TIME
    unit.late += run.outcome == LATE
    unit.open_late += run.outcome == LATE and run.met_at is None
    unit.excused += bool(run.excuse)
    unit.undecided += run.outcome == UNDECIDED
    if run.minutes is not None and run.outcome in DECIDED:
        unit.times.append(run.minutes)


def officers(cases: Iterable[Case], start: datetime, end: datetime) -> dict[tuple[str, int | None], OfficerFigures]:
    """What each account of each unit answered, of the runs due in [start, end); None is the unit's inbox."""
    found: dict[tuple[str, int | None], list[Run]] = {}
    for run in (run for case in cases for run in case.runs):
        if start <= run.due < end and run.met_at is not None and run.outcome in DECIDED:
            found.setdefault((run.answered_by, account_of(run.actor)), []).append(run)
    return {key: _officer(key[1], runs) for key, runs in found.items()}


def _officer(account_id: int | None, runs: list[Run]) -> OfficerFigures:
    minutes = [run.minutes for run in runs if run.minutes is not None]
    in_time = sum(run.outcome == IN_TIME for run in runs)
    return OfficerFigures(account_id, len(runs), in_time, nearest_rank(minutes, MEDIAN))


def account_of(actor: str) -> int | None:
    """7 of `account:7`; None for whoever has no account."""
    kind, _, name = actor.partition(":")
    return int(name) if kind == "account" else None
