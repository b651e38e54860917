"""Taking stored mail out of the way, by whatever the server can do.

The bytes are committed before any of this, so nothing here can lose a mail; what must not happen is that the same mail
is copied into the archive again and again. Hence:

1. MOVE (RFC 6851) is one step. What a crash left in the folder is simply moved later.
2. Without MOVE, but with UIDPLUS (RFC 4315): COPY, then the flag Deleted, then UID EXPUNGE of exactly these mails. Each
   mail is copied once in its life, right after it was stored. Should a later step fail, or should we die between them,
   it stays in the folder as well, known by its UID, and is never copied again.
3. With neither there is no way to remove exactly these mails: a plain EXPUNGE would take along what other people have
   marked for deletion. So nothing is copied and nothing deleted: the mails stay, marked as read.

What the server refuses (quota, rights, no such folder) is kept in `problem` for the desk. Reading goes on, and the next
try comes after a rest.
"""

import contextlib
import time
from collections.abc import Callable

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from service.intake.connection import BROKEN

ARCHIVE = "Tuntas-Arsip"
REST_SECONDS = 300
# Mails named in one command: 500 UIDs of ten digits are 5.5 KB, and servers take lines of 8 KB (RFC 7162 §4).
MOST_NAMED = 500
DELETED, SEEN = b"\\Deleted", b"\\Seen"


class Archive:
    """The archive of one connection. `permanent_flags` are those that the selected folder keeps; None: any."""

    def __init__(self, client: IMAPClient, permanent_flags: tuple[bytes, ...] | None, read_only: bool) -> None:
        self.problem = ""
        self._client = client
        self._flags = permanent_flags
        self._read_only = read_only
        self._rests_until = 0.0
        self._ready = False
        self._prefix: str | None = None
        if read_only:
            self.problem = "Kotak surat hanya dapat dibaca; surat yang sudah tersimpan tidak dapat dipindahkan ke arsip"

    @property
    def name(self) -> str:
        """The archive's full name: servers that keep all folders below the inbox want `INBOX.` before it."""
        if self._prefix is None:
            spaces = self._client.namespace().personal if self._client.has_capability("NAMESPACE") else None
            self._prefix = spaces[0][0] if spaces else ""
        return self._prefix + ARCHIVE

    def put(self, uids: list[int]) -> None:
        """Take these mails, which are stored by now, out of the folder. Raises BROKEN errors only."""
        if not uids or self._read_only or time.monotonic() < self._rests_until:
            return
        try:
            self._put(uids)
            self.problem = ""
        except BROKEN:
            raise
        except IMAPClientError as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            self.problem = f"Surat yang sudah tersimpan tidak dapat dipindahkan ke arsip: {error}"

    def put_left_over(self, uids: list[int]) -> None:
        """The same for mails that were stored before this connection: see above why only MOVE may be repeated."""
        if self._client.has_capability("MOVE"):
            for start in range(0, len(uids), MOST_NAMED):
                self.put(uids[start : start + MOST_NAMED])

    def _put(self, uids: list[int]) -> None:
        client = self._client
        if client.has_capability("MOVE"):
            self._into_archive(client.move, uids)
        elif client.has_capability("UIDPLUS") and self._keeps(DELETED):
            self._into_archive(client.copy, uids)
            client.add_flags(uids, [DELETED], silent=True)
            client.uid_expunge(uids)
        elif self._keeps(SEEN):
            client.add_flags(uids, [SEEN], silent=True)

    def _keeps(self, flag: bytes) -> bool:
        return self._flags is None or flag.lower() in (kept.lower() for kept in self._flags)

    def _into_archive(self, action: Callable[[list[int], str], object], uids: list[int]) -> None:
        """Both actions are all or nothing, so they may be repeated when the folder was missing."""
        if not self._ready:
            self._make()
        try:
            action(uids, self.name)
        except BROKEN:
            raise
        except IMAPClientError:
            if self._client.folder_exists(self.name):
                raise
            self._make()
            action(uids, self.name)

    def _make(self) -> None:
        if not self._client.folder_exists(self.name):
            with contextlib.suppress(IMAPClientError):  # another poller may have made it; if not, the action says so
                self._client.create_folder(self.name)
        self._ready = True
