"""Answers that are nearly the same as one in another case, side by side, for those who supervise."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text, tuple_

from service.agencies.directory import Directory, Unit
from service.complaints.privacy import mask
from service.complaints.records import Complaint, Event, Message
from service.tables import Session

SINCE = timedelta(days=30)
MOST_SHOWN = 50


@dataclass(frozen=True)
class Said:
    """One answer: the number of its case, when it came, and its words, masked."""

    number: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Alike:
    """An answer, the earlier one that it is like, and how much of them is the same."""

    unit: Unit
    percent: int
    answer: Said
    earlier: Said


def alike_answers(session: Session, directory: Directory, now: datetime, code: str = "") -> list[Alike]:
    """The alike answers of the last 30 days (of one unit, by its code), the latest 50, latest first."""
    wanted = (
        select(Event, Complaint.number)
        .join(Complaint, Complaint.id == Event.complaint_id)
        .where(text("event.payload ? 'similar_to'"), Event.at > now - SINCE)  # as in the index
        .order_by(Event.at.desc())
        .limit(MOST_SHOWN)
    )
    if code:
        wanted = wanted.where(Event.payload["agency"].as_string() == code)
    found = session.execute(wanted).all()
    earlier = [(event.payload["similar_to"], event.payload["similar_seq"]) for event, _ in found]
    said = _said(session, [*earlier, *((number, event.seq) for event, number in found)])
    return [
        Alike(directory.by_code.get(event.payload["agency"], directory.desk), event.payload["percent"], one, other)
        for (event, number), key in zip(found, earlier, strict=True)
        if (one := said.get((number, event.seq))) and (other := said.get(key))
    ]


def _said(session: Session, keys: list[tuple[str, int]]) -> dict[tuple[str, int], Said]:
    """What was said in these events, by number of the case and seq."""
    rows = session.execute(
        select(Complaint.number, Message.event_seq, Message.at, Message.text)
        .join(Complaint, Complaint.id == Message.complaint_id)
        .where(tuple_(Complaint.number, Message.event_seq).in_(keys))
    )
    return {(number, seq): Said(number, at, mask(words)) for number, seq, at, words in rows}
