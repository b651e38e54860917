"""The poller: one thread a mailbox, reading by IDLE with a poll behind it."""

import os
import random
import signal
import socket
import threading
from collections.abc import Callable

import structlog
from flask import Flask

from service.config import settings
from service.database import transaction
from service.intake import poll
from service.intake.mailbox import ImapMailbox, name_of

log = structlog.get_logger()
STANDBY_SECONDS = 3
LONGEST_PAUSE_SECONDS = 60


def run(app: Flask) -> int:
    """Read every mailbox of IMAP_URL until SIGTERM or SIGINT; a batch in hand is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [threading.Thread(target=_watch, args=(app, url, stop)) for url in settings().imap_urls]
    for thread in threads:
        thread.start()
    while not stop.is_set() and any(thread.is_alive() for thread in threads):
        stop.wait(1)
    for thread in threads:
        thread.join()
    return 0


def _watch(app: Flask, url: str, stop: threading.Event) -> None:
    """Keep one mailbox read: take the lease or stand by, reconnect with growing pauses after faults."""
    name, owner = name_of(url), f"{socket.gethostname()}:{os.getpid()}"
    faults = 0

    def well() -> None:
        nonlocal faults
        faults = 0

    with app.app_context():
        while not stop.is_set():
            try:
                if not poll.take_lease(transaction, name, owner):
                    stop.wait(STANDBY_SECONDS)
                    continue
                _read(url, name, owner, stop, well)
            except Exception as error:
                faults += 1
                pause = min(LONGEST_PAUSE_SECONDS, 2**faults) * random.uniform(0.7, 1.3)  # noqa: S311
                log.warning("mailbox_fault", mailbox=name, error=f"{type(error).__name__}: {error}", pause=round(pause))
                _note(name, error)
                stop.wait(pause)
        _let_go(name, owner)


def _read(url: str, name: str, owner: str, stop: threading.Event, well: Callable[[], None]) -> None:
    """One connection's life: read, wait for news, read again; ends on a fault or when the lease is lost.

    `well` is called after each reading: a connection that breaks now and then is no reason for longer pauses.
    """
    folder = ImapMailbox(url)
    log.info("mailbox_connected", mailbox=name)
    try:
        first = True
        while not stop.is_set() and poll.take_lease(transaction, name, owner):
            poll.turn(transaction, folder, name, owner, first=first)
            first = False
            well()
            folder.wait(settings().poll_seconds, stop.is_set)
    finally:
        folder.close()


def _note(name: str, error: Exception) -> None:
    try:
        poll.note_problem(transaction, name, f"{type(error).__name__}: {error}")
    except Exception:
        log.warning("problem_not_noted", mailbox=name)


def _let_go(name: str, owner: str) -> None:
    try:
        poll.give_up_lease(transaction, name, owner)
    except Exception:
        log.warning("lease_not_given_up", mailbox=name)
