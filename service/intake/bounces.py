"""Delivery status: what mail servers say about mails of ours."""

from sqlalchemy import select

from service.agencies import directory as directories
from service.intake.records import InboundMail
from service.mail.message import Message
from service.notifications import letters
from service.outbox.delivery import log_line
from service.outbox.records import DEAD, OutboundMail
from service.tables import Session


def apply_bounce(session: Session, row: InboundMail, message: Message) -> None:
    """Match a bounce to the mail it is about. A permanent one puts that mail on the shelf and tells the desk;
    one that matches nothing of ours is kept with its reason."""
    bounce = message.bounce
    outbound = _about(session, message)
    if bounce is None or outbound is None:
        row.reason = "Laporan pengiriman tentang surat yang tidak dikenal"
        return
    row.complaint_id = outbound.complaint_id
    row.reason = f"Laporan pengiriman ({bounce.kind}): {bounce.status} {bounce.diagnostic}"[:500]
    outbound.log = [*outbound.log, log_line(f"bounce: {bounce.status} {bounce.diagnostic}")]
    if bounce.kind == "permanent" and outbound.status != DEAD:
        outbound.status = DEAD
        letters.undelivered(session, directories.current(session), outbound)


def _about(session: Session, message: Message) -> OutboundMail | None:
    bounce = message.bounce
    ids = [bounce.original_message_id] if bounce else []
    ids += [message.in_reply_to, *message.references]
    known = [i for i in ids if i]
    if not known:
        return None
    query = select(OutboundMail).where(OutboundMail.message_id.in_(known)).with_for_update()
    return session.scalars(query).first()
