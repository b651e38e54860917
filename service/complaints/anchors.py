"""The daily anchors: one row says what every case was like at the end of a day, chained to the day before.

`evidence` makes them. They stand here so that the weekly digest can print the latest: a copy outside, which nobody
who can write to the database can change.
"""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Document, Identifier, Session


class Anchor(Base):
    """What was recorded from the anchor before up to this one. Never changed."""

    __tablename__ = "anchor"

    id: Mapped[Identifier]
    day: Mapped[date] = mapped_column(unique=True)  # the local day that had ended
    made_at: Mapped[datetime]
    until: Mapped[Document]  # table -> the last id that is covered: {"event": 812, "inbound_mail": 95, …}
    complaints: Mapped[int]  # how many cases had events
    events: Mapped[int]  # how many events those were
    root: Mapped[str]  # of the tree over the heads of these cases, the mails, published weeks, pacts and calendars
    previous_hash: Mapped[str]
    hash: Mapped[str]


def latest(session: Session) -> Anchor | None:
    """The last anchor; None before the first day has ended."""
    return session.scalars(select(Anchor).order_by(Anchor.id.desc()).limit(1)).first()


def printed(session: Session) -> dict[str, str]:
    """The last anchor as letters print it: {"anchor_day": "2026-11-22", "anchor": hash}; empty without one."""
    anchor = latest(session)
    return {} if anchor is None else {"anchor_day": anchor.day.isoformat(), "anchor": anchor.hash}
