"""Delivery status: what mail servers say about mails of ours."""

from sqlalchemy import select

from service.intake.correspondent import tags_of
from service.intake.records import InboundMail
from service.mail.message import Message
from service.notifications.links import BOUNCE, read_mail_tag
from service.notifications.undelivered import tell_desk
from service.outbox import bounced
from service.outbox.records import OutboundMail
from service.tables import Session


def apply_bounce(session: Session, row: InboundMail, message: Message) -> None:
    """Match a bounce to the mail it is about. A permanent one puts that mail on the shelf and tells the desk, one that
    passes has it sent again later; one that matches nothing of ours is kept with its reason."""
    bounce = message.bounce
    outbound = _about(session, message)
    if bounce is None or outbound is None:
        row.reason = "Laporan pengiriman tentang surat yang tidak dikenal"
        return
    row.complaint_id = outbound.complaint_id
    row.reason = f"Laporan pengiriman ({bounce.kind}): {bounce.status} {bounce.diagnostic}"[:500]
    if bounced.note(outbound, bounce):
        tell_desk(session, outbound, True)


def _about(session: Session, message: Message) -> OutboundMail | None:
    """The mail of ours: by the address that the report came to, which needs no word of the mail in it; else by the
    Message-ID that it quotes."""
    for mail_id in filter(None, (read_mail_tag(tag, BOUNCE) for tag in tags_of(message))):
        found = session.get(OutboundMail, mail_id, with_for_update=True)
        if found:
            return found
    bounce = message.bounce
    ids = [bounce.original_message_id] if bounce else []
    ids += [message.in_reply_to, *message.references]
    known = [i for i in ids if i]
    if not known:
        return None
    query = select(OutboundMail).where(OutboundMail.message_id.in_(known)).with_for_update()
    return session.scalars(query).first()
