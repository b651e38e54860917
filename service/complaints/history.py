"""Writing and reading a case's events."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select

from service import clock
from service.complaints.privacy import without_keys
from service.complaints.records import Complaint, Event, Message
from service.complaints.rules import (
    CLOSED,
    FIRST_HASH,
    REJECTED,
    RESOLVED,
    event_hash,
    instant_text,
    next_state,
    text_commitment,
)
from service.deadlines.rules import Holding
from service.tables import Document, Session

log = structlog.get_logger()
# What may answer a case; two of these count only if they say so: a question by the pact, the end of work by its words.
ANSWERS, ONLY_IF_SAID = ("respond", "ask", "resolve", "reject"), ("ask", "resolve")
HOLDING_EVENTS = ("open", "assign", "decline", "reopen")


def record(
    session: Session,
    complaint: Complaint,
    kind: str,
    *,
    at: datetime,
    actor: str,
    payload: Document | None = None,
    to: str = "",
) -> Event:
    """Append one event to the case's chain and move the case to its next state: `to`, where there are several.

    The caller holds the case's row lock (or has just made the row). Raises ActRefusedError when the state
    table does not allow it. `payload` holds no personal data and no floats.
    """
    if kind != "open":
        complaint.state = next_state(complaint.state, kind, to)
        _forget_endings(complaint)
    complaint.events += 1
    named = {"state": to} if to else {}  # so that the events alone tell the state
    event = Event(
        complaint_id=complaint.id,
        seq=complaint.events,
        kind=kind,
        at=at,
        recorded_at=clock.now(),
        actor=actor,
        payload=(payload or {}) | named,
        previous_hash=complaint.head_hash,
    )
    event.hash = event_hash(event.previous_hash, hashed_fields(complaint.number, event))
    complaint.head_hash = event.hash
    session.add(event)
    session.info.setdefault("acts", []).append((complaint.number, complaint.id, kind, event.seq, actor))
    return event


def _forget_endings(complaint: Complaint) -> None:
    if complaint.state not in (CLOSED, REJECTED):
        complaint.closed_at = None
    if complaint.state not in (CLOSED, RESOLVED):
        complaint.resolved_at = None


def hashed_fields(number: str, event: Event) -> dict[str, Any]:
    """What an event's hash covers."""
    return {
        "complaint": number,
        "seq": event.seq,
        "kind": event.kind,
        "at": instant_text(event.at),
        "recorded_at": instant_text(event.recorded_at),
        "actor": event.actor,
        "payload": event.payload,
    }


def write_message(
    session: Session,
    complaint: Complaint,
    *,
    author: str,
    text: str,
    at: datetime,
    agency_id: int | None = None,
    inbound_mail_id: int | None = None,
) -> tuple[Message, Document]:
    """Keep words of the case, without keys to it; they belong to the event that is recorded next.

    Returns the message and the payload fields that commit the event to it.
    """
    text = without_keys(text)
    message = Message(
        complaint_id=complaint.id,
        event_seq=complaint.events + 1,
        author=author,
        agency_id=agency_id,
        at=at,
        text=text,
        salt=secrets.token_hex(16),
        inbound_mail_id=inbound_mail_id,
    )
    session.add(message)
    return message, {"message": text_commitment(message.salt, text), "length": len(text)}


def events_of(session: Session, complaint: Complaint) -> list[Event]:
    """The case's events, in order."""
    return list(session.scalars(select(Event).where(Event.complaint_id == complaint.id).order_by(Event.seq)))


def messages_of(session: Session, complaint: Complaint) -> list[Message]:
    """The case's messages, in order."""
    query = select(Message).where(Message.complaint_id == complaint.id).order_by(Message.at, Message.id)
    return list(session.scalars(query))


def answers(events: Iterable[Event]) -> list[Event]:
    """Those of a case's events that answer it and were not voided by a dispute; the earliest to arrive first."""
    rows = list(events)
    voided = {event.payload["voids"] for event in rows if event.kind == "uphold"}
    found = [event for event in rows if is_answer(event) and event.seq not in voided]
    return sorted(found, key=lambda event: (event.at, event.seq))


def is_answer(event: Event) -> bool:
    """Whether an event is an answer, voided or not."""
    return event.kind in ANSWERS and (event.kind not in ONLY_IF_SAID or bool(event.payload["counts"]))


def holdings_of(session: Session, complaint_ids: Iterable[int], units: dict[str, int]) -> dict[int, list[Holding]]:
    """Who held each case from when on; `units` maps agency codes to ids (an unknown code is the desk)."""
    query = (
        select(Event.complaint_id, Event.at, Event.payload["holder"].as_string())
        .where(Event.complaint_id.in_(list(complaint_ids)), Event.kind.in_(HOLDING_EVENTS))
        .order_by(Event.complaint_id, Event.seq)
    )
    holdings: dict[int, list[Holding]] = {}
    for complaint_id, at, holder in session.execute(query):
        holdings.setdefault(complaint_id, []).append(Holding(units.get(holder), at))
    return holdings


def faults_of(number: str, events: Iterable[Event]) -> Iterator[str]:
    """What is wrong with a case's chain of events; nothing when it is whole."""
    previous = FIRST_HASH
    for position, event in enumerate(events, start=1):
        if event.seq != position:
            yield f"{number}: event {position} is missing"
        if event.previous_hash != previous:
            yield f"{number}: event {event.seq} does not follow the one before it"
        if event.hash != event_hash(event.previous_hash, hashed_fields(number, event)):
            yield f"{number}: event {event.seq} was changed"
        previous = event.hash


@sqlalchemy_event.listens_for(Session, "after_commit")
def _log_acts(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for number, complaint_id, kind, seq, actor in session.info.pop("acts", ()):
        log.info("act", complaint=number, complaint_id=complaint_id, act=kind, seq=seq, actor=actor)


@sqlalchemy_event.listens_for(Session, "after_rollback")
def _forget_acts(session: Session) -> None:
    session.info.pop("acts", None)
