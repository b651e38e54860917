"""The table of running clocks."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Identifier


class Deadline(Base):
    """One run of a case's response clock. `next_at` is when the clock does its next step; NULL when it is done."""

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("complaint_id", "run"),
        Index("ix_deadline_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )

    id: Mapped[Identifier]
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"))
    run: Mapped[int]
    pact_id: Mapped[int] = mapped_column(ForeignKey("pact.id"))
    start_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_step: Mapped[int]
    next_kind: Mapped[str]  # reminder, breach or escalation: the last two wait until the mailbox was read that far
    next_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]  # the database's clock; set when a step failed, so that it blocks no other
