"""The figures once more, as a clerk would count them with pen and paper: minute by minute, from the wording of the
promise. Nothing of `service.compliance` or `service.deadlines` is used here; it is slow and plain on purpose.

In: rows of event, complaint, pact and calendar as they stand in the database. All instants must be whole minutes.
"""

import math
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from service.tables import Session

MINUTE = timedelta(minutes=1)
ZONE = ZoneInfo("Asia/Jakarta")


def read(session: Session) -> dict[str, Any]:
    """Everything the clerk has: the books."""
    events = defaultdict(list)
    rows = session.execute(
        text(
            "SELECT c.number, e.seq, e.kind, e.at, e.actor, e.payload FROM event e JOIN complaint c"
            " ON c.id = e.complaint_id ORDER BY e.complaint_id, e.seq"
        )
    )
    for number, *rest in rows:
        events[number].append(dict(zip(("seq", "kind", "at", "actor", "payload"), rest, strict=True)))
    pacts = {row.version: row for row in session.execute(text("SELECT * FROM pact"))}
    calendars = {row.id: row for row in session.execute(text("SELECT * FROM calendar"))}
    return {"events": events, "pacts": pacts, "calendars": calendars}


def runs(books: dict[str, Any]) -> list[dict[str, Any]]:
    """Every run of the pact's clock of every case, and what became of it."""
    return [run for number, events in books["events"].items() for run in _runs_of(books, number, events)]


