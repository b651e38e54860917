"""The city's post: letters come into a folder, Tuntas reads and writes, and those who are written to may answer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import select, text

from service.complaints.records import Complaint
from service.database import transaction
from service.intake import poll, process
from service.intake.mailbox import BROKEN, IMAPClientError, ImapMailbox
from service.intake.records import InboundMail
from service.mail.message import Message
from service.mail.parse import parse
from service.notifications.links import bounce_address
from service.notifications.render import render
from service.notifications.undelivered import tell_desk
from service.outbox import delivery
from service.outbox.records import OutboundMail
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.fakes.smtp import FakeSmtp

LAPOR = "lapor@bengkulukota.example"
SARI = "Sari Wulandari <sari@warga.example>"
NAME, OWNER = "lapor@imap/INBOX", "test"

# Writes answers to a letter that has come to its address; none is an empty list.
Robot = Callable[[Message], Iterable[bytes]]


@dataclass
class Post:
    """What comes in and what goes out."""

    clock: FakeClock
    smtp: FakeSmtp = field(default_factory=FakeSmtp)
    folder: FakeFolder = field(default_factory=FakeFolder)

    def receive(self, *raws: bytes | None, first: bool = False) -> None:
        """Deliver mails into the folder, poll it, and process what came."""
        for raw in raws:
            self.folder.deliver(raw, self.clock())
        assert poll.take_lease(transaction, NAME, OWNER)
        poll.turn(transaction, self.folder, NAME, OWNER, first=first)
        judge()

    def send(self) -> None:
        """Send everything that is due."""
        while delivery.turn(transaction, self.smtp, render, tell_desk, bounce_address):
            pass

    def exchange(self, *raws: bytes, robots: dict[str, Robot], most_rounds: int = 100, pace: int = 1) -> int:
        """Let these mails come in and everyone answer who answers, until nobody has more to say; a round takes `pace`
        minutes.

        Returns how many rounds of answers it took; fails when they are still talking after `most_rounds`.
        """
        incoming, read = list(raws), 0
        for rounds in range(most_rounds):
            self.receive(*incoming)
            self.send()
            letters, read = self.smtp.sent[read:], len(self.smtp.sent)
            incoming = [
                answer
                for recipient, raw in letters
                for robot in (robots.get(recipient) or robots.get("*"),)
                if robot
                for answer in robot(parse(raw))
            ]
            if not incoming:
                return rounds
            self.clock.advance(minutes=pace)
        raise AssertionError(f"still talking after {most_rounds} rounds: {[parse(raw).subject for raw in incoming]}")


def judge() -> None:
    """Process all mail that is stored."""
    while process.turn(transaction):
        pass


def connect(url: str, turns: int = 1, timeout: float = 1) -> Exception | None:
    """One life of a connection, as the poller leads it; returns what ended it before its time."""
    assert poll.take_lease(transaction, NAME, OWNER)
    try:
        folder = ImapMailbox(url, timeout=timeout)
    except (*BROKEN, IMAPClientError) as error:
        return error
    try:
        for turn in range(turns):
            poll.turn(transaction, folder, NAME, OWNER, first=turn == 0)
    except (*BROKEN, IMAPClientError) as error:
        return error
    finally:
        folder.close()
    return None


def cases() -> list[Complaint]:
    """All cases as they now are, oldest first."""
    with transaction() as session:
        found = list(session.scalars(select(Complaint).order_by(Complaint.id)))
        session.expunge_all()
        return found


def inbound() -> list[InboundMail]:
    """All mail that came in, as it now is, in the order of its arrival."""
    with transaction() as session:
        found = list(session.scalars(select(InboundMail).order_by(InboundMail.id)))
        session.expunge_all()
        return found


def outbound() -> list[OutboundMail]:
    """All mail that goes or went out, as it now is."""
    with transaction() as session:
        found = list(session.scalars(select(OutboundMail).order_by(OutboundMail.id)))
        session.expunge_all()
        return found


def due_now() -> None:
    """Let all pauses and leases have passed."""
    with transaction() as session:
        session.execute(text("UPDATE outbound_mail SET next_attempt_at = clock_timestamp(), leased_until = NULL"))
        session.execute(text("UPDATE inbound_mail SET leased_until = NULL"))
