"""The poller: one thread and one connection a mailbox, reading by IDLE with a poll behind it."""

import os
import random
import secrets
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from flask import Flask
from imapclient.exceptions import LoginError
from sqlalchemy.orm import Session

from service.config import settings
from service.database import transaction
from service.intake import poll, reconcile
from service.intake.lease import Keeper
from service.intake.mailbox import ImapMailbox, name_of
from service.intake.poll import Doubts

log = structlog.get_logger()
STANDBY_SECONDS = 2
LONGEST_PAUSE_SECONDS = 60
# A server that refuses the password may lock out who asks again and again.
LONGEST_LOGIN_PAUSE_SECONDS = 300
BUSY = ("UNAVAILABLE", "INUSE", "LIMIT")  # what RFC 5530 calls a refusal that will pass


def run(app: Flask) -> int:
    """Read every mailbox of IMAP_URL until SIGTERM or SIGINT; a batch in hand is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    urls = {name_of(url): url for url in settings().imap_urls}  # one that is named twice is read once
    threads = [threading.Thread(target=_watch, args=(app, url, stop)) for url in urls.values()]
    for thread in threads:
        thread.start()
    while not stop.is_set() and any(thread.is_alive() for thread in threads):
        stop.wait(1)
    for thread in threads:
        thread.join()
    return 0


def _watch(app: Flask, url: str, stop: threading.Event) -> None:
    """Keep one mailbox read: take the lease or stand by, reconnect with growing pauses after faults."""
    # Two containers may have the same name and process number.
    name, owner = name_of(url), f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    faults, doubts = 0, Counter[int]()

    def well() -> None:
        nonlocal faults
        faults = 0

    @contextmanager
    def anywhere() -> Iterator[Session]:
        with app.app_context(), transaction() as session:
            yield session

    with app.app_context():
        while not stop.is_set():
            try:
                if not poll.take_lease(transaction, name, owner):
                    stop.wait(STANDBY_SECONDS)
                    continue
                with Keeper(anywhere, name, owner) as lease:
                    _read(url, name, owner, lambda lease=lease: stop.is_set() or lease.lost(), well, doubts)
            except Exception as error:
                faults += 1
                pause = _pause(faults, error)
                log.warning("mailbox_fault", mailbox=name, error=f"{type(error).__name__}: {error}", pause=round(pause))
                _note(name, error)
                _let_go(name, owner)  # the standby may have a better way to the server
                stop.wait(pause)
        _let_go(name, owner)


def _pause(faults: int, error: Exception) -> float:
    refused = isinstance(error, LoginError) and not any(word in str(error) for word in BUSY)
    longest = LONGEST_LOGIN_PAUSE_SECONDS if refused else LONGEST_PAUSE_SECONDS
    return min(longest, 2**faults) * random.uniform(0.7, 1.3)  # noqa: S311


def _read(
    url: str, name: str, owner: str, ending: Callable[[], bool], well: Callable[[], None], doubts: Doubts
) -> None:
    """One connection's life: read, wait for news, read again; ends on a fault or when the lease is lost.

    `well` is called after each reading: a connection that breaks now and then is no reason for longer pauses.
    """
    folder = ImapMailbox(url)
    log.info("mailbox_connected", mailbox=name)

    def turn(first: bool = False) -> None:
        poll.turn(transaction, folder, name, owner, first=first, doubts=doubts, stopping=ending)
        well()

    try:
        turn(first=True)
        while not ending():
            if reconcile.is_due(transaction, name):
                reconcile.nightly(transaction, folder, name, between=turn, stopping=ending)
            folder.wait(settings().poll_seconds, ending)
            if not ending():
                turn()
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
