"""One case held against its events: they are the evidence, and everything else of the case follows from them. Pure."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

from service.complaints.privacy import REDACTED
from service.complaints.rules import FIRST_HASH, OPEN_STATES, RECEIVED, ActRefusedError, next_state
from service.evidence.verifier import clocks_of

Row = tuple[Any, ...]
# As in complaints.rules.event_hash; built once, and put together by hand, for there are millions.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_text = encode_basestring
# In these the words are of the moment at which a mail arrived.
ARRIVING = ("open", "respond", "follow_up")
HOLDING = ("open", "assign", "decline", "reopen")
DESK = "desk"
# Who speaks in which act; in the rest it is the agency, or the desk where it answers by itself.
SPEAKERS = {
    "open": "citizen", "follow_up": "citizen", "dispute": "citizen", "reject": "desk", "close": "desk",
    "uphold": "inspector", "dismiss": "inspector", "decline": "note", "excuse": "note",
    "object": "note", "grant": "note", "refuse": "note",
}  # fmt: skip


@dataclass(frozen=True)
class CaseRows:
    """All rows of a case, as `streams` gives them."""

    case: Row
    events: list[Row]
    messages: list[Row]
    files: list[Row]
    clocks: list[Row]


def faults_of_case(rows: CaseRows, units: dict[int | None, str]) -> Iterator[str]:
    """What is wrong with a case, in plain words; `units` gives each unit's code, the desk's under None."""
    number = rows.case[1]
    events: list[dict[str, Any]] = []
    for fault in _chain(number, rows, events):
        yield f"{number}: {fault}"
    try:
        for check in (_words, _files, _standing, _clocks):
            for fault in check(rows, events, units):
                yield f"{number}: {fault}"
    except (LookupError, TypeError, ValueError, ActRefusedError) as error:
        yield f"{number}: its events contradict each other ({type(error).__name__}: {error})"


def _chain(number: str, rows: CaseRows, events: list[dict[str, Any]]) -> Iterator[str]:
    """The chain of hashes; fills `events` with the events as plain data on the way."""
    previous, name = FIRST_HASH, _text(number)
    for position, (_, seq, kind, at, recorded_at, actor, payload, before, found) in enumerate(rows.events, start=1):
        about = json.loads(payload)
        text = (
            f'{previous}\n{{"actor":{_text(actor)},"at":"{at}","complaint":{name},"kind":{_text(kind)},'
            f'"payload":{_encode(about)},"recorded_at":"{recorded_at}","seq":{seq}}}'
        )
        if seq != position:
            yield f"event {position} is missing"
        if before != previous:
            yield f"event {seq} does not follow the one before it"
        if hashlib.sha256(text.encode()).hexdigest() != found:
            yield f"event {seq} was changed"
        previous = found
        events.append({"complaint": number, "seq": seq, "kind": kind, "at": at, "actor": actor, "payload": about})
    if (len(rows.events), previous) != (rows.case[2], rows.case[3]):
        yield "the case and its last event disagree"
    if not rows.events:
        yield "there are no events"


def _redacted(events: list[dict[str, Any]]) -> set[int]:
    return {seq for event in events if event["kind"] == "redact" for seq in event["payload"]["messages"]}


def _words(rows: CaseRows, events: list[dict[str, Any]], units: dict[int | None, str]) -> Iterator[str]:
    """The words to which events commit are there, unchanged, under the right name and moment."""
    due = {event["seq"]: event for event in events if "message" in event["payload"]}
    redacted = _redacted(events)
    for _, seq, author, agency_id, at, text, salt, mail_case, mail_at in rows.messages:
        event = due.pop(seq, None)
        if event is None:
            yield f"words that belong to no event (event {seq})"
            continue
        if seq in redacted and (text, salt) == (REDACTED, ""):
            pass
        elif hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest() != event["payload"]["message"]:
            yield f"the words of event {seq} were changed"
        if (author, units.get(agency_id, "?"), at) != (*_speaker(event, events), event["at"]):
            yield f"the words of event {seq} are given to another speaker or moment"
        if mail_case is not None and (mail_case != rows.case[0] or (event["kind"] in ARRIVING and mail_at != at)):
            yield f"the words of event {seq} are said to have come in another mail"
    for seq in due:
        yield f"the words of event {seq} are missing"


def _speaker(event: dict[str, Any], events: list[dict[str, Any]]) -> tuple[str, str]:
    """Whose the words of an event are: the role, and the unit's code (the desk's for whoever is in no unit)."""
    kind, payload = event["kind"], event["payload"]
    unit = payload.get("agency", DESK)
    if kind == "object":  # by the head of whom the breach names
        unit = [e["payload"]["accountable"] for e in events if e["kind"] == "breach" and e["seq"] < event["seq"]
                and e["payload"]["run"] == payload["run"]][-1]  # fmt: skip
    if kind == "reopen":
        return ("citizen" if event["actor"] == "citizen" else DESK), DESK
    return SPEAKERS.get(kind, "agency" if unit != DESK else DESK), unit


def _files(rows: CaseRows, events: list[dict[str, Any]], units: dict[int | None, str]) -> Iterator[str]:
    """The attachments are those that events name; those of redacted events may be gone."""
    if not rows.files and not any(event["payload"].get("files") for event in events):
        return
    redacted = _redacted(events)
    named = [(event["seq"], file) for event in events for file in event["payload"].get("files", ())]
    for _, seq, sha256 in rows.files:
        if (seq, sha256) in named:
            named.remove((seq, sha256))
        else:
            yield f"an attachment that event {seq} does not name"
    yield from (f"an attachment of event {seq} is missing" for seq, _ in named if seq not in redacted)


def _standing(rows: CaseRows, events: list[dict[str, Any]], units: dict[int | None, str]) -> Iterator[str]:
    """State and holder are where the events lead."""
    _, _, _, _, state, agency_id, _, _, received_at, *_ = rows.case
    reached, holder = RECEIVED, DESK
    for event in events:
        kind, payload = event["kind"], event["payload"]
        if kind != "open":
            reached = next_state(reached, kind, payload.get("state", ""))
        if kind in HOLDING:
            holder = payload["holder"]
        elif kind == "reject":
            holder = DESK
    if state != reached:
        yield f"it is {state}, and by its events {reached}"
    if units.get(agency_id, "?") != holder:
        yield f"it is held by {units.get(agency_id, '?')}, and by its events by {holder}"
    if events and received_at != events[0]["at"]:
        yield "it was received at another moment than its first event says"


def _clocks(rows: CaseRows, events: list[dict[str, Any]], units: dict[int | None, str]) -> Iterator[str]:
    """Each run of each clock is what the events say, and the case repeats the present one."""
    told = {(row["clock"], row["run"]): row for row in clocks_of(events)}
    present = None
    for _, run, kind, start, due, met, breached, accountable, excuse, waited in rows.clocks:
        row = told.pop((kind, run), None)
        if kind == "statute":  # its end is for the law's clock to say; events name only its first due moment
            if row is not None and (start != row["start"] or (not waited and due != row["due"])):
                yield f"run {run} of the law's clock differs from its events"
            continue
        if row is None:
            yield f"run {run} of the clock was never started"
            continue
        present = row
        if (start, due, met, breached) != (row["start"], row["due"], row["met"], row["breached"]):
            yield f"run {run} of the clock differs from its events"
        if row["unit"] is not None and (units.get(accountable, "?"), excuse if breached else "") != (
            row["unit"],
            row["excuse"],
        ):
            yield f"run {run} of the clock names another unit or excuse than its events"
    yield from (f"run {run} of the {kind} clock is missing" for kind, run in told)
    _, _, _, _, state, _, run, accountable, _, due, met, breached = rows.case
    if present and (run, due, met, breached) != tuple(present[name] for name in ("run", "due", "met", "breached")):
        yield "the case repeats its clock wrongly"
    if present and present["unit"] is not None and units.get(accountable, "?") != present["unit"]:
        yield "the case names another accountable unit than its events"
    if present and met is None and state not in OPEN_STATES and state == "responded":
        yield "the case was answered, and no event says so"
