"""The parts that the product stands on, in two sets with one interface: embedded ones and the system's.

A set is a database, a Redis, and a mail server with SMTP and IMAP, all on loopback and in one folder. Any address of
the domains below is a mailbox that opens with any password; what is sent to a plus-address lies with its base.
"""

import contextlib
import smtplib
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from imapclient import IMAPClient
from redis import Redis

from service.mail.message import Message
from service.mail.parse import parse

HOST = "127.0.0.1"
MAIL_ADDRESS = "lapor@bengkulukota.example"
DOMAINS = ("bengkulukota.example", "warga.example")
PART_SECONDS = 60


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    """Whether somebody takes connections on that port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def wait_for(true: Callable[[], object], what: str, seconds: float = PART_SECONDS) -> None:
    """Wait until `true()`; fails the test with `what` was waited for."""
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, f"waited {seconds} s in vain for {what}"
        time.sleep(0.02)


class Parts(ABC):
    """One set of parts. `start` it, let processes run on its environment, `stop` it."""

    name: str
    redis_url: str

    def __init__(self) -> None:
        self.smtp_port, self.imap_port = free_port(), free_port()
        self._read: dict[str, tuple[int, dict[int, Message]]] = {}

    def start(self, folder: Path) -> dict[str, str]:
        """Start all parts with their data in `folder`; returns the settings that name them, but for DATABASE_URL."""
        self.folder = folder
        self.redis_url = self._start()
        user = quote(MAIL_ADDRESS, safe="")
        return {
            "REDIS_URL": self.redis_url,
            "SMTP_URL": f"smtp://{HOST}:{self.smtp_port}",
            "IMAP_URL": f"imap://{user}:any@{HOST}:{self.imap_port}/INBOX",
            "MAIL_ADDRESS": MAIL_ADDRESS,
        }

    @abstractmethod
    def _start(self) -> str:
        """Start all parts; returns the URL of Redis."""

    @abstractmethod
    def database(self, name: str) -> str:
        """Make the empty database `name`; returns its URL."""

    @abstractmethod
    def stop(self) -> None:
        """End every process of the parts."""

    def flush_redis(self) -> None:
        """Lose all that Redis holds."""
        with contextlib.closing(Redis.from_url(self.redis_url)) as client:
            client.flushall()

    def send(self, raw: bytes, sender: str, recipient: str) -> None:
        """Hand a mail to the server by SMTP, as any client would; raises what smtplib raises."""
        with smtplib.SMTP(HOST, self.smtp_port, timeout=60) as client:
            client.ehlo()
            client.mail(sender, [f"size={len(raw)}"])
            code, words = client.rcpt(recipient)
            assert code == 250, words
            if raw:
                code, words = client.data(raw)
            else:  # smtplib would add an empty line
                client.docmd("DATA")
                code, words = client.docmd(".")
            assert code == 250, words

    def inbox(self, address: str) -> list[Message]:
        """The mails that lie in the inbox of `address`, in order of arrival, read over IMAP."""
        with self._open(address) as client:
            validity = int(client.select_folder("INBOX", readonly=True)[b"UIDVALIDITY"])
            known = self._read.get(address, (0, {}))
            mails = known[1] if known[0] == validity else {}
            new = [uid for uid in client.search() if uid not in mails]
            for uid, data in client.fetch(new, ["BODY.PEEK[]"]).items() if new else ():
                mails[uid] = parse(data[b"BODY[]"])
            self._read[address] = (validity, mails)
            return [mails[uid] for uid in sorted(mails)]

    def message_ids(self, address: str) -> list[str]:
        """The Message-IDs of the mails that lie in the inbox of `address`; one for each copy."""
        with self._open(address) as client:
            client.select_folder("INBOX", readonly=True)
            uids = client.search()
            found = client.fetch(uids, ["ENVELOPE"]) if uids else {}
            return [(data[b"ENVELOPE"].message_id or b"").decode() for data in found.values()]

    @contextlib.contextmanager
    def _open(self, address: str) -> Iterator[IMAPClient]:
        client = IMAPClient(HOST, port=self.imap_port, ssl=False, timeout=60)
        try:
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.login(address, "any")
            yield client
        finally:
            client.logout()
