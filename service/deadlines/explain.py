"""How every due time of a case came about, from its events, its pact and its calendar. Standard library only.

In: the case's events, the promise and the calendar of each run, what the rows of `deadline` say. Out: an `Explanation`.
It counts anew and believes no row: where a due time that is stored is another than the one explained, it says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from service.deadlines.calendar import Calendar, counted_days, working_days_between
from service.deadlines.rules import (
    BREACH,
    PACT,
    STATUTE,
    Holding,
    Step,
    accountable,
    after_wait,
    due_at,
    measure_of,
    statute_due_at,
    statute_steps,
    steps,
    waited_days,
)
from service.deadlines.story import (
    ARRIVAL,
    DESK,
    WAITS,
    ClockStory,
    Day,
    Explanation,
    Moment,
    Pause,
    Recorded,
    Row,
    RunStory,
    Stay,
)
from service.pacts.rules import WORKING

STARTING, HOLDING = ("open", "reopen"), ("open", "assign", "decline", "reopen")
ANSWERS, ONLY_IF_SAID = ("respond", "reject", "ask", "resolve"), ("ask", "resolve")
# What ends a wait for the citizen: the reply, or that it is no longer waited for.
ENDS_WAIT = ("follow_up", "respond", "resolve", "close", "reject")
# The event that a step leaves behind.
_LEAVES = {"reminder": "remind", "breach": "breach", "escalation": "escalate"}
# What is told of a run beside its steps and its holders.
_TOLD = (
    *("respond", "reject", "ask", "resolve", "close", "follow_up", "remark", "dispute", "uphold", "dismiss"),
    *("withdraw", "excuse", "object", "grant", "refuse", "reopen"),
)


def explain(
    number: str, events: Iterable[Recorded], rows: Iterable[Row], now: datetime, longest_wait: timedelta
) -> Explanation:
    """Explain a case's due times. `events` are in order, `rows` all those of `deadline`; instants are aware UTC."""
    known = list(events)
    by_run = {(row.kind, row.run): row for row in rows}
    openings = [event for event in known if event.kind in STARTING]
    runs_of = _runs_of(known, openings)
    runs = [
        _run(position, known, openings, runs_of, by_run, now, longest_wait)
        for position in range(len(openings))
        if (PACT, position + 1) in by_run
    ]
    return Explanation(number, tuple(runs))


def _runs_of(events: Sequence[Recorded], openings: Sequence[Recorded]) -> dict[int, int]:
    """The run that each event (by seq) is about: the one it names, that of the event it decides on, or by its time."""
    found: dict[int, int] = {}
    for event in events:
        about = event.payload.get("response") or event.payload.get("dispute") or event.payload.get("objection")
        if event.kind in ("open", "reopen"):
            found[event.seq] = openings.index(event) + 1
        elif "run" in event.payload:
            found[event.seq] = int(event.payload["run"])
        elif isinstance(about, int) and about in found:
            found[event.seq] = found[about]
        else:
            found[event.seq] = max(1, sum(opening.at <= event.at for opening in openings))
    return found


def _run(
    position: int,
    events: Sequence[Recorded],
    openings: Sequence[Recorded],
    runs_of: Mapping[int, int],
    rows: Mapping[tuple[str, int], Row],
    now: datetime,
    longest_wait: timedelta,
) -> RunStory:
    number, opening = position + 1, openings[position]
    end = openings[position + 1].at if number < len(openings) else None
    mine = [event for event in events if runs_of[event.seq] == number]
    row = rows[PACT, number]
    pact = _pact(opening.at, row, mine)
    answer = _answer(events, mine)
    about = {kind: [event for event in mine if event.kind == kind] for kind in ("breach", "withdraw", "lapse")}
    withdrawn = bool(about["withdraw"]) and about["withdraw"][-1].seq > max(e.seq for e in about["breach"] or mine[:1])
    breach = None if withdrawn or not about["breach"] else about["breach"][-1]
    holdings = [event for event in events if event.kind in HOLDING]
    in_time = answer is not None and answer.at <= pact.due
    limit = answer.at if answer and in_time else min(pact.due, now)
    unit = str(answer.payload.get("agency", DESK)) if answer and in_time else ""
    if breach:
        unit = _accountable(holdings, opening.at, row)
    law = rows.get((STATUTE, number))
    return RunStory(
        number=number,
        opening=opening,
        pact=pact,
        statute=_statute(opening, law, mine, now, longest_wait) if law else None,
        stays=_stays(holdings, opening.at, end, limit, row),
        answer=answer,
        breach=breach,
        lapse=about["lapse"][-1] if about["lapse"] else None,
        withdrawn=withdrawn,
        excuse=_excuse(mine) if breach else "",
        rule=row.promise.accountable,
        accountable=unit,
        told=tuple(event for event in mine if event.kind in _TOLD),
    )


