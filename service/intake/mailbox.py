"""One IMAP folder, spoken to through IMAPClient."""

import re
import select
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from imapclient.exceptions import IMAPClientError, IMAPClientReadOnlyError
from imapclient.imapclient import JUNK

from service.intake.archive import ARCHIVE, MOST_NAMED, Archive
from service.intake.connection import BROKEN, connect, disconnect

__all__ = ["ARCHIVE", "BROKEN", "Fetched", "IMAPClientError", "ImapMailbox", "Outline", "name_of"]

TIMEOUT_SECONDS = 60
BATCH_MAILS, BATCH_BYTES = 50, 20 * 1024 * 1024
# UIDs asked for at once. imaplib refuses lines of more than a million bytes; so many UIDs are 110,000 at most.
LISTED = 10_000
# How often the folder is selected anew, which tells whether its UIDs still mean the same.
SELECT_SECONDS = 60
# An IDLE is ended and begun anew in time: servers may hang up after 29 minutes (RFC 2177), routers forget sooner.
IDLE_SECONDS = 540
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>\r\n]{1,990}>)", re.IGNORECASE | re.MULTILINE)


class FolderChangedError(ConnectionError):
    """The folder was made anew under us (UIDVALIDITY): what we know of its UIDs is void. The caller reconnects."""


class NothingDeliveredError(Exception):
    """The server delivers none of several mails. That may be its own trouble and not the mails'."""


@dataclass(frozen=True)
class Fetched:
    """One mail as the server gave it. `raw` is None when it could not be delivered, `words` then says why;
    `received_at` (INTERNALDATE) is None when not even that is known."""

    uid: int
    received_at: datetime | None
    raw: bytes | None
    words: str = ""


@dataclass(frozen=True)
class Outline:
    """What tells a mail from others without its body. `message_id` is "" when it has none."""

    uid: int
    received_at: datetime
    size: int
    message_id: str


def name_of(url: str) -> str:
    """`user@host/folder`: the mailbox's name, without its password."""
    parts = urlsplit(url)
    return f"{unquote(parts.username or '')}@{parts.hostname}/{_folder(url)}"


def _folder(url: str) -> str:
    return unquote(urlsplit(url).path.strip("/")) or "INBOX"


def message_id_of(head: bytes) -> str:
    """The Message-ID of a mail, from its first bytes or its header; "" when it has none."""
    found = _MESSAGE_ID.search(head[:100_000])
    return found[1].decode("ascii", "replace") if found else ""


