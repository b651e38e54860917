"""An IMAP server that can be told to misbehave, for one client at a time.

It keeps one folder and one archive in memory, numbers its mails as real servers do (positions shift when one goes,
UIDs stay), and writes down what it was told. `trouble(command)` is asked before each command: what it returns is the
answer ("NO full"), HANG_UP ends the connection, SILENCE says nothing more, MIDWAY breaks off within the answer.
"""

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

HANG_UP, SILENCE, MIDWAY = "hang up", "silence", "midway"
ARRIVED = '"23-Nov-2026 08:00:00 +0700"'


@dataclass
class Kept:
    """One mail in the folder."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


class ImapServer:
    """Listens on 127.0.0.1; `url` is what IMAP_URL would hold. Use as a context manager."""

    def __init__(self) -> None:
        self.mails: list[Kept] = []
        self.archive: list[Kept] = []
        self.capabilities = "IMAP4rev1 UIDPLUS MOVE"
        self.trouble: Callable[[str], str | None] = lambda command: None
        self.left_out: set[int] = set()  # UIDs that FETCH does not speak of
        self.said: list[str] = []
        self.open_now, self.open_most, self.opened = 0, 0, 0
        self._next_uid = 1
        self._selected = self.mails
        self._count = threading.Lock()
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen)]
        self.url = f"imap://lapor:any@127.0.0.1:{self._listener.getsockname()[1]}/INBOX"

    def __enter__(self) -> "ImapServer":
        self._threads[0].start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        with socket.create_connection(self._listener.getsockname()):
            pass  # wakes the one that listens
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def deliver(self, raw: bytes, *flags: str) -> int:
        """Put a mail into the folder; returns its UID."""
        uid, self._next_uid = self._next_uid, self._next_uid + 1
        self.mails.append(Kept(uid, raw, set(flags)))
        return uid

    @property
    def archived(self) -> list[bytes]:
        """What lies in the archive."""
        return [kept.raw for kept in self.archive]

    def commands(self, word: str) -> list[str]:
        """The commands so far that hold this word."""
        return [command for command in self.said if word in command]

    def _listen(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._stopping.is_set():
                client.close()
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with self._count:
            self.opened, self.open_now = self.opened + 1, self.open_now + 1
            self.open_most = max(self.open_most, self.open_now)
        client.settimeout(0.05)
        try:
            with client:
                self._converse(client)
        except OSError:
            pass  # the other side has gone
        finally:
            with self._count:
                self.open_now -= 1

    def _converse(self, client: socket.socket) -> None:
        if not self._answer(client, "*", "GREETING"):
            return
        waiting = b""
        while not self._stopping.is_set():
            if b"\r\n" not in waiting:
                more = self._hear(client)
                if more == b"":
                    return
                waiting += more or b""
                continue
            line, _, waiting = waiting.partition(b"\r\n")
            tag, _, command = line.decode().strip().partition(" ")
            self.said.append(command)
            if not self._answer(client, tag, command):
                return

    def _hear(self, client: socket.socket) -> bytes | None:
        try:
            return client.recv(65536)
        except TimeoutError:
            return None

    def _answer(self, client: socket.socket, tag: str, command: str) -> bool:
        """Answer one command; False ends the connection."""
        trouble = self.trouble(command)
        if trouble == SILENCE:
            while not self._stopping.is_set() and self._hear(client) != b"":
                pass
        if trouble in (HANG_UP, SILENCE):
            return False
        if trouble and trouble != MIDWAY:
            client.sendall(f"{tag} {trouble}\r\n".encode())
            return True
        said = self._do(command)
        if trouble == MIDWAY:
            client.sendall(said[: max(1, len(said) // 2)])
            return False
        client.sendall(said + f"{tag} OK done\r\n".encode())
        return not command.startswith("LOGOUT")

    def _do(self, command: str) -> bytes:
        name = command.upper().removeprefix("UID ").split(" ")[0].lower()
        work = getattr(self, f"_{name}", None)
        return work(command) if work else b""

    def _capability(self, command: str) -> bytes:
        return f"* CAPABILITY {self.capabilities}\r\n".encode()

    def _logout(self, command: str) -> bytes:
        return b"* BYE\r\n"

    def _select(self, command: str) -> bytes:
        self._selected = self.archive if "Arsip" in command else self.mails
        return f"* {len(self._selected)} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n".encode()

    _examine = _select

    def _list(self, command: str) -> bytes:
        return b'* LIST (\\HasNoChildren) "/" "Tuntas-Arsip"\r\n' if "Arsip" in command else b""

    def _search(self, command: str) -> bytes:
        wanted = command.rpartition(" ")[2]
        if " UID " in command:
            found = self._named(wanted)
        else:  # by position
            low, _, high = wanted.partition(":")
            found = self._selected[int(low) - 1 : None if high == "*" else int(high or low)]
        return ("* SEARCH" + "".join(f" {kept.uid}" for kept in found) + "\r\n").encode()

    def _fetch(self, command: str) -> bytes:
        _, _, uids, wanted = command.split(" ", 3)
        said = b""
        for kept in (kept for kept in self._named(uids) if kept.uid not in self.left_out):
            items = [f"UID {kept.uid}".encode()]
            if "FLAGS" in wanted:
                items.append(f"FLAGS ({' '.join(sorted(kept.flags))})".encode())
            if "RFC822.SIZE" in wanted:
                items.append(f"RFC822.SIZE {len(kept.raw)}".encode())
            if "INTERNALDATE" in wanted:
                items.append(f"INTERNALDATE {ARRIVED}".encode())
            if "HEADER.FIELDS" in wanted:
                line = next((line for line in kept.raw.split(b"\r\n") if line.lower().startswith(b"message-id:")), b"")
                items.append(b"BODY[HEADER.FIELDS (MESSAGE-ID)] {%d}\r\n%b\r\n\r\n" % (len(line) + 4, line))
            if "[]" in wanted:
                items.append(b"BODY[] {%d}\r\n%b" % (len(kept.raw), kept.raw))
                if "PEEK" not in wanted:
                    kept.flags.add("\\Seen")
            position = self._selected.index(kept) + 1
            said += b"* %d FETCH (%b)\r\n" % (position, b" ".join(items))
        return said

    def _store(self, command: str) -> bytes:
        _, _, uids, wanted = command.split(" ", 3)
        for kept in self._named(uids):
            kept.flags.update(re.findall(r"\\\w+", wanted))
        return b""

    def _copy(self, command: str) -> bytes:
        for kept in self._named(command.split(" ")[2]):
            self.archive.append(Kept(len(self.archive) + 1, kept.raw, set(kept.flags)))
        return b""

    def _move(self, command: str) -> bytes:
        self._copy(command)
        return self._remove(self._named(command.split(" ")[2]))

    def _expunge(self, command: str) -> bytes:
        marked = [kept for kept in self._selected if "\\Deleted" in kept.flags]
        named = self._named(command.split(" ")[2]) if command.upper().startswith("UID") else marked
        return self._remove([kept for kept in marked if kept in named])

    def _remove(self, gone: list[Kept]) -> bytes:
        said = b""
        for kept in gone:
            said += b"* %d EXPUNGE\r\n" % (self._selected.index(kept) + 1)
            self._selected.remove(kept)
        return said

    def _named(self, uids: str) -> list[Kept]:
        """The mails of a UID set such as `1:3,5` or `7:*`, by position."""
        last = self._selected[-1].uid if self._selected else 0
        found = set()
        for piece in uids.split(","):
            low, _, high = piece.partition(":")
            first = last if low == "*" else int(low)
            end = last if high == "*" else int(high or first)
            found |= set(range(min(first, end), max(first, end) + 1))
        return [kept for kept in self._selected if kept.uid in found]
