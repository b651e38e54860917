"""The table of outgoing mail."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from service.tables import Base, Document, Identifier

QUEUED, SENT, DEAD = "queued", "sent", "dead"


class OutboundMail(Base):
    """One mail to one recipient. What it says is `kind` and `context`, frozen at birth; the bytes are made once,
    at the first attempt, and repeated unchanged. Times here are the database's clock."""

    __tablename__ = "outbound_mail"
    __table_args__ = (
        Index("ix_outbound_mail_waiting", "next_attempt_at", postgresql_where=text("status = 'queued'")),
        Index("ix_outbound_mail_dead", "id", postgresql_where=text("status = 'dead'")),
    )

    id: Mapped[Identifier]
    ledger_key: Mapped[str] = mapped_column(unique=True)
    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaint.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # whose notice this is
    kind: Mapped[str]
    to_address: Mapped[str]
    to_name: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    thread: Mapped[list[str]]  # Message-IDs for References, oldest first
    reply_to: Mapped[str]
    context: Mapped[Document]
    raw: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    status: Mapped[str] = mapped_column(default=QUEUED)
    created_at: Mapped[datetime]  # civil time: becomes the Date header
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    log: Mapped[list[Any]] = mapped_column(default=list)  # the server's words, attempt by attempt


class Unsubscribed(Base):
    """An address that wants no weekly digest (RFC 8058). Notices of a case's clock are not for unsubscribing."""

    __tablename__ = "unsubscribed"

    email: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
