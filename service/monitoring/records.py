"""Tables of alarms and of signs of life."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Identifier


class Alarm(Base):
    """Something that keeps the service from its work, from when to when. The same trouble has one open row.

    Times are civil (`clock.now()`), as the letters and pages say them.
    """

    __tablename__ = "alarm"
    __table_args__ = (
        Index("uq_alarm_open", "kind", "about", unique=True, postgresql_where=text("cleared_at IS NULL")),
    )

    id: Mapped[Identifier]
    kind: Mapped[str]  # one of `monitoring.rules`
    about: Mapped[str]  # what it is about: a mailbox's name, or empty
    words: Mapped[str]  # in Indonesian, for the administrator
    since: Mapped[datetime]  # when the trouble began, as far as we can tell
    raised_at: Mapped[datetime]
    calm_since: Mapped[datetime | None]  # not seen any more since then; cleared when that has lasted
    cleared_at: Mapped[datetime | None]


class Heartbeat(Base):
    """When a part of the service last did its work. Written every few seconds at most; `name` is one of `pulse`."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime | None]  # when it last went well, civil time
    failing_since: Mapped[datetime | None]  # the first fault after that; null while it goes well
    words: Mapped[str] = mapped_column(default="")  # of the last fault
