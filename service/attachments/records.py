"""The table of attachments."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Identifier


class Attachment(Base):
    """A file of a case. The bytes are in the blob store under `sha256`."""

    __tablename__ = "attachment"

    id: Mapped[Identifier]
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    event_seq: Mapped[int]
    sha256: Mapped[str]
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    at: Mapped[datetime]