def _pact(start: datetime, row: Row, events: Sequence[Recorded]) -> ClockStory:
    due = due_at(start, row.promise, row.calendar)
    days = (
        counted_days(row.calendar, start, due)
        if row.promise.hours == WORKING
        else _whole_days(row.calendar, start, due)
    )
    return ClockStory(
        kind=PACT,
        start=start,
        due=due,
        stored_due=row.due,
        pact=row.promise.version,
        hours=row.promise.hours,
        length=row.promise.response,
        term=0,
        calendar=row.calendar.version,
        days=tuple(Day(day.day, day.counted, day.off) for day in days),
        pauses=(),
        moments=_moments(PACT, steps(start, due, row.promise, row.calendar), events),
    )


def _whole_days(calendar: Calendar, start: datetime, due: datetime) -> list[Day]:
    """Every local day from start to due where all hours count."""
    rows, day = [], start.astimezone(calendar.zone).date()
    while (begin := datetime.combine(day, time(), calendar.zone)) < due:
        end = datetime.combine(day + timedelta(days=1), time(), calendar.zone)
        rows.append(Day(day, min(end, due) - max(begin, start), ""))
        day += timedelta(days=1)
    return rows


def _statute(
    opening: Recorded, row: Row, events: Sequence[Recorded], now: datetime, longest_wait: timedelta
) -> ClockStory:
    start, calendar = opening.at, row.calendar
    first = opening.payload.get("statute_due")  # as it was at the start; the row's moves with every wait
    last_day = (datetime.fromisoformat(first) if first else row.due) - timedelta(microseconds=1)
    term = working_days_between(calendar, start, last_day) - (0 if first else row.waited)
    due = statute_due_at(start, term, calendar)
    pauses = _pauses(events, due, row, now, longest_wait)
    for pause in pauses:
        due = after_wait(calendar, due, pause.days)
    return ClockStory(
        kind=STATUTE,
        start=start,
        due=due,
        stored_due=row.due,
        pact=row.promise.version,
        hours=WORKING,
        length=timedelta(),
        term=term,
        calendar=calendar.version,
        days=tuple(_term_days(calendar, start, due, pauses)),
        pauses=tuple(pauses),
        moments=_moments(STATUTE, statute_steps(start, due), events),
    )


def _pauses(events: Sequence[Recorded], due: datetime, row: Row, now: datetime, longest_wait: timedelta) -> list[Pause]:
    """Every wait for the citizen. All waits of a run together move the due time by no more working days than the
    longest wait has days, and a question that comes after the due time moves nothing."""
    found: list[Pause] = []
    asked: Recorded | None = None
    for event in events:
        if event.kind == "ask":
            asked = asked or event
        if asked and event.kind in ENDS_WAIT and event.at >= asked.at and "again" not in event.payload:
            found.append(_pause(asked, event, longest_wait))
            asked = None
    if asked:
        found.append(_pause(asked, None, longest_wait))
    counted: list[Pause] = []
    left = longest_wait.days
    for pause in found:
        until = pause.until or now
        days = min(left, waited_days(row.calendar, pause.since, until)) if pause.since < due else 0
        open_still = pause is found[-1] and asked is not None
        if open_still and (now < until or longest_wait.days - left + days > row.waited):
            # It waits still; or the longest wait is over, and the sweep has yet to move the due time.
            days, pause = 0, replace(pause, until=None)
        counted.append(replace(pause, days=days))
        due, left = after_wait(row.calendar, due, days), left - days
    return counted


