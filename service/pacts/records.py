"""The table of pact versions."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Document, Identifier


class Pact(Base):
    """One version of the pact. Never changed once loaded: another text is another version."""

    __tablename__ = "pact"

    id: Mapped[Identifier]
    version: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    signed_before: Mapped[str]
    valid_from: Mapped[date]
    response_hours: Mapped[int]
    hours: Mapped[str]
    accountable: Mapped[str]
    question_counts: Mapped[bool]
    reminders: Mapped[list[Any]]
    escalations: Mapped[list[Any]]  # [{"after_hours": 24, "to": ["inspector"]}]
    digest: Mapped[Document]  # {"weekday": "monday", "time": "07:00"}
    points: Mapped[list[Any]]
