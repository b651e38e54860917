"""Answers that are nearly the same as an earlier one of the same unit in another case. They count, and are shown."""

from datetime import datetime, timedelta

from sqlalchemy import Select, select, text

from service.agencies.directory import Unit
from service.casework.similarity import ALIKE, percent, shingles
from service.complaints.records import Complaint, Event, Message
from service.tables import Document, Session

# Whoever answers by rote does so day after day: so many answers back, and so long, is far enough to see it.
LOOKED_AT = 200
SINCE = timedelta(days=30)
ANSWERS = ("respond", "resolve")


def likeness(session: Session, complaint: Complaint, unit: Unit, words: str, at: datetime) -> Document:
    """What the event of an answer says of the earlier answer that it is most like: `similar_to` (number of the case),
    `similar_seq` (the event in it) and `percent`. Empty when none is alike to at least 70 per cent."""
    wanted = shingles(words)
    if not wanted:
        return {}
    best: Document = {}
    for number, seq, other in session.execute(_earlier(complaint, unit, at)):
        alike = percent(wanted, shingles(other))
        if alike >= ALIKE and alike > best.get("percent", 0):
            best = {"similar_to": number, "similar_seq": seq, "percent": alike}
        if alike == 100:
            break
    return best


def _earlier(complaint: Complaint, unit: Unit, at: datetime) -> Select[tuple[str, int, str]]:
    return (
        select(Complaint.number, Message.event_seq, Message.text)
        .join(Complaint, Complaint.id == Message.complaint_id)
        .join(Event, (Event.complaint_id == Message.complaint_id) & (Event.seq == Message.event_seq))
        .where(text("message.author IN ('agency', 'desk')"))  # as in the index
        .where(Message.agency_id == unit.id, Message.at > at - SINCE, Message.complaint_id != complaint.id)
        .where(Event.kind.in_(ANSWERS))
        .order_by(Message.at.desc())
        .limit(LOOKED_AT)
    )