class ImapMailbox:
    """A connected folder. Every method may raise BROKEN errors; the caller reconnects.

    `folder` is the one that is read; a few methods look into another one meanwhile, and the next that needs the first
    goes back to it.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self.folder = _folder(url)
        self._client = connect(url, timeout)
        try:
            flags, read_only = self._select_first()
            self._archive = Archive(self._client, flags, read_only)
        except BaseException:
            self.close()
            raise

    def _select_first(self) -> tuple[tuple[bytes, ...] | None, bool]:
        """Select the folder, or examine it where we may only read: that must not keep us from reading."""
        read_only = False
        try:
            found = self._client.select_folder(self.folder)
        except IMAPClientReadOnlyError:
            read_only = True
            found = self._client.select_folder(self.folder, readonly=True)
        self._read_only = read_only
        self.uidvalidity = int(found[b"UIDVALIDITY"])
        self._selected, self._selected_at, self._size = self.folder, time.monotonic(), int(found[b"EXISTS"])
        return found.get(b"PERMANENTFLAGS"), read_only

    @property
    def problem(self) -> str:
        """What is wrong with the mailbox though it is read; "" when nothing is."""
        return self._archive.problem

    @property
    def archive_name(self) -> str:
        """The full name of the archive folder."""
        return self._archive.name

    def close(self) -> None:
        """End the connection, whatever state it is in."""
        disconnect(self._client)

    def uids_above(self, last_uid: int) -> list[int]:
        """UIDs above the watermark, ascending. (`n:*` names the last mail even when its UID is below n.)"""
        if last_uid == 0:
            return sorted(uid for uids in self._listed(self.folder) for uid in uids)
        self._open(self.folder)
        self._notice(self._client.noop()[1])
        found = self._client.search(["UID", f"{last_uid + 1}:*"])
        return sorted(uid for uid in found if uid > last_uid)

    def _open(self, folder: str, anew: bool = False) -> None:
        if folder == self._selected and not anew and time.monotonic() - self._selected_at < SELECT_SECONDS:
            return
        self._selected = ""
        found = self._client.select_folder(folder, readonly=self._read_only or folder != self.folder)
        if folder == self.folder and int(found[b"UIDVALIDITY"]) != self.uidvalidity:
            raise FolderChangedError(f"UIDVALIDITY of {folder} is now {found[b'UIDVALIDITY']}")
        self._selected, self._selected_at, self._size = folder, time.monotonic(), int(found[b"EXISTS"])

    def _notice(self, said: list[object]) -> None:
        """Servers may tell at any time that the UIDs mean something else now."""
        for response in said:
            words = (
                b" ".join(part for part in response if isinstance(part, bytes)) if isinstance(response, tuple) else b""
            )
            if b"[UIDVALIDITY" in words and str(self.uidvalidity).encode() not in words:
                raise FolderChangedError(words.decode("ascii", "replace"))

    def _listed(self, folder: str) -> Iterator[list[int]]:
        """All UIDs of a folder, in pieces from the end.

        By position and not by UID, which may lie far apart. Downwards, because a mail that goes away meanwhile shifts
        those behind it to the front: so one may be seen twice, and none can slip through.
        """
        self._open(folder, anew=True)
        high, end = self._size, "*"
        while high > 0:
            low = max(1, high - LISTED + 1)
            self._open(folder)
            yield self._client.search([f"{low}:{end}"])
            high = low - 1
            end = str(high)

    def sizes(self, uids: list[int]) -> dict[int, int]:
        """Bytes of each of these mails (at most MOST_NAMED of them); those that have vanished are left out."""
        self._open(self.folder)
        found = self._client.fetch(uids, ["RFC822.SIZE"])
        return {uid: int(data.get(b"RFC822.SIZE", 0)) for uid, data in sorted(found.items())}

    def fetch(self, uids: list[int], folder: str = "") -> list[Fetched]:
        """These mails; those that have vanished are left out. Raises NothingDeliveredError when there are several and
        the server delivers none."""
        self._open(folder or self.folder)
        try:
            answer = self._client.fetch(uids, ["INTERNALDATE", "RFC822.SIZE", "BODY.PEEK[]"])
            return [_fetched(uid, data) for uid, data in sorted(answer.items()) if b"INTERNALDATE" in data]
        except BROKEN:
            raise
        except Exception as error:
            if len(uids) == 1:
                return self._refused(uids[0], error)
        # One of them spoils the answer: find out which.
        mails = [mail for uid in uids for mail in self.fetch([uid], folder)]
        if len(mails) > 1 and all(mail.raw is None for mail in mails):
            raise NothingDeliveredError(mails[0].words)
        return mails

    def _refused(self, uid: int, error: Exception) -> list[Fetched]:
        """A mail that the server does not deliver, unless it has gone meanwhile: some answer NO to that, too."""
        if uid not in self._client.search(["UID", str(uid)]):
            return []
        return [Fetched(uid, self._received_at(uid), None, f"{type(error).__name__}: {error}")]

    def _received_at(self, uid: int) -> datetime | None:
        try:
            found = self._client.fetch([uid], ["INTERNALDATE"]).get(uid, {})
        except BROKEN:
            raise
        except Exception:  # whatever spoils the mail's content may spoil this answer as well
            return None
        return found.get(b"INTERNALDATE")  # type: ignore[no-any-return]

    def archive(self, uids: list[int]) -> None:
        """Take mails out of the way once they are stored. What the server refuses stands in `problem`."""
        self._open(self.folder)
        self._archive.put(uids)

    def archive_left_over(self, uids: list[int]) -> None:
        """The same for mails that were stored before this connection."""
        self._open(self.folder)
        self._archive.put_left_over(uids)

    def outlines(self, folder: str) -> Iterator[list[Outline]]:
        """Every mail of a folder, in pieces of at most MOST_NAMED, without its body. Another method may be called
        between two pieces."""
        for uids in self._listed(folder):
            for start in range(0, len(uids), MOST_NAMED):
                self._open(folder)
                yield self._outlined(uids[start : start + MOST_NAMED])

    def _outlined(self, uids: list[int]) -> list[Outline]:
        wanted = ["INTERNALDATE", "RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]
        return [
            Outline(uid, data[b"INTERNALDATE"], int(data.get(b"RFC822.SIZE", 0)), message_id_of(_header(data)))
            for uid, data in sorted(self._client.fetch(uids, wanted).items())
            if b"INTERNALDATE" in data
        ]

    def has_folder(self, folder: str) -> bool:
        """Whether there is such a folder."""
        return bool(self._client.folder_exists(folder))

    def junk(self) -> dict[str, object]:
        """The folder that the server sorts spam into: `folder`, `mails`, `unseen`; empty when there is none."""
        found = self._client.find_special_folder(JUNK)
        if not found:
            return {}
        counts = self._client.folder_status(found, ["MESSAGES", "UNSEEN"])
        return {"folder": found, "mails": int(counts[b"MESSAGES"]), "unseen": int(counts[b"UNSEEN"])}

    def wait(self, seconds: int, stopping: Callable[[], bool]) -> None:
        """Wait for news at most so long: by IDLE where the server can, and never past a request to stop.

        What the server says meanwhile is read by `idle_done` alone: IMAPClient's `idle_check` reads without waiting,
        and a line of which only half has come over the network would break the connection.
        """
        if not self._client.has_capability("IDLE"):
            self._sleep(seconds, stopping)
            return
        self._open(self.folder)
        self._client.idle()
        for _ in range(min(seconds, IDLE_SECONDS)):
            if stopping() or self._readable(1):
                break
        self._notice(self._client.idle_done()[1])

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


def _fetched(uid: int, data: dict[bytes, object]) -> Fetched:
    """A mail out of an answer. No body, or an empty one of a mail that has a size, is no mail."""
    raw = data.get(b"BODY[]")
    if raw is None or (raw == b"" and data.get(b"RFC822.SIZE")):
        return Fetched(uid, data[b"INTERNALDATE"], None, "the server gave no content")  # type: ignore[arg-type]
    return Fetched(uid, data[b"INTERNALDATE"], raw)  # type: ignore[arg-type]


def _header(data: dict[bytes, object]) -> bytes:
    """The header fields among the items of an answer; servers differ in how they spell the item's name."""
    found = next((value for name, value in data.items() if name.startswith(b"BODY[HEADER")), b"")
    return found if isinstance(found, bytes) else b""
