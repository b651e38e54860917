"""One IMAP folder, spoken to through IMAPClient."""

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from service.config import needs_tls

TIMEOUT_SECONDS = 60
ARCHIVE = "Tuntas-Arsip"
BATCH_MAILS, BATCH_BYTES = 50, 20 * 1024 * 1024

# What a broken connection looks like; anything else that IMAPClient raises is about one command.
BROKEN = (IMAPClientAbortError, OSError, EOFError)


@dataclass(frozen=True)
class Fetched:
    """One mail as the server gave it. `raw` is None when the server could not deliver it."""

    uid: int
    received_at: datetime
    raw: bytes | None


def name_of(url: str) -> str:
    """`user@host/folder`: the mailbox's name, without its password."""
    parts = urlsplit(url)
    return f"{unquote(parts.username or '')}@{parts.hostname}/{_folder(url)}"


def _folder(url: str) -> str:
    return unquote(urlsplit(url).path.strip("/")) or "INBOX"


class ImapMailbox:
    """A connected folder. Every method may raise BROKEN errors; the caller reconnects."""

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "imaps"
        context = ssl.create_default_context()
        self._client = IMAPClient(
            parts.hostname or "localhost",
            port=parts.port or (993 if secure else 143),
            ssl=secure,
            ssl_context=context if secure else None,
            timeout=timeout,
        )
        try:
            if not secure and needs_tls(parts):
                self._client.starttls(context)
            # IMAPClient sends some commands in pieces; with Nagle's algorithm each would wait 40 ms.
            self._client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client.login(unquote(parts.username or ""), unquote(parts.password or ""))
            self._client.normalise_times = False  # INTERNALDATE with its zone, as the server gives it
            self.uidvalidity = int(self._client.select_folder(_folder(url))[b"UIDVALIDITY"])
        except BaseException:
            self.close()
            raise
        self._archive_ready = False

    def close(self) -> None:
        """End the connection, whatever state it is in."""
        with contextlib.suppress(*BROKEN, IMAPClientError):
            self._client.logout()
        with contextlib.suppress(*BROKEN, IMAPClientError):
            self._client.shutdown()

    def uids_above(self, last_uid: int) -> list[int]:
        """UIDs above the watermark, ascending. (`n:*` names the last mail even when its UID is below n.)"""
        self._client.noop()
        found = self._client.search(["UID", f"{last_uid + 1}:*"])
        return sorted(uid for uid in found if uid > last_uid)

    def fetch(self, uids: list[int]) -> Iterator[list[Fetched]]:
        """The mails with these UIDs, in batches bounded by number and bytes. Mails that have vanished are left out."""
        for start in range(0, len(uids), BATCH_MAILS):
            sizes = self._client.fetch(uids[start : start + BATCH_MAILS], ["RFC822.SIZE"])
            batch: list[int] = []
            weight = 0
            for uid in sorted(sizes):
                size = sizes[uid].get(b"RFC822.SIZE", 0)
                if batch and weight + size > BATCH_BYTES:
                    yield self._fetch_batch(batch)
                    batch, weight = [], 0
                batch.append(uid)
                weight += size
            if batch:
                yield self._fetch_batch(batch)

    def _fetch_batch(self, uids: list[int]) -> list[Fetched]:
        try:
            answer = self._client.fetch(uids, ["INTERNALDATE", "BODY.PEEK[]"])
        except BROKEN:
            raise
        except IMAPClientError:
            if len(uids) > 1:  # find the one that the server cannot deliver
                return [mail for uid in uids for mail in self._fetch_batch([uid])]
            return self._undeliverable(uids[0])
        return [
            Fetched(uid, data[b"INTERNALDATE"], data.get(b"BODY[]"))
            for uid, data in sorted(answer.items())
            if b"INTERNALDATE" in data
        ]

    def _undeliverable(self, uid: int) -> list[Fetched]:
        answer = self._client.fetch([uid], ["INTERNALDATE"])
        return [Fetched(uid, data[b"INTERNALDATE"], None) for data in answer.values()]

    def archive(self, uids: list[int]) -> None:
        """Move mails out of the way once they are stored; where the server cannot, mark them seen."""
        if not uids:
            return
        if not self._client.has_capability("MOVE"):
            self._client.add_flags(uids, [b"\\Seen"], silent=True)
            return
        if not self._archive_ready:
            if not self._client.folder_exists(ARCHIVE):
                with contextlib.suppress(IMAPClientError):  # another poller may have made it
                    self._client.create_folder(ARCHIVE)
            self._archive_ready = True
        self._client.move(uids, ARCHIVE)

    def wait(self, seconds: int, stopping: Callable[[], bool]) -> None:
        """Wait for news at most so long: by IDLE where the server can, and never past a request to stop.

        What the server says meanwhile is read by `idle_done` alone: IMAPClient's `idle_check` reads without waiting,
        and a line of which only half has come over the network would break the connection.
        """
        if not self._client.has_capability("IDLE"):
            self._sleep(seconds, stopping)
            return
        self._client.idle()
        for _ in range(seconds):
            if stopping() or self._readable(1):
                break
        self._client.idle_done()

    def _readable(self, seconds: float) -> bool:
        """Whether the server says something within so long."""
        connection = self._client.socket()
        if isinstance(connection, ssl.SSLSocket) and connection.pending():
            return True
        return bool(select.select([connection], [], [], seconds)[0])

    def _sleep(self, seconds: int, stopping: Callable[[], bool]) -> None:
        for _ in range(seconds):
            if stopping():
                return
            time.sleep(1)
