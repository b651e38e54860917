"""An SMTP server's side of delivery, in memory."""

from service.mail.message import Message
from service.mail.parse import parse
from service.outbox.smtp import Outcome


class FakeSmtp:
    """Takes every mail, unless `refuse[recipient]` holds another outcome."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.refuse: dict[str, Outcome] = {}

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        if recipient in self.refuse:
            return self.refuse[recipient]
        self.sent.append((recipient, raw))
        return Outcome(True, False, "250 2.0.0 OK")

    def to(self, address: str) -> list[Message]:
        """The mails that an address got, parsed, in order."""
        return [parse(raw) for recipient, raw in self.sent if recipient == address]
