"""What the desk does with mail in quarantine. Callers hold the transaction."""

from sqlalchemy import select
from sqlalchemy.orm import undefer

from service.agencies.directory import Directory
from service.casework.cases import locked
from service.complaints.records import Complaint
from service.complaints.rules import ActRefusedError
from service.intake.process import apply_reply, open_from_mail
from service.intake.records import DISCARDED, DONE, QUARANTINED, STORED, InboundMail
from service.intake.rules import REPLY
from service.mail.parse import parse
from service.tables import Session


class NotInQuarantineError(Exception):
    """The mail is not, or no longer, in quarantine."""


def waiting(session: Session) -> list[InboundMail]:
    """All mail in quarantine, oldest first."""
    query = select(InboundMail).where(InboundMail.status == QUARANTINED).order_by(InboundMail.received_at)
    return list(session.scalars(query))


def held(session: Session, mail_id: int) -> InboundMail:
    """One mail in quarantine with its bytes, locked; raises NotInQuarantineError."""
    row = session.get(InboundMail, mail_id, with_for_update=True, options=[undefer(InboundMail.raw)])
    if row is None or row.status != QUARANTINED:
        raise NotInQuarantineError(mail_id)
    return row


def retry(session: Session, row: InboundMail) -> None:
    """Have it judged again, as if it had just come in (its arrival time stays)."""
    row.status, row.attempts, row.leased_until = STORED, 0, None


def make_complaint(session: Session, directory: Directory, row: InboundMail, actor: str) -> Complaint:
    """Open a case from it, received when the mail arrived."""
    complaint = open_from_mail(session, directory, row, parse(row.raw))
    row.status, row.complaint_id, row.party, row.decided_by = DONE, complaint.id, "citizen", actor
    return complaint


def accept_reply(session: Session, directory: Directory, row: InboundMail, actor: str) -> Complaint | None:
    """Take it as a reply of the party that it claims to be; None when it is tied to no case.

    Raises ActRefusedError when the case's state does not allow it, or another unit holds it by now.
    """
    case = locked(session, row.complaint_id) if row.complaint_id else None
    if case is None:
        return None
    holder = directory.unit(case.agency_id)
    if row.party not in ("citizen", holder.code):
        raise ActRefusedError(f"the case is held by {holder.name}: give it back to the sender's agency first")
    apply_reply(session, directory, row, parse(row.raw), case, row.party, is_decline=False)
    row.status, row.verdict, row.decided_by = DONE, REPLY, actor
    return case


def discard(row: InboundMail, reason: str, actor: str) -> None:
    """Set it aside with a reason. The bytes stay."""
    row.status, row.reason, row.decided_by = DISCARDED, f"{row.reason} — {reason}", actor
