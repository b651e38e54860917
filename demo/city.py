"""The simulated city at work: a queue of what people will do, hands that do it, and eyes on the mail.

Nothing here may end the demo: whatever the web or the mail server refuses is tried again, a few times.
"""

import heapq
import http.client
import logging
import queue
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from demo import photos, words
from demo.acts import Act, Assign, FillForm, Post
from demo.browser import Browser, WrongPageError
from demo.clients import compose
from demo.desk import Desk
from demo.form import Form
from demo.notices import notice
from demo.people import People
from demo.post import send
from demo.schedule import Telling
from service import clock

HANDS = 4
LOOK_SECONDS = 0.6
TRIES, PAUSE_SECONDS = 8, 3.0
# Faults that may pass: the web or the mail server is slow or away, or a page is not ready yet.
PASSING = (OSError, smtplib.SMTPException, http.client.HTTPException, WrongPageError, ValueError)
log = logging.getLogger("demo")


class City:
    """Runs until `stopping` is set. `say` prints one line."""

    def __init__(
        self,
        people: People,
        tellings: Iterator[Telling],
        form: Form,
        desk: Desk,
        smtp_url: str,
        public_url: str,
        say: Callable[[str], None],
    ) -> None:
        self.people = people
        self.tellings = tellings
        self.form = form
        self.desk = desk
        self.smtp_url = smtp_url
        self.public_url = public_url
        self.stopping = threading.Event()
        self._say = say
        self._planned: list[tuple[datetime, int, Act]] = []
        self._count = 0
        self._lock = threading.Lock()
        self._hands: queue.Queue[tuple[Act, int]] = queue.Queue()
        self._said: set[str] = set()

    def run(self) -> None:
        """Play. The threads are daemons: when this returns, the process may end at once."""
        for number in range(HANDS):
            threading.Thread(target=self._work, name=f"hand-{number}", daemon=True).start()
        threading.Thread(target=self._watch, name="eyes", daemon=True).start()
        coming = next(self.tellings)
        while not self.stopping.wait(0.05):
            now = clock.now()
            while coming.at <= now:
                self._hands.put((self.people.tell(coming), 1))
                coming = next(self.tellings)
            for act in self._due(now):
                self._hands.put((act, 1))

    def plan(self, act: Act) -> None:
        """Have something done at its instant."""
        with self._lock:
            self._count += 1
            heapq.heappush(self._planned, (act.at, self._count, act))

    def _due(self, now: datetime) -> list[Act]:
        found = []
        with self._lock:
            while self._planned and self._planned[0][0] <= now:
                found.append(heapq.heappop(self._planned)[2])
        return found

    def _work(self) -> None:
        while not self.stopping.is_set():
            act, attempt = self._hands.get()
            try:
                self._do(act)
            except PASSING as error:
                log.debug("attempt %s of %r: %s", attempt, act.line, error)
                self._again(act, attempt, error)
            except Exception:
                log.exception("cannot do: %s", act.line)

    def _again(self, act: Act, attempt: int, error: Exception) -> None:
        if attempt >= TRIES:
            self._say_at(f"   (tidak jadi: {act.line}; {error})")
            return
        timer = threading.Timer(PAUSE_SECONDS * attempt, self._hands.put, [(act, attempt + 1)])
        timer.daemon = True
        timer.start()

    def _do(self, act: Act) -> None:
        if isinstance(act, Post):
            self._post(act)
            return
        if isinstance(act, FillForm):
            self.form.fill_in(act.story, photos.make(*act.photo) if act.photo else None)
            done = True
        elif isinstance(act, Assign):
            done = self.desk.assign(act.number, act.agency)
        elif act.rejected:
            done = self.desk.reject(act.number, act.words)
        else:
            done = self.desk.answer(act.number, act.words)
        if done:
            self._say_at(act.line)

    def _post(self, act: Post) -> None:
        if act.first_answer and act.letter.to in self.people.answered:
            return
        photo = photos.make(*act.photo) if act.photo else None
        letter = replace(act.letter, at=clock.now(), photo=photo)
        raw = compose(act.client, letter, self.people.town.zone)
        send(self.smtp_url, letter.from_address, letter.to, raw)
        self._say_at(act.line)

    def _watch(self) -> None:
        """Read every new mail as soon as it lies in its mailbox."""
        browser = Browser(self.public_url)
        seen = ""
        while not self.stopping.wait(LOOK_SECONDS):
            try:
                mails = browser.json(f"/mailbox/api/messages?after={seen}")
            except PASSING as error:
                log.debug("mailbox: %s", error)
                time.sleep(1)
                continue
            for mail in sorted(mails, key=lambda mail: mail["id"]):
                seen = mail["id"]
                try:
                    self._read(mail)
                except Exception:
                    log.exception("cannot read mail %s", seen)

    def _read(self, mail: dict[str, Any]) -> None:
        read = notice(mail, self.people.town.mail_address)
        for act in self.people.read(read):
            self.plan(act)
        line = words.said_by_tuntas(read, self.public_url)
        once = f"{read.kind} {read.number or read.subject}"
        if line and once not in self._said:
            self._said.add(once)
            self._say_at(line, read.received)

    def _say_at(self, line: str, at: datetime | None = None) -> None:
        if not self.stopping.is_set():
            self._say(f"{words.stamp(at or clock.now(), self.people.town.zone)}  {line}")
