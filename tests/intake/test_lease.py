"""One poller reads a mailbox; when it dies or freezes, another takes over within 30 s and nothing is doubled."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from service.database import transaction
from service.intake import lease, poll
from service.intake.lease import Keeper
from service.intake.mailbox import ImapMailbox
from service.intake.records import Mailbox
from service.tables import Session
from tests.intake.dovecot import Dovecot, dovecot
from tests.intake.reading import letter, letters, numbered, stored, subjects
from tests.road.parts import wait_for
from tests.road.processes import Processes, plain_environment
from worker import poller

NAME = "lapor@imap/INBOX"


@pytest.fixture
def server(app: Flask) -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


@pytest.fixture
def pollers(server: Dovecot, database_url: str, tmp_path: Path) -> Iterator[Processes]:
    """Two pollers on the tests' own database; the first has the lease."""
    environment = plain_environment() | {
        name: os.environ[name]
        for name in ("TUNTAS_HOME", "BLOB_URL", "REDIS_URL", "SMTP_URL", "MAIL_ADDRESS", "PUBLIC_URL", "SECRET_KEY")
    }
    environment |= {"DATABASE_URL": database_url, "IMAP_URL": server.url, "TUNTAS_ENV": "test", "POLL_SECONDS": "1"}
    processes = Processes(tmp_path / "log")
    try:
        server.deliver(letter(1))
        processes.start("first", [sys.executable, "-m", "worker", "poller"], environment)
        wait_for(lambda: len(stored()) == 1, "the first poller")
        processes.start("second", [sys.executable, "-m", "worker", "poller"], environment)
        yield processes
    finally:
        for name in processes.running:
            processes.signal(name, signal.SIGCONT)
        processes.end_all()


@pytest.mark.real
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_standby_takes_over_within_half_a_minute(server: Dovecot, pollers: Processes, number: int) -> None:
    time.sleep(3)  # the second one stands by
    pollers.signal("first", number)
    time.sleep(0.5)
    began = time.monotonic()
    server.deliver(*letters(3)[1:])
    wait_for(lambda: len(stored()) == 3, "the standby", seconds=30)
    assert time.monotonic() - began < 27
    pollers.signal("first", signal.SIGCONT)  # one that was frozen wakes up, and finds itself replaced
    server.deliver(*letters(9)[3:])
    wait_for(lambda: len(stored()) == 9, "the rest")
    time.sleep(2)
    assert subjects() == numbered(9)
    assert server.subjects("Tuntas-Arsip") == numbered(9)


def test_the_numbers_leave_time_to_connect() -> None:
    assert poll.LEASE.total_seconds() + poller.STANDBY_SECONDS + 5 < 30
    assert poll.LEASE.total_seconds() > lease.RENEW_SECONDS * 3


@pytest.mark.real
def test_a_long_fetch_does_not_lose_the_lease(app: Flask, server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "LEASE", poll.timedelta(seconds=2))
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.5)
    server.deliver(letter(1))

    @contextmanager
    def anywhere() -> Iterator[Session]:
        with app.app_context(), transaction() as session:
            yield session

    others: list[bool] = []
    real = ImapMailbox.fetch

    def slowly(self: ImapMailbox, uids: list[int], folder: str = "") -> object:
        for _ in range(4):
            time.sleep(1)
            others.append(poll.take_lease(transaction, NAME, "another"))
        return real(self, uids, folder)

    monkeypatch.setattr(ImapMailbox, "fetch", slowly)
    assert poll.take_lease(transaction, NAME, "one")
    folder = ImapMailbox(server.url)
    with Keeper(anywhere, NAME, "one") as kept:
        assert poll.turn(transaction, folder, NAME, "one", first=True) == 1
        assert not kept.lost()
    folder.close()
    assert others == [False] * 4
    time.sleep(2.1)
    assert poll.take_lease(transaction, NAME, "another")  # nobody renews it any more


def test_who_has_lost_the_lease_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.05)

    @contextmanager
    def anywhere() -> Iterator[Session]:
        with app.app_context(), transaction() as session:
            yield session

    assert poll.take_lease(transaction, NAME, "one")
    with Keeper(anywhere, NAME, "one") as kept:
        with transaction() as session:
            session.execute(update(Mailbox).values(leased_by="another"))
        wait_for(kept.lost, "the keeper", seconds=5)


def test_a_mailbox_that_is_named_twice_is_read_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[str] = []
    done = threading.Event()

    class Settings:
        imap_urls = ("imaps://a@h/INBOX", "imaps://b@h/INBOX", "imaps://a:other@h/INBOX?x=y")

    def watch(app: Flask, url: str, stop: threading.Event) -> None:
        watched.append(url)
        done.set()

    monkeypatch.setattr(poller, "settings", Settings)
    monkeypatch.setattr(poller, "_watch", watch)
    monkeypatch.setattr(poller.signal, "signal", lambda *_: None)
    assert poller.run(app) == 0
    assert len(watched) == 2
