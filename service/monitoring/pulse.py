"""Signs of life: each part notes when it last did its work, or since when it fails.

Written where the work is done, so that a part that is never run, hangs or fails every time is missed by the watch
(`monitoring.watch`). A note that cannot be written stops nobody's work.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from service import clock
from service.deadlines import outages
from service.monitoring.records import Heartbeat
from service.outbox.smtp import Outcome
from service.tables import Session

log = structlog.get_logger()
Transaction = Callable[[], AbstractContextManager[Session]]

# The jobs that a worker must do again and again, by the name of their function.
JOBS = ("process_mail", "deliver_mail", "sweep_deadlines", "send_digests", "anchor_day")
SMTP = "smtp"  # a server took a mail
FIRST_SMTP = "first_smtp"  # that was the preferred one
WATCH, WATCH_BEGAN = "watch", "watch_began"  # the watch's last turn, and since when it turns without a gap
SWEPT = "swept"  # a sweep of the clocks began, whether it went well or not
DESK_TOLD = "desk_told_of_quarantine"

# How often a process notes that all goes well.
NOTE_SECONDS = 10
# So many different recipients refused in a row, and none accepted, are no longer their own fault.
REFUSED_IN_A_ROW = 5
_noted: dict[str, float] = {}


def beat(session: Session, name: str, at: datetime | None = None) -> None:
    """Note that `name` has just done its work (or did at `at`, aware)."""
    values = {"at": at or clock.now(), "failing_since": None, "words": ""}
    note = insert(Heartbeat).values(name=name, **values)
    session.execute(note.on_conflict_do_update(index_elements=["name"], set_=values))


def falter(session: Session, name: str, words: str) -> None:
    """Note that `name` fails, with the last words of the fault; since when it does stays."""
    note = insert(Heartbeat).values(name=name, at=None, failing_since=clock.now(), words=words[:500])
    kept = func.coalesce(Heartbeat.failing_since, note.excluded.failing_since)
    session.execute(
        note.on_conflict_do_update(index_elements=["name"], set_={"failing_since": kept, "words": note.excluded.words})
    )


@contextmanager
def beating(transaction: Transaction, name: str) -> Iterator[None]:
    """Note how the work inside went. What it raises is raised on."""
    try:
        yield
    except Exception as error:
        note(transaction, name, f"{type(error).__name__}: {error}".splitlines()[0])
        raise
    note(transaction, name)


def note(transaction: Transaction, name: str, fault: str = "") -> None:
    """Write a sign of life (or a fault) in a transaction of its own, at most every ten seconds while all goes well."""
    now = time.monotonic()
    if not fault and now - _noted.get(name, -NOTE_SECONDS) < NOTE_SECONDS:
        return
    try:
        with transaction() as session:
            if fault:
                falter(session, name, fault)
            else:
                if name == SMTP:
                    _note_sending_again(session)
                beat(session, name)
    except Exception as error:
        log.warning("sign_of_life_not_noted", name=name, error=type(error).__name__)
        return
    if fault:
        _noted.pop(name, None)  # so that the next success is noted at once
    else:
        _noted[name] = now


def _note_sending_again(session: Session) -> None:
    last = session.get(Heartbeat, SMTP)
    outages.note(session, outages.SENDING, last.failing_since if last else None, clock.now())


def note_sweep(transaction: Transaction) -> None:
    """Note that the clocks are swept now; and, before that, since when they had not been, if that was long."""
    now = clock.now()
    with transaction() as session:
        last = session.get(Heartbeat, SWEPT)
        if last and last.at and now - last.at < timedelta(seconds=NOTE_SECONDS) * clock.speed():
            return
        outages.note(session, outages.WORKING, last.at if last else None, now)
        beat(session, SWEPT, now)


class Sender(Protocol):
    """What delivery speaks to."""

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome: ...


class NotingSender:
    """A way out that remembers how it went: whether a server took a mail, or none would talk to us."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._refused: set[str] = set()
        self._fault = ""
        self._took = False
        self._passed_over: str | None = None  # why; "" when the preferred server took a mail; None: no news

    @property
    def failing(self) -> bool:
        """Whether, as far as is known since `write_down`, no server takes mail."""
        return bool(self._fault)

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        """Hand the mail on, and remember the outcome."""
        outcome = self._sender.send(sender, recipient, raw)
        if outcome.sent or outcome.passed_over:
            self._passed_over = outcome.passed_over
        if outcome.sent:
            self._took, self._fault = True, ""
            self._refused.clear()
        elif not outcome.reachable:
            self._fault = outcome.words
        else:
            self._refused.add(recipient)
            if len(self._refused) >= REFUSED_IN_A_ROW:
                self._fault = outcome.words
        return outcome

    def write_down(self, transaction: Transaction) -> None:
        """Note what happened since the last call; nothing when nothing was sent."""
        if self._fault:
            note(transaction, SMTP, self._fault)
        elif self._took:
            note(transaction, SMTP)
        if self._passed_over is not None:
            note(transaction, FIRST_SMTP, self._passed_over)
        self._took, self._fault, self._passed_over = False, "", None
