"""The table of outgoing mail."""

from datetime import datetime
from typing import Any

from sqlalchemy import Computed, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from service.tables import Base, Document, Identifier

QUEUED, SENT, DEAD = "queued", "sent", "dead"


class OutboundMail(Base):
    """One mail to one recipient. What it says is `kind` and `context`, frozen at birth; the bytes are made once,
    at the first attempt, and repeated unchanged. Times here are the database's clock."""

    __tablename__ = "outbound_mail"
    __table_args__ = (
        Index(
            "ix_outbound_mail_waiting",
            "domain",
            "urgent",
            "next_attempt_at",
            "id",
            postgresql_where=text("status = 'queued'"),
        ),
        Index(
            "ix_outbound_mail_leased",
            "domain",
            "leased_until",
            postgresql_where=text("status = 'queued' AND leased_until IS NOT NULL"),
        ),
        Index(
            "ix_outbound_mail_resting",
            "domain",
            "domain_rests_until",
            postgresql_where=text("status = 'queued' AND domain_rests_until IS NOT NULL"),
        ),
        Index("ix_outbound_mail_dead", "id", postgresql_where=text("status = 'dead'")),
    )

    id: Mapped[Identifier]
    ledger_key: Mapped[str] = mapped_column(unique=True)
    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaint.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # whose notice this is
    kind: Mapped[str]
    to_address: Mapped[str]
    to_name: Mapped[str]
    domain: Mapped[str] = mapped_column(Computed("lower(split_part(to_address, '@', 2))", persisted=True))
    urgent: Mapped[bool] = mapped_column(Computed("kind NOT LIKE 'digest%'", persisted=True))
    message_id: Mapped[str] = mapped_column(unique=True)
    thread: Mapped[list[str]]  # Message-IDs for References, oldest first
    reply_to: Mapped[str]
    context: Mapped[Document]
    raw: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    status: Mapped[str] = mapped_column(default=QUEUED)
    created_at: Mapped[datetime]  # civil time: becomes the Date header
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    leased_until: Mapped[datetime | None]
    domain_rests_until: Mapped[datetime | None]  # the recipient's domain asked for less mail when this one came
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    log: Mapped[list[Any]] = mapped_column(default=list)  # the server's words, attempt by attempt


class Unsubscribed(Base):
    """An address that wants no weekly digest (RFC 8058). Notices of a case's clock are not for unsubscribing."""

    __tablename__ = "unsubscribed"

    email: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
