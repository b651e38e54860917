"""Tables of cases, their messages and their events."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Sequence, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Document, Identifier

number_sequence = Sequence("complaint_number", metadata=Base.metadata)


class Complaint(Base):
    """A case. `agency_id` is who holds it; NULL is the desk. Only the acts in `casework` change it."""

    __tablename__ = "complaint"
    __table_args__ = (
        Index(
            "ix_complaint_agency_open",
            "agency_id",
            "due_at",
            postgresql_where=text("state IN ('received', 'assigned')"),
        ),
        Index("ix_complaint_due_at", "due_at"),
        Index("ix_complaint_resolved_at", "resolved_at", postgresql_where=text("state = 'resolved'")),
        Index("ix_complaint_disputed_at", "disputed_at", postgresql_where=text("disputed_at IS NOT NULL")),
        Index("ix_complaint_received_at", "received_at"),
        Index("ix_complaint_reporter_email", "reporter_email"),
    )

    # Drawn before the row is written, so that number, events and mails need no second trip to the database.
    id: Mapped[int] = mapped_column(BigInteger, number_sequence, primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(unique=True)  # opens the tracking page
    submission_key: Mapped[str | None] = mapped_column(unique=True)  # a form sent twice is one complaint
    state: Mapped[str]
    channel: Mapped[str]
    received_at: Mapped[datetime]  # when the government had it
    subject: Mapped[str]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    classification: Mapped[str]  # the class of SP4N-LAPOR!, by which the law's term goes
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    place: Mapped[str]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    routing_reason: Mapped[str]
    candidates: Mapped[list[Any]]
    anonymous: Mapped[bool]
    confidential: Mapped[bool]
    reporter_name: Mapped[str]
    reporter_email: Mapped[str]
    reporter_phone: Mapped[str]
    reporter_thread: Mapped[str]  # Message-ID of the mail that opened the case
    run: Mapped[int]
    reopened_at: Mapped[datetime | None]  # when the present run started, if it is not the first
    due_at: Mapped[datetime]
    responded_at: Mapped[datetime | None]  # arrival of the first response that counts
    breached_at: Mapped[datetime | None]  # the due instant, while a breach stands
    accountable_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    asked_at: Mapped[datetime | None]  # since when the citizen is asked something; the law's clock waits
    disputed_at: Mapped[datetime | None]  # since when the inspector is to decide a dispute
    resolved_at: Mapped[datetime | None]  # when the work was done, while the case is resolved or closed after that
    closed_at: Mapped[datetime | None]  # when it was closed or rejected, while it is
    events: Mapped[int]  # how many; the seq of the last one
    head_hash: Mapped[str]


class Message(Base):
    """Words between citizen, agency and desk. They live outside the hashed events so that they can be redacted;
    the event holds their salted hash."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_said", "agency_id", "at", postgresql_where=text("author IN ('agency', 'desk')")),
    )

    id: Mapped[Identifier]
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    event_seq: Mapped[int]
    author: Mapped[str]  # citizen, agency, desk
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    at: Mapped[datetime]
    text: Mapped[str]
    salt: Mapped[str]
    inbound_mail_id: Mapped[int | None] = mapped_column(BigInteger)


class Event(Base):
    """One act, for ever. Hash-chained per complaint."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("complaint_id", "seq"),
        Index("ix_event_disputed", "at", postgresql_where=text("kind = 'dispute'")),
        Index("ix_event_similar", "at", postgresql_where=text("payload ? 'similar_to'")),
    )

    id: Mapped[Identifier]
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"))
    seq: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]  # when it happened
    recorded_at: Mapped[datetime]  # when it was written down
    actor: Mapped[str]  # citizen, system, agency:CODE, account:ID — never a name
    payload: Mapped[Document]
    previous_hash: Mapped[str]
    hash: Mapped[str]
