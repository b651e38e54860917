"""The table of published weeks."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Identifier


class FrozenWeek(Base):
    """The figures of one ISO week as they were published. Never edited; corrections come in a later week."""

    __tablename__ = "frozen_week"

    id: Mapped[Identifier]
    week: Mapped[str] = mapped_column(unique=True)  # 2026-W47
    frozen_at: Mapped[datetime]
    figures: Mapped[list[Any]]  # one object a unit
    hash: Mapped[str]
