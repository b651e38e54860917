"""The world outside: mail servers that hand mails over until they are taken, and people who answer their letters."""

import contextlib
import heapq
import smtplib
import threading
import time
from itertools import count
from pathlib import Path

from bench.torture import letters
from bench.torture.letters import Planned
from service.mail.message import Message
from service.mail.parse import parse
from tests.road.debian import DebianParts
from tests.road.parts import HOST, MAIL_ADDRESS

SENDERS = 4
RETRY_SECONDS = 0.7
LOOK_SECONDS = 0.5
_NOT_TAKEN = (OSError, smtplib.SMTPException)


class Post:
    """Sends mails when it is time, again and again until the server has said 250."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._due: list[tuple[float, int, Planned]] = []
        self._order = count()
        self._lock = threading.Condition()
        self._over = False
        self.busy = 0
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def put(self, planned: Planned, at: float) -> None:
        """Have it sent at the monotonic second `at`; as often as it is to be."""
        with self._lock:
            for _ in range(planned.times):
                heapq.heappush(self._due, (at, next(self._order), planned))
            self._lock.notify_all()

    def left(self) -> int:
        """How many sendings have not been taken yet."""
        with self._lock:
            return len(self._due) + self.busy

    def close(self) -> None:
        """Send no more."""
        with self._lock:
            self._over = True
            self._lock.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while planned := self._next():
            taken = self._hand_over(planned)
            with self._lock:
                self.busy -= 1
                if taken:
                    planned.accepted.append(time.time())
                else:
                    heapq.heappush(self._due, (time.monotonic() + RETRY_SECONDS, next(self._order), planned))

    def _next(self) -> Planned | None:
        with self._lock:
            while not self._over:
                wait = self._due[0][0] - time.monotonic() if self._due else 1.0
                if wait <= 0:
                    self.busy += 1
                    return heapq.heappop(self._due)[2]
                self._lock.wait(min(wait, 1.0))
        return None

    def _hand_over(self, planned: Planned) -> bool:
        """One conversation, as another city's mail server has it; False when the mail is to be sent again."""
        try:
            client = smtplib.SMTP(HOST, self._port, timeout=20)
        except _NOT_TAKEN:
            return False
        try:
            client.ehlo()
            client.mail(planned.sender)
            taken = all(client.rcpt(recipient)[0] == 250 for recipient in planned.recipients)
            return taken and client.data(planned.raw)[0] == 250
        except _NOT_TAKEN:
            return False
        finally:
            with contextlib.suppress(*_NOT_TAKEN):
                client.quit()
            client.close()


class Readers:
    """Citizens and officers who look into their mailboxes and answer, each complaint's letters once."""

    def __init__(self, parts: DebianParts, post: Post, mails: list[Planned]) -> None:
        self._home = parts.maildir("x@y").parent.parent
        self._ours = parts.maildir(MAIL_ADDRESS)
        self._post = post
        self._by_sender = {planned.sender: planned.id for planned in mails if planned.sort in letters.COMPLAINTS}
        self._to_answer: dict[tuple[str, str], list[Planned]] = {}
        for planned in mails:
            if planned.sort in letters.REPLY_SHARES:
                side = "citizen" if planned.sort in ("follow-up", "bounce") else "agency"
                self._to_answer.setdefault((planned.about, side), []).append(planned)
        self._seen: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def left(self) -> int:
        """How many answers wait for a letter that has not arrived."""
        return sum(len(waiting) for waiting in list(self._to_answer.values()))

    def close(self) -> None:
        """Read no more."""
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            for folder in self._home.glob("*/*"):
                if folder != self._ours:
                    self._read(folder)

    def _read(self, folder: Path) -> None:
        reader = f"{folder.name}@{folder.parent.name}"
        for path in (folder / "new").glob("*"):
            if path.name in self._seen:
                continue
            self._seen.add(path.name)
            raw = path.read_bytes()
            letter = parse(raw)
            side = "citizen" if reader in self._by_sender else "agency"
            quoted = letters.QUOTED_MARK.search(letter.text)
            about = self._by_sender.get(reader) or (f"m{quoted[1]}" if quoted else "")
            for planned in self._to_answer.pop((about, side), ()):
                self._answer(planned, letter, reader)

    def _answer(self, planned: Planned, letter: Message, reader: str) -> None:
        if planned.sort == "bounce":
            letters.bounce_of(planned, letter.message_id, letter.return_path or MAIL_ADDRESS)
        else:
            letters.reply_to(planned, letter, reader)
        self._post.put(planned, time.monotonic())