def _pause(asked: Recorded, ended: Recorded | None, longest_wait: timedelta) -> Pause:
    limit = asked.at + longest_wait
    by_event = ended is not None and ended.at <= limit
    until = ended.at if ended and by_event else limit
    unit = str(asked.payload.get("agency", DESK))
    return Pause(asked.seq, unit, asked.at, until, ended.kind if ended and by_event else "", 0)


def _term_days(calendar: Calendar, start: datetime, due: datetime, pauses: Sequence[Pause]) -> Iterable[Day]:
    """Every local day of the law's term, with its number where it counted."""
    waits = {day for pause in pauses for day in _waiting_days(calendar, pause)}
    first = start.astimezone(calendar.zone).date()
    last = (due - timedelta(microseconds=1)).astimezone(calendar.zone).date()
    number = 0
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        off = calendar.days_off.get(day, "" if calendar.week[day.weekday()] else "weekend")
        off = ARRIVAL if offset == 0 else off or (WAITS if day in waits else "")
        number += not off
        yield Day(day, timedelta(), off, 0 if off else number)


def _waiting_days(calendar: Calendar, pause: Pause) -> list[date]:
    """The working days that a pause moved the due time by: those after the day of the question."""
    day = pause.since.astimezone(calendar.zone).date()
    found: list[date] = []
    while len(found) < pause.days:
        day += timedelta(days=1)
        if calendar.is_working_day(day):
            found.append(day)
    return found


def _moments(clock: str, plan: Iterable[Step], events: Sequence[Recorded]) -> tuple[Moment, ...]:
    left = {_step_key(event): event for event in events if event.kind in _LEAVES.values() or event.kind == "lapse"}
    found = []
    for step in plan:
        kind = "lapse" if clock == STATUTE and step.kind == BREACH else _LEAVES[step.kind]
        event = left.get((kind, clock, step.level))
        if event is None:
            found.append(Moment(step, None, None))
        else:  # a wait since then has moved the step, but not what was done
            found.append(Moment(replace(step, at=event.at), event.seq, event.recorded_at))
    return tuple(found)


def _step_key(event: Recorded) -> tuple[str, str, int]:
    clock = STATUTE if event.kind == "lapse" else str(event.payload.get("clock", PACT))
    level = event.payload.get("percent") or event.payload.get("level") or 100
    return event.kind, clock, int(level)


def _answer(events: Sequence[Recorded], mine: Sequence[Recorded]) -> Recorded | None:
    """The first answer that stands, of those that arrived in the run."""
    voided = {event.payload.get("voids") for event in events if event.kind == "uphold"}
    standing = [event for event in mine if _is_answer(event) and event.seq not in voided]
    return min(standing, key=lambda event: (event.at, event.seq), default=None)


def _is_answer(event: Recorded) -> bool:
    return event.kind in ANSWERS and (event.kind not in ONLY_IF_SAID or bool(event.payload.get("counts")))


def _excuse(events: Sequence[Recorded]) -> str:
    causes = [str(event.payload.get("cause", "")) for event in events if event.kind in ("excuse", "grant")]
    return causes[-1] if causes else ""


def _accountable(holdings: Sequence[Recorded], start: datetime, row: Row) -> str:
    codes = list(dict.fromkeys(str(event.payload["holder"]) for event in holdings))
    held = [Holding(codes.index(str(event.payload["holder"])), event.at) for event in holdings]
    measure = measure_of(row.promise, row.calendar)
    unit = accountable(held, start, row.due, row.promise.accountable, measure)
    return DESK if unit is None else codes[unit]


def _stays(
    holdings: Sequence[Recorded], start: datetime, end: datetime | None, limit: datetime, row: Row
) -> tuple[Stay, ...]:
    """Who held the case in this run, from when to when."""
    measure: Callable[[datetime, datetime], timedelta] = measure_of(row.promise, row.calendar)
    found: list[Stay] = []
    for event, following in zip(holdings, [*holdings[1:], None], strict=True):
        until = following.at if following else end
        until = end if end and (until is None or until > end) else until
        since = max(event.at, start)
        if until is not None and until <= since:
            continue
        if end is not None and since >= end:
            continue
        stop = min(until or limit, limit)
        counted = measure(since, stop) if stop > since else timedelta()
        found.append(Stay(str(event.payload["holder"]), since, until, counted))
    return tuple(found)
