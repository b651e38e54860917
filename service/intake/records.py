"""Tables of mailboxes and of the mail that was read from them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Computed, ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from service.tables import Base, Document, Identifier

STORED, DONE, IGNORED, QUARANTINED, DISCARDED = "stored", "done", "ignored", "quarantined", "discarded"


class Mailbox(Base):
    """One IMAP folder: how far it was read, and which poller reads it now. Lease times are the database's clock."""

    __tablename__ = "mailbox"

    id: Mapped[Identifier]
    name: Mapped[str] = mapped_column(unique=True)
    uidvalidity: Mapped[int | None] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)
    read_until: Mapped[datetime | None]  # civil time: every mail that was there at this instant is stored
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(default="")
    reconcile_at: Mapped[datetime | None]  # when folder and rows are compared next; null: as soon as possible
    reconciled_at: Mapped[datetime | None]
    reconciliation: Mapped[Document] = mapped_column(default=dict)  # what the last comparison found


class InboundMail(Base):
    """A mail as it arrived. Kept before it is parsed; what became of it, and why, is written here."""

    __tablename__ = "inbound_mail"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "sha256"),
        Index("ix_inbound_mail_uid", "mailbox_id", "uidvalidity", "uid"),
        Index("ix_inbound_mail_message_id", "message_id"),
        Index("ix_inbound_mail_sender", "sender", "received_at"),
        Index("ix_inbound_mail_domain", "sender_domain", "received_at", postgresql_where=text("verdict = 'complaint'")),
        Index("ix_inbound_mail_words", "fingerprint", "received_at", postgresql_where=text("verdict = 'complaint'")),
        Index("ix_inbound_mail_stored", "received_at", postgresql_where=text("status = 'stored'")),
        Index("ix_inbound_mail_quarantined", "id", postgresql_where=text("status = 'quarantined'")),
        Index("ix_inbound_mail_decided", "decided_at", postgresql_where=text("decided_at IS NOT NULL")),
    )

    id: Mapped[Identifier]
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    uidvalidity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime]  # IMAP INTERNALDATE
    sha256: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(default="")  # of its words, to know the same words again
    message_id: Mapped[str]
    sender: Mapped[str]
    sender_domain: Mapped[str] = mapped_column(Computed("split_part(sender, '@', 2)", persisted=True))
    subject: Mapped[str]
    size: Mapped[int]
    raw: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    status: Mapped[str] = mapped_column(default=STORED)
    verdict: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaint.id"), index=True)
    party: Mapped[str] = mapped_column(default="")  # agency code, "citizen" or "desk", when it replies to a case
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    stored_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    # What people decided of it, the latest last: {act, by, at, reason, held (why it was held)}. Kept for ever: a
    # discard that was undone stays to be seen.
    decisions: Mapped[list[Any]] = mapped_column(default=list)
    decided_at: Mapped[datetime | None]  # the latest of them
    decided_by: Mapped[str] = mapped_column(default="")
