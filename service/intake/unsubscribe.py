"""Mails to the address that ends the weekly digests: what mail programs send that cannot post to a page (RFC 2369)."""

from sqlalchemy import select

from service.intake.correspondent import named_letters
from service.mail.message import Message
from service.notifications.links import UNSUBSCRIBE
from service.outbox import unsubscribed
from service.outbox.records import OutboundMail
from service.tables import Session


def unsubscribes(message: Message) -> bool:
    """Whether the mail was sent to such an address, with our signature. Who sends it does not matter: the address
    stands in one digest only, and what it ends is that reader's."""
    return bool(named_letters(message, UNSUBSCRIBE))


def apply_unsubscribe(session: Session, message: Message) -> None:
    """Write no more digests to whoever got the letter that the address names."""
    letters = select(OutboundMail.to_address).where(OutboundMail.id.in_(named_letters(message, UNSUBSCRIBE)))
    for address in session.scalars(letters).all():
        unsubscribed.stop(session, address)
