"""Servers that hang, say goodbye or refuse everything: that ends the connection, and no mail is given up for it."""

import hashlib
import socket
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from imapclient.exceptions import LoginError
from sqlalchemy import update

from service.database import transaction
from service.intake import mailbox, unread
from service.intake.mailbox import BROKEN, NothingDeliveredError
from service.intake.records import QUARANTINED, STORED, InboundMail
from tests.intake.reading import Reader, judge, letters, numbered, read, stored, subjects
from tests.intake.reading import mailbox as row_of
from tests.lessons.imap_server import ImapServer
from worker import poller

pytestmark = pytest.mark.usefixtures("directory")


class HangingServer(ImapServer):
    """Falls silent in the middle of a mail's bytes while `hanging`."""

    hanging = False

    def _answer(self, client: socket.socket, tag: str, command: str) -> bool:
        if not (self.hanging and "BODY" in command):
            return super()._answer(client, tag, command)
        said = self._do(command)
        client.sendall(said[: len(said) - 20])
        while not self._stopping.is_set() and self._hear(client) != b"":
            pass
        return False


@pytest.fixture
def server(app: Flask) -> Iterator[HangingServer]:
    with HangingServer() as running:
        for raw in letters(3):
            running.deliver(raw)
        yield running


def test_a_server_that_hangs_in_the_middle_of_a_mail_is_given_up(server: HangingServer) -> None:
    server.hanging = True
    began = time.monotonic()
    with Reader(server.url, timeout=0.5) as reader, pytest.raises(BROKEN):
        reader.turn()
    assert time.monotonic() - began < 5
    server.hanging = False
    assert read(server.url) == 3


@pytest.mark.parametrize("word", ["NOOP", "SEARCH", "IDLE", "SIZE", "BODY", "MOVE"])
def test_a_server_that_says_goodbye_is_left_and_found_again(server: HangingServer, word: str) -> None:
    server.capabilities += " IDLE"
    goodbyes: list[str] = []

    def goodbye(command: str) -> str | None:
        if word in command and "CAPABILITY" not in command and not goodbyes:
            goodbyes.append(command)
            return "NO gone\r\n* BYE server is shutting down"
        return None

    server.trouble = goodbye
    with pytest.raises((*BROKEN, mailbox.IMAPClientError)), Reader(server.url, timeout=1) as reader:  # noqa: PT012
        for _ in range(4):
            reader.turn()
            reader.folder.wait(1, lambda: False)
        raise BrokenPipeError("a MOVE that was refused breaks nothing")
    server.trouble = lambda command: None
    read(server.url)
    judge()
    assert subjects() == numbered(3)


def test_a_server_that_delivers_nothing_for_a_while_has_no_mail_recorded_for_it(server: HangingServer) -> None:
    server.trouble = lambda command: "NO [UNAVAILABLE] try later" if "BODY" in command else None
    doubts: Counter[int] = Counter()
    for _ in range(2):
        with Reader(server.url, doubts=doubts) as reader, pytest.raises(NothingDeliveredError):
            reader.turn()
    assert stored() == []
    assert row_of(server.url).read_until is None  # we are blind, and say so
    server.trouble = lambda command: None
    with Reader(server.url, doubts=doubts) as reader:
        assert reader.turn() == 3
    assert doubts == {}


def test_mails_that_stay_undelivered_are_recorded_in_the_end(server: HangingServer) -> None:
    server.trouble = lambda command: "NO [SERVERBUG] no" if "BODY" in command else None
    doubts: Counter[int] = Counter()
    for _ in range(3):
        with Reader(server.url, doubts=doubts) as reader, pytest.raises(NothingDeliveredError):
            reader.turn()
    server.deliver(letters(4)[3])
    server.trouble = lambda command: "NO [SERVERBUG] no" if "BODY" in command and " 4 " not in command else None
    with Reader(server.url, doubts=doubts) as reader:
        reader.turn()
    assert sorted(row.status for row in stored()) == [QUARANTINED] * 3 + [STORED]


def test_a_mail_of_no_bytes_is_a_mail(server: HangingServer) -> None:
    server.deliver(b"")
    assert read(server.url) == 4
    assert {row.size for row in stored() if row.uid == 4} == {0}
    judge()
    with Reader(server.url) as reader:
        reader.folder.fetch = lambda uids, folder="": pytest.fail("asked for again")  # type: ignore[method-assign]
        reader.turn()


def test_a_mail_that_is_too_large_is_recorded_and_not_fetched(
    server: HangingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("service.intake.poll", "service.intake.unread"):
        monkeypatch.setattr(f"{place}.LARGEST_BYTES", 1000)
    server.deliver(b"Subject: besar\r\n\r\n" + b"x" * 2000)
    assert read(server.url) == 4
    (held,) = [row for row in stored() if row.status == QUARANTINED]
    assert "lebih besar dari" in held.reason
    assert [command for command in server.commands("BODY") if " 4 " in command] == []
    assert unread.LARGEST_BYTES == 1000


@pytest.mark.parametrize("late", [False, True])
def test_a_large_mail_is_stored_whole(server: HangingServer, monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    monkeypatch.setattr("service.intake.storing.PIECE_BYTES", 1000)
    raw = b"Subject: besar\r\n\r\n" + bytes(range(256)) * 17
    server.deliver(raw)
    if late:
        server.trouble = lambda command: (
            "NO [INUSE] busy" if "BODY" in command and "4" in command.split(" ")[2] else None
        )
        read(server.url)
        server.trouble = lambda command: None
        with transaction() as session:
            session.execute(update(InboundMail).values(leased_until=None))
    read(server.url)
    (row,) = [row for row in stored() if row.uid == 4]
    assert (row.raw, row.size, row.sha256) == (raw, len(raw), hashlib.sha256(raw).hexdigest())


def test_pauses_after_a_refused_login_grow_longer_than_after_a_broken_line() -> None:
    refused, busy = LoginError("[AUTHENTICATIONFAILED] no"), LoginError("[UNAVAILABLE] later")
    assert 0.7 * 300 <= poller._pause(20, refused) <= 1.3 * 300
    assert poller._pause(20, busy) <= 1.3 * 60
    assert poller._pause(20, TimeoutError()) <= 1.3 * 60
    assert poller._pause(1, refused) <= 1.3 * 2


def test_commands_stay_short_however_many_mails_there_are(app: Flask) -> None:
    with ImapServer() as server:
        for raw in letters(2):
            server.deliver(raw)
        server._next_uid = 4_000_000_000
        for number in range(1500):
            server.deliver(b"Subject: %d\r\n\r\n" % number)
        assert read(server.url) == 1502
        assert max(len(command) for command in server.said) < 8000
