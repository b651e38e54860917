"""Making the daily anchor: once a day, over all that was recorded since the one before.

An anchor covers ids, not times: an event gets its time before others can see it, so by time alone nobody could say
later what had been there. Up to which id each table is covered is found while nobody can be writing to it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select, text

from service import clock
from service.agencies import directory as directories
from service.complaints.anchors import Anchor, latest
from service.complaints.records import Complaint, Event
from service.complaints.rules import instant_text
from service.compliance.records import FrozenWeek
from service.deadlines.records import CalendarVersion
from service.evidence import tree
from service.evidence.verifier import ANCHOR, FIRST_HASH, canonical, chained, sha256
from service.intake.records import InboundMail
from service.pacts.records import Pact
from service.tables import Base, Document, Session

log = structlog.get_logger()
Transaction = Callable[[], AbstractContextManager[Session]]
COVERED: tuple[type[Base], ...] = (Event, InboundMail, FrozenWeek, Pact, CalendarVersion)
# What a version of the pact or of the calendar promises; columns that are added later are not covered.
TERMS: dict[type[Base], tuple[str, ...]] = {
    Pact: (
        "version", "title", "signed_before", "valid_from", "response_hours", "hours", "accountable", "question_counts",
        "reminders", "escalations", "digest", "points",
    ),
    CalendarVersion: ("id", "made_at", "made_by", "reason", "week", "days_off"),
}  # fmt: skip
LOCK_SECONDS = 5
CHUNK = 10_000


def turn(transaction: Transaction) -> int:
    """Make the anchor of the day that has ended, unless it is made; returns how many were made (0 or 1)."""
    with transaction() as session:
        directory = directories.current(session)
        day = clock.now().astimezone(directory.timezone).date() - timedelta(days=1)
        last = latest(session)
        if last is not None and last.day >= day:
            return 0
    until = {table.__tablename__: _last_id(transaction, table) for table in COVERED}
    with transaction() as session:
        return _make(session, day, until)


def _last_id(transaction: Transaction, table: type[Base]) -> int:
    """The last id of a table, found at a moment at which no transaction holds an id that cannot be seen yet.

    Whoever writes waits meanwhile, for a millisecond. One table at a time: two locks at once could embrace each other.
    """
    with transaction() as session:
        session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        session.execute(text(f"LOCK TABLE {table.__tablename__} IN SHARE MODE"))
        return session.scalar(select(func.max(table.__table__.c.id))) or 0


def _make(session: Session, day: date, until: Document) -> int:
    # A second schedule that comes here at the same moment waits for our commit, and then finds the day made.
    session.execute(text("LOCK TABLE anchor IN SHARE ROW EXCLUSIVE MODE"))
    last = latest(session)
    if last is not None and last.day >= day:
        return 0
    since = last.until if last else {}
    complaints, events = counts(session, since, until)
    anchor = Anchor(
        day=day,
        made_at=clock.now(),
        until=until,
        complaints=complaints,
        events=events,
        root=tree.root(leaves(session, since, until)),
        previous_hash=last.hash if last else FIRST_HASH,
    )
    anchor.hash = chained(as_row(anchor), ANCHOR)
    session.add(anchor)
    session.flush()
    log.info("day_anchored", day=day.isoformat(), complaints=complaints, events=events, hash=anchor.hash)
    return 1


def as_row(anchor: Anchor) -> Document:
    """An anchor as it is hashed, and as it stands in a bundle."""
    return {
        "day": anchor.day.isoformat(),
        "made_at": instant_text(anchor.made_at),
        "until": anchor.until,
        "complaints": anchor.complaints,
        "events": anchor.events,
        "root": anchor.root,
        "previous_hash": anchor.previous_hash,
        "hash": anchor.hash,
    }


def counts(session: Session, since: Document, until: Document) -> tuple[int, int]:
    """How many cases had events in a span of ids, and how many events those were."""
    query = select(func.count(Event.complaint_id.distinct()), func.count()).where(*_span(Event, since, until))
    complaints, events = session.execute(query).one()
    return complaints, events


def leaves(session: Session, since: Document, until: Document) -> Iterator[str]:
    """What an anchor covers, a line each: cases with their last event of the span, mails, weeks, terms."""
    for number, seq, head in session.execute(_heads(since, until).execution_options(yield_per=CHUNK)):
        yield f"case {number} {seq} {head}"
    mails = select(InboundMail.id, InboundMail.sha256, InboundMail.received_at)
    for mail_id, digest, at in session.execute(mails.where(*_span(InboundMail, since, until))):
        yield f"mail {mail_id} {digest} {instant_text(at)}"
    for week in session.scalars(select(FrozenWeek).where(*_span(FrozenWeek, since, until))):
        yield week_leaf(week)
    for table, names in TERMS.items():
        for row in session.scalars(select(table).where(*_span(table, since, until))):
            yield f"{table.__tablename__} {row.id} {sha256(canonical({name: _plain(row, name) for name in names}))}"


def week_leaf(week: FrozenWeek) -> str:
    """The line of a published week."""
    return f"week {week.week} {week.hash} {instant_text(week.frozen_at)}"


def _heads(since: Document, until: Document) -> Any:
    """(number, seq, hash) of each case's last event in the span: its hash covers all events before."""
    last = (
        select(Event.complaint_id, func.max(Event.seq).label("seq"))
        .where(*_span(Event, since, until))
        .group_by(Event.complaint_id)
        .subquery()
    )
    return (
        select(Complaint.number, Event.seq, Event.hash)
        .join(last, (last.c.complaint_id == Event.complaint_id) & (last.c.seq == Event.seq))
        .join(Complaint, Complaint.id == Event.complaint_id)
    )


def _span(table: type[Base], since: Document, until: Document) -> tuple[Any, ...]:
    name, key = table.__tablename__, table.__table__.c.id
    return key > since.get(name, 0), key <= until.get(name, 0)


def _plain(row: Base, name: str) -> Any:
    value = getattr(row, name)
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value


def heads_after(session: Session) -> int:
    """How many events stand under no anchor yet."""
    last = latest(session)
    known = last.until["event"] if last else 0
    return session.scalar(select(func.count()).where(Event.id > known)) or 0
