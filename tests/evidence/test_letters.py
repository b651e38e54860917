"""The copies outside."""

from sqlalchemy import select

from service.complaints.anchors import Anchor
from service.mail.parse import parse
from service.notifications.render import render
from service.outbox.records import OutboundMail
from service.tables import Session


def test_every_digest_prints_the_last_anchor_in_full(story: list[int], session: Session) -> None:
    anchor = session.scalars(select(Anchor).where(Anchor.id == 6)).one()  # of the night before the digest
    for kind in ("digest_head", "digest_leader"):
        letter = session.scalars(select(OutboundMail).where(OutboundMail.kind == kind)).first()
        assert letter
        message = parse(render(session, letter))
        assert f"Jangkar {anchor.day}: {anchor.hash}" in message.text
        assert anchor.hash in message.html
