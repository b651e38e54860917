"""The explanation of due times, counted from events alone."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from service.deadlines.calendar import Calendar
from service.deadlines.explain import explain
from service.deadlines.rules import after_wait, due_at, statute_due_at, waited_days
from service.deadlines.story import ARRIVAL, WAITS, Explanation, Row
from service.pacts.rules import Escalation, Promise

ZONE = ZoneInfo("Asia/Jakarta")
START = datetime(2026, 12, 21, 3, tzinfo=UTC)  # Monday, 10.00 in Bengkulu
OPEN = ((time(8), time(12)), (time(13), time(16)))
CALENDAR = Calendar(
    3, ZONE, (OPEN,) * 5 + ((),) * 2, {date(2026, 12, 25): "Hari Raya Natal", date(2026, 12, 24): "Cuti Bersama"}
)
PROMISE = Promise(
    1, "2024-1", "Pakta", timedelta(hours=24), (50,), (Escalation(timedelta(hours=24), ("leader",)),), 0, 7, 0
)
WORKING = replace(PROMISE, hours="working", response=timedelta(hours=10))
LONGEST_WAIT = timedelta(days=10)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Happened:
    """An event."""

    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    actor: str = "system"
    payload: dict[str, Any] = field(default_factory=dict)


def history(*acts: tuple[str, float, dict[str, Any]]) -> list[Happened]:
    """Events of (kind, hours after the start, payload); the first is the opening."""
    rows = [("open", 0.0, {"holder": "desk", "channel": "form"}), *acts]
    return [
        Happened(seq, kind, START + hours * HOUR, START + hours * HOUR + timedelta(seconds=3), payload=payload)
        for seq, (kind, hours, payload) in enumerate(rows, start=1)
    ]


def told(events: list[Happened], promise: Promise = PROMISE, now: float = 2000, waited: int = 0) -> Explanation:
    pact = Row("pact", 1, due_at(START, promise, CALENDAR), promise, CALENDAR)
    law = Row("statute", 1, after_wait(CALENDAR, statute_due_at(START, 5, CALENDAR), waited), promise, CALENDAR, waited)
    return explain("BKL-26-00001", events, [pact, law], START + now * HOUR, LONGEST_WAIT)


def test_a_pact_of_all_hours_counts_each_day_whole() -> None:
    run = told(history()).runs[0]
    assert run.pact.due == START + 24 * HOUR
    assert [(day.day.day, day.counted) for day in run.pact.days] == [(21, 14 * HOUR), (22, 10 * HOUR)]


def test_a_pact_of_working_hours_says_which_days_did_not_count() -> None:
    friday = replace(WORKING, response=timedelta(hours=22))
    run = told(history(), friday).runs[0]
    assert [(day.day.day, day.counted / HOUR, day.off) for day in run.pact.days] == [
        (21, 5, ""),
        (22, 7, ""),
        (23, 7, ""),
        (24, 0, "Cuti Bersama"),
        (25, 0, "Hari Raya Natal"),
        (26, 0, "weekend"),
        (27, 0, "weekend"),
        (28, 3, ""),
    ]


def test_the_laws_days_are_numbered_and_the_others_say_why_they_did_not_count() -> None:
    statute = told(history()).runs[0].statute
    assert statute
    assert statute.term == 5
    found = [(day.day.day, day.number, day.off) for day in statute.days]
    assert found[0] == (21, 0, ARRIVAL)
    assert found[1:4] == [(22, 1, ""), (23, 2, ""), (24, 0, "Cuti Bersama")]
    assert found[-1] == (30, 5, "")


def test_a_wait_for_the_citizen_is_shown_with_who_asked_and_its_days() -> None:
    events = history(("ask", 2, {"agency": "pupr", "counts": False}), ("follow_up", 50, {}))
    story = told(events, waited=2)
    assert story.agrees
    statute = story.runs[0].statute
    assert statute
    assert [(p.unit, p.days, p.ended_by) for p in statute.pauses] == [("pupr", 2, "follow_up")]
    assert [day.day.day for day in statute.days if day.off == WAITS] == [22, 23]


def test_while_the_citizen_is_waited_for_the_due_time_has_not_moved() -> None:
    story = told(history(("ask", 2, {"agency": "pupr", "counts": False})), now=60)
    assert story.agrees
    assert story.runs[0].statute
    assert story.runs[0].statute.pauses[0].until is None


def test_who_sat_on_the_case_for_twenty_hours_is_accountable() -> None:
    events = history(
        ("assign", 0, {"holder": "pupr"}),
        ("decline", 20, {"holder": "desk"}),
        ("assign", 21, {"holder": "dlh"}),
        ("breach", 24, {"run": 1}),
    )
    run = told(events).runs[0]
    assert run.accountable == "pupr"
    assert [(stay.unit, stay.counted / HOUR) for stay in run.stays] == [("pupr", 20), ("desk", 1), ("dlh", 3)]
    breach = next(moment for moment in run.pact.moments if moment.step.kind == "breach")
    assert (breach.seq, breach.recorded_at) == (5, START + 24 * HOUR + timedelta(seconds=3))


def test_an_answer_that_was_voided_is_none() -> None:
    events = history(
        ("respond", 5, {"agency": "pupr"}), ("dispute", 30, {"response": 2}), ("uphold", 40, {"dispute": 3, "voids": 2})
    )
    assert told(events[:3]).runs[0].in_time
    run = told(events).runs[0]
    assert run.answer is None
    assert [event.kind for event in run.told] == ["respond", "dispute", "uphold"]


def test_a_withdrawn_breach_is_no_breach_and_an_excuse_is_told() -> None:
    late = ("breach", 24, {"run": 1})
    withdrawn = told(history(late, ("withdraw", 25, {"run": 1}))).runs[0]
    assert (withdrawn.breach, withdrawn.withdrawn) == (None, True)
    excused = told(history(late, ("object", 30, {"run": 1}), ("grant", 40, {"objection": 3, "cause": "outage"}))).runs[
        0
    ]
    assert excused.breach
    assert excused.excuse == "outage"


def test_a_question_counts_as_the_answer_only_where_the_pact_says_so() -> None:
    assert told(history(("ask", 3, {"agency": "pupr", "counts": False}))).runs[0].answer is None
    assert told(history(("ask", 3, {"agency": "pupr", "counts": True}))).runs[0].in_time


@dataclass
class Lived:
    """A random case as it is lived, with the rows that the acts would keep."""

    events: list[Happened]
    rows: list[Row]


@st.composite
def lives(draw: st.DrawFn) -> Lived:
    """Cases of one to three runs with questions, replies, answers and moves between units, at any time."""
    life, at, seq = Lived([], []), START + draw(st.integers(0, 5000)) * timedelta(minutes=7), 0
    promise, term = draw(st.sampled_from([PROMISE, WORKING])), draw(st.sampled_from([5, 14, 60]))
    for run in range(1, draw(st.integers(1, 3)) + 1):
        due, asked, waited = statute_due_at(at, term, CALENDAR), None, 0
        life.rows.append(Row("pact", run, due_at(at, promise, CALENDAR), promise, CALENDAR))
        opening = {"holder": "desk", "run": run, "statute_due": due.isoformat()}
        kinds = ["open" if run == 1 else "reopen", *draw(st.lists(st.sampled_from(KINDS), max_size=8)), "reject"]
        for kind in kinds:
            seq += 1
            starts = kind in ("open", "reopen")
            life.events.append(Happened(seq, kind, at, at, payload=opening if starts else dict(PAYLOADS.get(kind, {}))))
            if kind == "ask":
                asked = asked or at
            if kind in ("follow_up", "respond", "reject") and asked:
                days = waited_days(CALENDAR, asked, min(at, asked + LONGEST_WAIT)) if asked < due else 0
                days = min(days, LONGEST_WAIT.days - waited)
                due, waited, asked = after_wait(CALENDAR, due, days), waited + days, None
            at += draw(st.integers(1, 3000)) * timedelta(minutes=5)
        life.rows.append(Row("statute", run, due, promise, CALENDAR, waited))
    return life


KINDS = ("ask", "follow_up", "respond", "assign", "remind")
PAYLOADS: dict[str, dict[str, Any]] = {
    "ask": {"agency": "pupr", "counts": False},
    "respond": {"agency": "pupr"},
    "assign": {"holder": "pupr"},
    "remind": {"clock": "pact", "percent": 50},
}


@given(lives())
def test_the_due_time_explained_is_the_one_that_is_stored(life: Lived) -> None:
    story = explain("BKL-26-00001", life.events, life.rows, START + 90000 * HOUR, LONGEST_WAIT)
    assert len(story.runs) == len(life.rows) // 2
    assert story.agrees
    for run in story.runs:
        assert sum((day.counted for day in run.pact.days), timedelta()) == run.pact.length
        assert run.statute
        assert max(day.number for day in run.statute.days) == run.statute.term
        last = run.statute.days[-1]
        assert datetime.combine(last.day + timedelta(days=1), time(), ZONE) == run.statute.due
        assert sum(day.off == WAITS for day in run.statute.days) == sum(pause.days for pause in run.statute.pauses)


@given(lives(), st.integers(0, 4000))
def test_what_the_units_held_adds_up_to_the_time_until_the_limit(life: Lived, hours: int) -> None:
    now = START + hours * HOUR
    known = [event for event in life.events if event.at <= now]
    if not known:
        return
    for run in explain("BKL-26-00001", known, life.rows, now, LONGEST_WAIT).runs:
        limit = run.answer.at if run.answer and run.in_time else min(run.pact.due, now)
        end = next((later.at for later in known if later.kind == "reopen" and later.at > run.opening.at), limit)
        if run.pact.hours == "calendar":
            held = sum((stay.counted for stay in run.stays), timedelta())
            assert held == min(limit, max(end, run.opening.at)) - run.opening.at
