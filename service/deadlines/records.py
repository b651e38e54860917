"""The tables of running clocks and of calendar versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Document, Identifier


class CalendarVersion(Base):
    """The government's working week and days off, as they were from `made_at` on. Never changed: an edit is a new
    version, and clocks that run keep the one they were started with."""

    __tablename__ = "calendar"

    id: Mapped[Identifier]
    made_at: Mapped[datetime]
    made_by: Mapped[str]  # system, account:ID, or terminal:USER
    reason: Mapped[str]
    week: Mapped[list[Any]]  # seven lists, Monday first, of ["08:00", "16:00"]
    days_off: Mapped[Document]  # {"2026-12-25": {"name": "Hari Raya Natal", "kind": "holiday", "leave" or "local"}}


class Deadline(Base):
    """One run of one clock of a case, and what became of it. `next_at` is when the clock does its next step; NULL
    when it has none left."""

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("complaint_id", "kind", "run"),
        Index("ix_deadline_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_deadline_due_at", "kind", "due_at"),
        Index("ix_deadline_reopened", "start_at", postgresql_where=text("kind = 'pact' AND run > 1")),
        Index("ix_deadline_objected_at", "objected_at", postgresql_where=text("objection = 'open'")),
    )

    id: Mapped[Identifier]
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"))
    kind: Mapped[str]  # pact: the first answer; statute: the settlement
    run: Mapped[int]
    pact_id: Mapped[int] = mapped_column(ForeignKey("pact.id"))
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    start_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_step: Mapped[int]
    next_kind: Mapped[str]  # reminder, breach or escalation: the last two wait until the mailbox was read that far
    next_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]  # the database's clock; set when a step failed, so that it blocks no other
    met_at: Mapped[datetime | None]  # arrival of the first answer that counts, or the instant of settlement
    breached_at: Mapped[datetime | None]  # the due instant, while a breach stands
    accountable_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # once met or breached; NULL: the desk
    excuse: Mapped[str] = mapped_column(default="")  # why a breach is excused; it stays a breach
    objection: Mapped[str] = mapped_column(default="")  # to the breach: open, then granted or refused
    objected_at: Mapped[datetime | None]
    resumed_at: Mapped[
        datetime | None
    ]  # when an answer was voided: the clock does not say what it kept quiet till then
    waited: Mapped[int] = mapped_column(default=0)  # working days that the law's clock has waited for the citizen
