"""The mails that the local mail server has accepted, one pair of files each: `000001.eml` and `000001.json`.

The `.eml` holds the bytes as IMAP serves them, the `.json` the envelope, the moment of arrival and the headers that a
list of mails shows. A mail exists once its `.json` does: that file is written last and renamed into place.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from email import policy
from email.header import decode_header
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parseaddr
from pathlib import Path

FOLDER = "mail"


@dataclass(frozen=True)
class Kept:
    """One accepted mail. `received` is aware UTC; addresses are lower-cased; ids keep their angle brackets."""

    id: str
    mailbox: str
    recipient: str
    sender: str
    received: datetime
    size: int
    subject: str
    from_name: str
    from_address: str
    to_name: str
    reply_to: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    automatic: bool


def mailbox_of(address: str, mail_address: str) -> str:
    """The mailbox that mail to `address` lands in: plus-addresses of `mail_address` share its mailbox (RFC 5233)."""
    address = address.strip().lower()
    local, _, domain = address.rpartition("@")
    own_local, _, own_domain = mail_address.lower().rpartition("@")
    if domain == own_domain and local.partition("+")[0] == own_local:
        return mail_address.lower()
    return address


class Store:
    """The folder of accepted mails. One process writes (the mail server), any number read."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._last = max((int(path.stem) for path in self.folder.iterdir() if path.stem.isdigit()), default=0)

    def keep(self, raw: bytes, mailbox: str, recipient: str, sender: str, received: datetime) -> Kept:
        """Write a mail to disk; it is durable when this returns. Raises OSError when the disk refuses."""
        self._last += 1
        name = f"{self._last:06d}"
        mail = Kept(
            id=name, mailbox=mailbox, recipient=recipient, sender=sender, received=received, size=len(raw),
            **_headers(raw),
        )  # fmt: skip
        self._write(f"{name}.eml", raw)
        self._write(f"{name}.json", json.dumps({**asdict(mail), "received": received.isoformat()}).encode())
        _sync(self.folder)
        return mail

    def names(self) -> list[str]:
        """The ids of all mails, oldest first."""
        return sorted(name[:-5] for name in os.listdir(self.folder) if name.endswith(".json"))  # noqa: PTH208

    def read(self, name: str) -> Kept:
        """The envelope and headers of one mail; raises OSError when there is none of that id."""
        fields = json.loads((self.folder / f"{name}.json").read_bytes())
        received = datetime.fromisoformat(fields.pop("received"))
        return Kept(received=received, references=tuple(fields.pop("references")), **fields)

    def raw(self, name: str) -> bytes:
        """The bytes of one mail; raises OSError when there is none of that id."""
        return (self.folder / f"{name}.eml").read_bytes()

    def _write(self, name: str, content: bytes) -> None:
        part = self.folder / f"{name}.part"
        with part.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        part.rename(self.folder / name)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _headers(raw: bytes) -> dict:
    """What a list of mails shows, from the header alone; whatever cannot be read stays empty."""
    block = raw[:200_000].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    header = BytesHeaderParser(policy=policy.compat32).parsebytes(block)

    def text(name: str) -> str:
        return " ".join(_decoded(header.get(name, "")).split())

    from_name, from_address = _first_address(text("From"))
    to_name, _ = _first_address(text("To"))
    return {
        "subject": text("Subject"),
        "from_name": from_name,
        "from_address": from_address,
        "to_name": to_name,
        "reply_to": _first_address(text("Reply-To"))[1],
        "message_id": text("Message-ID"),
        "in_reply_to": text("In-Reply-To"),
        "references": tuple(text("References").split()),
        "automatic": text("Auto-Submitted").lower() not in ("", "no"),
    }


def _first_address(value: str) -> tuple[str, str]:
    try:
        name, address = getaddresses([value])[0] if value else ("", "")
    except (IndexError, ValueError):
        name, address = parseaddr(value)
    return name, address.lower()


def _decoded(value: object) -> str:
    """A header's text; RFC 2047 words decoded where that is possible."""
    try:
        pieces = [
            piece.decode(charset or "utf-8", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(str(value))
        ]
        text = "".join(pieces)
    except (LookupError, ValueError, AssertionError):
        text = str(value)
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
