"""Mails in and letters out without a network, for tests of what intake makes of a mail."""

from collections.abc import Iterator

from sqlalchemy import func, select

from service.complaints.records import Complaint
from service.database import transaction
from service.intake import poll, process
from service.intake.records import InboundMail
from service.notifications.links import bounce_address
from service.notifications.render import render
from service.notifications.undelivered import tell_desk
from service.outbox import delivery
from service.outbox.records import OutboundMail
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.fakes.smtp import FakeSmtp

LAPOR = "lapor@bengkulukota.example"
SARI = "Sari Wulandari <sari@warga.example>"
SARIS = "sari@warga.example"
NAME, OWNER = "lapor@imap/INBOX", "test"


def receive(folder: FakeFolder, clock: FakeClock, *raws: bytes | None) -> None:
    """Deliver mails into the folder, poll it, and process what came."""
    for raw in raws:
        folder.deliver(raw, clock())
    assert poll.take_lease(transaction, NAME, OWNER)
    poll.turn(transaction, folder, NAME, OWNER, first=True)
    while process.turn(transaction):
        pass


def deliver(smtp: FakeSmtp) -> None:
    """Send every letter that waits."""
    while delivery.turn(transaction, smtp, render, tell_desk, bounce_address):
        pass


def cases(session: Session) -> list[Complaint]:
    """All cases, in order."""
    return list(session.scalars(select(Complaint).order_by(Complaint.id).execution_options(populate_existing=True)))


def last_mail(session: Session) -> InboundMail:
    """What became of the mail that came last."""
    return session.scalars(
        select(InboundMail).order_by(InboundMail.id.desc()).limit(1).execution_options(populate_existing=True)
    ).one()


def letters(session: Session, kind: str) -> list[OutboundMail]:
    """Letters of a kind, in order."""
    return list(session.scalars(select(OutboundMail).where(OutboundMail.kind == kind).order_by(OutboundMail.id)))


def count_letters(session: Session) -> int:
    """How many letters were ever written."""
    return session.scalar(select(func.count()).select_from(OutboundMail)) or 0


def numbered(count: int) -> Iterator[str]:
    """Addresses of as many people at a provider where anyone may have one."""
    return (f"warga{n}@gmail.com" for n in range(count))