def _runs_of(books: dict[str, Any], number: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    starts = [event for event in events if event["kind"] in ("open", "reopen")]
    void = {event["payload"]["voids"] for event in events if event["kind"] == "uphold"}
    found = []
    for index, start in enumerate(starts):
        pact = books["pacts"][start["payload"]["pact"]]
        calendar = books["calendars"][start["payload"]["calendar"]]
        due, minutes = walk(start["at"], pact, calendar)
        until = starts[index + 1]["at"] if index + 1 < len(starts) else datetime.max.replace(tzinfo=ZONE)
        answers = []
        for event in events:
            counts = event["kind"] in ("respond", "reject") or (
                event["kind"] in ("ask", "resolve") and event["payload"]["counts"]
            )
            if counts and event["seq"] not in void and start["at"] <= event["at"] < until:
                answers.append(event)
        answers.sort(key=lambda event: (event["at"], event["seq"]))
        run = {"number": number, "run": index + 1, "start": start["at"], "due": due, "excused": False, "answer": None}
        if answers:
            run["answer"] = answers[0]
        run["outcome"], run["unit"] = "undecided", holder(events)
        if answers and answers[0]["at"] <= due:
            run["outcome"], run["unit"] = "in_time", _who(answers[0])
        elif _accused(events, index + 1):
            run["outcome"], run["unit"] = "late", _held_longest(events, minutes, pact, due)
            run["excused"] = bool(_cause(events, index + 1))
        elif _cause(events, index + 1) == "withdrawn":
            run["outcome"] = "withdrawn"
        found.append(run)
    return found


def walk(start: datetime, pact: Any, calendar: Any) -> tuple[datetime, list[datetime]]:
    """The due moment, and each minute that counted until then (its beginning)."""
    left, now, minutes = pact.response_hours * 60, start, []
    while left:
        if pact.hours == "calendar" or _office_is_open(now, calendar):
            minutes.append(now)
            left -= 1
        now += MINUTE
    return now, minutes


def _office_is_open(instant: datetime, calendar: Any) -> bool:
    local = instant.astimezone(ZONE)
    if local.date().isoformat() in calendar.days_off:
        return False
    for opens, closes in calendar.week[date.weekday(local)]:
        if time.fromisoformat(opens) <= local.time() < time.fromisoformat(closes):
            return True
    return False


def _held_longest(events: list[dict[str, Any]], minutes: list[datetime], pact: Any, due: datetime) -> str:
    holdings = [(event["at"], event["payload"]["holder"]) for event in events if "holder" in event["payload"]
                and event["kind"] in ("open", "assign", "decline", "reopen")]  # fmt: skip
    before = [who for at, who in holdings if at < due]
    if pact.accountable == "last":
        return before[-1]
    held = dict.fromkeys(before, 0)
    for minute in minutes:
        who = [unit for at, unit in holdings if at <= minute]
        if who:
            held[who[-1]] += 1
    most = max(held.values())
    longest = [unit for unit, count in held.items() if count == most]
    return next(who for who in reversed(before) if who in longest)


def _accused(events: list[dict[str, Any]], run: int) -> bool:
    said = [e["kind"] for e in events if e["kind"] in ("breach", "withdraw") and e["payload"]["run"] == run]
    return bool(said) and said[-1] == "breach"


def _cause(events: list[dict[str, Any]], run: int) -> str:
    """Why the inspector, or the system, excused this run's breach; the last word counts."""
    cause = ""
    for event in events:
        if event["kind"] == "excuse" and event["payload"]["run"] == run:
            cause = event["payload"]["cause"]
        if event["kind"] == "withdraw" and event["payload"]["run"] == run and event["payload"]["arrived"] is not None:
            cause = ""
        if event["kind"] == "grant":
            objection = events[event["payload"]["objection"] - 1]
            if objection["payload"]["run"] == run:
                cause = event["payload"]["cause"]
    return cause


def _who(answer: dict[str, Any]) -> str:
    return "desk" if answer["kind"] == "reject" else answer["payload"]["agency"]


def holder(events: list[dict[str, Any]]) -> str:
    """Who has the case now."""
    who = "desk"
    for event in events:
        if event["kind"] == "reject":
            who = "desk"
        elif event["kind"] in ("open", "assign", "decline", "reopen"):
            who = event["payload"]["holder"]
    return who


def waits(events: list[dict[str, Any]]) -> bool:
    """Whether the case waits for an answer."""
    waiting, rejected = False, False
    for event in events:
        kind = event["kind"]
        if kind in ("open", "assign", "decline", "reopen") or (kind == "follow_up" and rejected):
            waiting = True
        if kind == "uphold":
            waiting = event["payload"]["state"] in ("assigned", "received") if "state" in event["payload"] else waiting
        if kind in ("respond", "resolve", "reject", "close"):
            waiting = False
        rejected = kind == "reject" or (rejected and kind not in ("assign", "reopen", "follow_up"))
    return waiting


def figures(books: dict[str, Any], start: datetime, end: datetime) -> dict[str, dict[str, Any]]:
    """{unit: {field: number}} for the period, only units with something to tell."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    hours = defaultdict(list)
    for run in runs(books):
        if start <= run["due"] < end and run["outcome"] != "withdrawn":
            row = found[run["unit"]]
            row[run["outcome"]] += 1
            if run["outcome"] != "undecided":
                row["due"] += 1
                if run["answer"]:
                    hours[run["unit"]].append((run["answer"]["at"] - run["start"]) // MINUTE)
                else:
                    row["open_late"] += 1
            row["excused"] += run["excused"]
        if start <= run["start"] < end:
            found[holder(books["events"][run["number"]])]["received" if run["run"] == 1 else "reopened"] += 1
    for events in books["events"].values():
        if waits(events):
            found[holder(events)]["open_now"] += 1
        for event in events:
            if event["kind"] == "dispute" and start <= event["at"] < end:
                found[_who(events[event["payload"]["response"] - 1])]["disputed"] += 1
    for unit, values in hours.items():
        values.sort()
        found[unit]["median_minutes"] = values[math.ceil(len(values) * 5 / 10) - 1]
        found[unit]["p90_minutes"] = values[math.ceil(len(values) * 9 / 10) - 1]
    return {unit: {name: n for name, n in row.items() if n} for unit, row in found.items() if any(row.values())}


def officers(books: dict[str, Any], start: datetime, end: datetime) -> dict[tuple[str, str], tuple[int, int]]:
    """{(unit, "inbox" or account): (answered, in time)} of the cohort."""
    found: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for run in runs(books):
        if start <= run["due"] < end and run["answer"] and run["outcome"] in ("late", "in_time"):
            actor = run["answer"]["actor"]
            who = actor.split(":")[1] if actor.startswith("account:") else "inbox"
            found[_who(run["answer"]), who].append(run["outcome"] == "in_time")
    return {key: (len(values), sum(values)) for key, values in found.items()}
