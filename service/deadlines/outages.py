"""When the service could not do its part: the record by which a lateness is excused.

Kept for ever and never changed. Noted by whoever finds that it is over, from signs that it left before: the poller when
it has read a mailbox again, the worker when it sweeps again, the sender when a server takes mail again. The poller's
note is committed with its watermark, and no breach is written before that has passed the due instant; so an outage
stands before the breach that it may excuse, whatever was down, even the whole machine.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from service import clock
from service.tables import Base, Identifier, Session

RECEIVING, WORKING, SENDING = "receiving", "working", "sending"
# A restart or an update is no outage (in the machine's own time).
SHORTEST = timedelta(minutes=5)


class Outage(Base):
    """From when to when (civil time) a part of the service did not do its work."""

    __tablename__ = "outage"

    id: Mapped[Identifier]
    part: Mapped[str]  # receiving, working or sending
    began_at: Mapped[datetime]  # the last sign of life before it
    ended_at: Mapped[datetime] = mapped_column(index=True)


def note(session: Session, part: str, began: datetime | None, ended: datetime) -> None:
    """Write down an outage that is over; nothing when it was short, or there was no sign of life before (None)."""
    if began is not None and ended - began >= SHORTEST * clock.speed():
        session.add(Outage(part=part, began_at=began, ended_at=ended))


def between(session: Session, start: datetime, end: datetime) -> list[Outage]:
    """The outages that overlap [start, end), oldest first."""
    query = select(Outage).where(Outage.ended_at > start, Outage.began_at < end)
    return list(session.scalars(query.order_by(Outage.began_at, Outage.id)))
