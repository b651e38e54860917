"""The table of alarms."""

from datetime import datetime

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Identifier


class Alarm(Base):
    """Something that keeps the service from its work, from when to when. The same trouble has one open row."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index("uq_alarm_open", "kind", "about", unique=True, postgresql_where=text("cleared_at IS NULL")),
    )

    id: Mapped[Identifier]
    kind: Mapped[str]  # one of `monitoring.rules`
    about: Mapped[str]  # what it is about: a mailbox's name, or empty
    words: Mapped[str]  # in Indonesian, for the administrator
    raised_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    cleared_at: Mapped[datetime | None]
