"""Reading a real server's mailbox in tests, as the poller does, and looking at what was stored."""

from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import undefer

from service.database import transaction
from service.intake import poll, process
from service.intake.mailbox import ImapMailbox, name_of
from service.intake.poll import Doubts
from service.intake.records import InboundMail, Mailbox
from tests.mails import mail

OWNER = "test"
LAPOR = "lapor@bengkulukota.example"


def letter(number: int, words: str = "") -> bytes:
    """A complaint of its own citizen."""
    return mail(f"warga{number}@warga.example", LAPOR, f"Lampu {number}", words or f"Lampu padam di gang {number}.")


def letters(count: int) -> list[bytes]:
    """So many complaints."""
    return [letter(number) for number in range(1, count + 1)]


def numbered(count: int) -> list[str]:
    """Their subjects, sorted as words."""
    return sorted(f"Lampu {number}" for number in range(1, count + 1))


class Reader:
    """The poller's connection to one mailbox, turn by turn. Use as a context manager."""

    def __init__(self, url: str, timeout: float = 10, doubts: Doubts | None = None) -> None:
        self.name = name_of(url)
        assert poll.take_lease(transaction, self.name, OWNER)
        self.doubts = Counter[int]() if doubts is None else doubts
        self.folder = ImapMailbox(url, timeout=timeout)
        self._first = True

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *exc: object) -> None:
        self.folder.close()

    def turn(self) -> int:
        """One turn; returns how many mails were new."""
        first, self._first = self._first, False
        return poll.turn(transaction, self.folder, self.name, OWNER, first=first, doubts=self.doubts)


def read(url: str) -> int:
    """Connect, read once, go."""
    with Reader(url) as reader:
        return reader.turn()


def judge() -> None:
    """Process all mail that is stored."""
    while process.turn(transaction):
        pass


def stored() -> list[InboundMail]:
    """All mail that was stored, in that order, with its bytes."""
    with transaction() as session:
        query = select(InboundMail).order_by(InboundMail.id).options(undefer(InboundMail.raw))
        found = list(session.scalars(query))
        session.expunge_all()
        return found


def subjects() -> list[str]:
    """The subjects of all stored mails, sorted as words."""
    found = [line for row in stored() for line in row.raw.splitlines() if line.startswith(b"Subject: ")]
    return sorted(line.removeprefix(b"Subject: ").decode() for line in found)


def mailbox(url: str) -> Mailbox:
    """The mailbox's row, as it now is."""
    with transaction() as session:
        row = session.scalars(select(Mailbox).where(Mailbox.name == name_of(url))).one()
        session.expunge_all()
        return row
