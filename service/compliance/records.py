"""The table of published weeks."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Identifier


class FrozenWeek(Base):
    """The figures of one ISO week as they were published. Never edited; corrections come in a later week."""

    __tablename__ = "frozen_week"

    id: Mapped[Identifier]
    week: Mapped[str] = mapped_column(unique=True)  # 2026-W47
    frozen_at: Mapped[datetime]
    # What was known: every event up to this id, and no other. 0 in weeks of rules 1, which did not keep it.
    last_event: Mapped[int] = mapped_column(BigInteger)
    rules: Mapped[int]  # the version of the rules of counting
    figures: Mapped[list[Any]]  # one object a unit
    # What became known, since the week published before this one, of weeks that had been published already:
    # [{"week", "unit", "field", "change": signed, "cases": [number, …]}]
    corrections: Mapped[list[Any]]
    hash: Mapped[str]
