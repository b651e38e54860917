"""How far the system has seen: the guard against accusing while blind (docs/decisions/019)."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, literal, null, or_, select, union_all
from sqlalchemy.types import BigInteger, DateTime, String

from service import clock
from service.agencies import directory as directories
from service.agencies.records import Account
from service.casework.sweep import Sight
from service.config import settings
from service.intake.mailbox import name_of
from service.intake.records import QUARANTINED, STORED, InboundMail, Mailbox
from service.intake.storing import is_unread
from service.intake.unread import BLIND
from service.tables import Session

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# So long a mail that the desk must judge keeps its case, or its sender's agency, from being accused.
HELD = timedelta(days=3)
# So long a mailbox that the settings no longer name keeps everybody from being accused, since it was last read.
GONE = timedelta(days=1)
# A mail that is being delivered may bear a time just before it can be seen in the folder.
DELIVERY = timedelta(minutes=1)
MOST_UNREAD = 100
_STORED, _UNREAD, _NEVER_READ, _CASE, _SENDER = "stored", "unread", "never read", "case", "sender"


def sight(session: Session) -> Sight:
    """Until when every mail was read and processed, and what the desk must still judge.

    A mailbox that was never read, or is said to have been read in the future, makes us blind: no step that accuses
    is taken.
    """
    now = clock.now()
    # First how far was read, then what became of the mail: what was read by then is seen by then.
    instants = [now, *(_until(read, now) for read in _read(session, now))]
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(_waiting(session)):
        found[row.what].append(row)
    instants += [row.arrived for row in (*found[_STORED], *found[_UNREAD]) if row.arrived]
    agencies: dict[int, datetime] = {}
    for row in found[_SENDER]:
        for agency in _agencies(session, row.sender):
            agencies[agency] = min(row.arrived, agencies.get(agency, row.arrived))
    return Sight(
        until=min(instants),
        undecided={row.complaint_id: row.arrived for row in found[_CASE]},
        undecided_of=agencies,
        unread=tuple(row.arrived for row in found[_NEVER_READ]),
    )


def _read(session: Session, now: datetime) -> list[datetime | None]:
    """Until when each mailbox was read: those of the settings, and others that were read not long ago."""
    names = {name_of(url) for url in settings().imap_urls}
    known = dict(session.execute(select(Mailbox.name, Mailbox.read_until)).all())
    gone = [read for name, read in known.items() if name not in names and read and now - read < GONE * clock.speed()]
    return [known.get(name) for name in names] + gone


def _until(read: datetime | None, now: datetime) -> datetime:
    if read is None or read > now + DELIVERY * clock.speed():
        return LONG_AGO
    return read - DELIVERY


def _waiting(session: Session) -> Select[Any]:
    """What waits, in one statement: a mail that goes from the queue to the desk or back meanwhile is in it once."""
    stored_at, now = InboundMail.stored_at, func.clock_timestamp()
    arrived = func.min(InboundMail.received_at)
    held = [InboundMail.status == QUARANTINED, stored_at > now - HELD]
    no_sender, no_case = literal("", String), null().cast(BigInteger)
    stored = select(literal(_STORED).label("what"), no_case.label("complaint_id"), no_sender.label("sender"))
    stored = stored.add_columns(arrived.label("arrived")).where(InboundMail.status == STORED)
    unread = select(literal(_UNREAD), no_case, no_sender, arrived).where(is_unread(), stored_at > now - BLIND)
    never = (
        select(literal(_NEVER_READ), no_case, no_sender, InboundMail.received_at.cast(DateTime(timezone=True)))
        .where(is_unread(), stored_at <= now - BLIND)
        .order_by(InboundMail.received_at.desc())
        .limit(MOST_UNREAD)
    )
    by_case = (
        select(literal(_CASE), InboundMail.complaint_id, no_sender, arrived)
        .where(*held, InboundMail.complaint_id.is_not(None), InboundMail.party != "citizen")
        .group_by(InboundMail.complaint_id)
    )
    officers = select(Account.email).where(Account.active, Account.agency_id.is_not(None))
    by_sender = (
        select(literal(_SENDER), no_case, InboundMail.sender, arrived)
        .where(*held, InboundMail.complaint_id.is_(None), InboundMail.sender != "")
        .where(or_(InboundMail.sender.in_(_addresses(session)), InboundMail.sender.in_(officers)))
        .group_by(InboundMail.sender)
    )
    return union_all(stored, unread, never.subquery().select(), by_case, by_sender)  # type: ignore[return-value]


def _addresses(session: Session) -> dict[str, int]:
    """Inboxes and heads of the agencies, by address."""
    units = directories.current(session).agencies()
    known = {unit.inbox: unit.id for unit in units}
    known |= {unit.head.email: unit.id for unit in units if unit.head}
    return {address: agency for address, agency in known.items() if agency is not None}


def _agencies(session: Session, sender: str) -> set[int]:
    """The agencies for which this sender may answer."""
    found = {_addresses(session).get(sender)}
    found |= set(session.scalars(select(Account.agency_id).where(Account.email == sender, Account.active)))
    return {agency for agency in found if agency is not None}
