"""Reading a real Dovecot while mails vanish, cannot be had, are renumbered, or others use the mailbox."""

import contextlib
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from service.complaints.records import Complaint
from service.database import transaction
from service.intake import poll
from service.intake.mailbox import BROKEN, FolderChangedError, IMAPClientError
from service.intake.records import DISCARDED, DONE, QUARANTINED, InboundMail
from service.intake.watermark import sight
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.intake.dovecot import Dovecot, dovecot, without
from tests.intake.reading import Reader, judge, letter, letters, mailbox, numbered, read, stored, subjects

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("app")]


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


def files_of(server: Dovecot, subject: str) -> list[Path]:
    """Where the mails with this subject lie."""
    return [
        path
        for path in server.maildir.glob("*/*.*")
        if f"Subject: {subject}".encode() in path.read_bytes().splitlines()
    ]


def due_now() -> None:
    """Let the pauses before the next try pass."""
    with transaction() as session:
        session.execute(update(InboundMail).values(leased_until=None))


def test_mails_that_vanish_while_we_read_are_left_out_and_the_others_read(server: Dovecot) -> None:
    server.deliver(*letters(5))
    with Reader(server.url) as reader:
        listed = reader.folder.uids_above(0)
        with server.client() as somebody:
            somebody.delete_messages([2, 4])
            somebody.uid_expunge([2, 4])
        assert [mail.uid for mail in reader.folder.fetch(listed)] == [1, 3, 5]
        assert reader.folder.fetch([2]) == []
        assert reader.turn() == 3
    assert subjects() == ["Lampu 1", "Lampu 3", "Lampu 5"]


def test_a_mail_whose_file_vanishes_is_no_reason_to_stop(server: Dovecot) -> None:
    server.deliver(*letters(5))
    doubts: Counter[int] = Counter()
    with contextlib.suppress(*BROKEN), Reader(server.url, doubts=doubts) as reader:
        reader.folder.uids_above(0)
        files_of(server, "Lampu 3")[0].unlink()
        reader.turn()
    read_until_quiet(server, doubts)
    assert subjects() == ["Lampu 1", "Lampu 2", "Lampu 4", "Lampu 5"]


def read_until_quiet(server: Dovecot, doubts: "Counter[int]") -> None:
    """Read as the poller does: what breaks ends the connection, and the next one goes on."""
    for _ in range(8):
        with contextlib.suppress(*BROKEN), Reader(server.url, doubts=doubts) as reader:
            reader.turn()
            return
    raise AssertionError("never came to rest")


def test_a_mail_that_the_server_cannot_read_is_recorded_and_taken_once_it_can(
    server: Dovecot, session: Session, clock: FakeClock
) -> None:
    server.deliver(*letters(4))
    spoiled = files_of(server, "Lampu 2")[0]
    spoiled.chmod(0)  # Dovecot hangs up on whoever asks for it
    doubts: Counter[int] = Counter()
    read_until_quiet(server, doubts)
    assert subjects() == ["Lampu 1", "Lampu 3", "Lampu 4"]
    (held,) = [row for row in stored() if row.status == QUARANTINED]
    assert (held.uid, held.size) == (2, 0)
    assert "tidak dapat memberikan isi" in held.reason
    arrived = held.received_at
    assert sight(session).until <= arrived  # it may be the answer: nobody is accused meanwhile
    read_until_quiet(server, doubts)
    assert len(stored()) == 4
    due_now()
    read_until_quiet(server, doubts)
    assert len(stored()) == 4
    files_of(server, "Lampu 2")[0].chmod(0o600)
    due_now()
    read_until_quiet(server, doubts)
    assert subjects() == numbered(4)
    assert len(stored()) == 4
    judge()
    assert {row.status for row in stored()} == {DONE}
    assert server.subjects() == []


def test_the_pauses_between_tries_grow_to_an_hour(server: Dovecot) -> None:
    server.deliver(letter(1))
    with Reader(server.url) as reader:
        real = reader.folder.fetch
        reader.folder.fetch = lambda uids, folder="": [_refused(mail) for mail in real(uids, folder)]  # type: ignore
        reader.turn()
        pauses = []
        for _ in range(9):
            due_now()
            reader.turn()
            (row,) = stored()
            with transaction() as session:
                now = session.scalar(poll.select(poll.func.clock_timestamp()))
            pauses.append(round((row.leased_until - now).total_seconds() / 60))
        reader.turn()  # not due: not asked for
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def _refused(mail):
    return poll.Fetched(mail.uid, mail.received_at, None, "NO [INUSE] Mailbox is busy")


def test_a_mail_that_was_given_up_is_set_aside_when_the_folder_is_renumbered(server: Dovecot) -> None:
    server.deliver(*letters(2))
    with Reader(server.url) as reader:
        real = reader.folder.fetch
        reader.folder.fetch = lambda uids, folder="": [  # type: ignore[method-assign]
            _refused(mail) if mail.uid == 2 else mail for mail in real(uids, folder)
        ]
        reader.turn()
    renumber(server)
    assert read(server.url) == 1
    judge()
    assert sorted(row.status for row in stored()) == [DISCARDED, DONE, DONE]
    assert subjects() == numbered(2)


def renumber(server: Dovecot) -> None:
    """Give the folder a new UIDVALIDITY, as a restored backup or a moved account has."""
    lines = server.maildir.joinpath("dovecot-uidlist").read_text().splitlines(keepends=True)
    lines[0] = re.sub(r" V(\d+)", lambda found: f" V{int(found[1]) + 1}", lines[0])
    server.maildir.joinpath("dovecot-uidlist").write_text("".join(lines))
    for index in server.maildir.glob("dovecot.index*"):
        index.unlink()


def test_a_new_uidvalidity_doubles_nothing(app: Flask) -> None:
    with dovecot(without("MOVE", "UIDPLUS")) as server:  # so that everything stays in the folder
        server.deliver(*letters(3))
        assert read(server.url) == 3
        before = mailbox(server.url).uidvalidity
        renumber(server)
        server.deliver(letter(4))
        assert read(server.url) == 1
        assert mailbox(server.url).uidvalidity == before + 1
        assert subjects() == numbered(4)
        with Reader(server.url) as reader:
            reader.folder.fetch = lambda uids, folder="": pytest.fail("fetched again")  # type: ignore[method-assign]
            assert reader.turn() == 0


def test_a_uidvalidity_that_changes_during_the_connection_is_noticed(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.deliver(*letters(2))
    with Reader(server.url) as reader:
        reader.turn()
        renumber(server)
        server.drop(letter(3))
        monkeypatch.setattr("service.intake.mailbox.SELECT_SECONDS", 0)
        with pytest.raises((*BROKEN, IMAPClientError)):
            reader.turn()
    read(server.url)
    assert subjects() == numbered(3)


def test_a_renumbered_folder_says_so_at_the_next_selection(server: Dovecot) -> None:
    with Reader(server.url) as reader:
        reader.folder.uidvalidity -= 1
        with pytest.raises(FolderChangedError):
            reader.folder.uids_above(0)


def test_five_programs_that_read_along_do_not_matter(server: Dovecot) -> None:
    from contextlib import ExitStack

    server.deliver(*letters(10))
    with ExitStack() as others, Reader(server.url) as reader:
        clients = [others.enter_context(server.client()) for _ in range(5)]
        for client in clients:
            client.fetch(client.search(), ["BODY[]"])  # which marks them as read
            client.add_flags(client.search(), [b"\\Answered", b"\\Flagged"])
        assert reader.turn() == 10
        server.deliver(letter(11))
        for client in clients:
            client.noop()
            client.fetch(client.search(), ["BODY[]"])
        assert reader.turn() == 1
    assert subjects() == numbered(11)


def test_turns_open_no_connections(server: Dovecot) -> None:
    server.deliver(*letters(3))
    with Reader(server.url) as reader:
        for _ in range(20):
            reader.turn()
        reader.folder.wait(1, lambda: False)
        log = (server.folder / "dovecot.log").read_text()
        assert log.count("Login: user=<lapor") == 2  # the delivery's, and ours


def test_an_idle_is_begun_anew_before_a_server_or_router_gives_up(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.intake.mailbox.IDLE_SECONDS", 1)
    with Reader(server.url) as reader:
        reader.turn()
        began = time.monotonic()
        reader.folder.wait(1800, lambda: False)
        assert time.monotonic() - began < 5
        server.deliver(letter(1))
        assert reader.turn() == 1


def test_several_mailboxes_of_one_account_are_read_apart(server: Dovecot) -> None:
    server.admin("mailbox", "create", "-u", server.maildir.name, "Kedua")
    second = server.url.replace("/INBOX", "/Kedua")
    server.deliver(*letters(2))
    server.deliver(letter(3), folder="Kedua")
    assert (read(server.url), read(second)) == (2, 1)
    judge()
    with transaction() as session:
        assert session.query(Complaint).count() == 3


def test_the_server_being_restarted_is_one_broken_connection(server: Dovecot) -> None:
    server.deliver(letter(1))
    with Reader(server.url) as reader:
        reader.turn()
        server.stop()
        with pytest.raises(BROKEN):
            reader.turn()
    server.start()
    server.deliver(letter(2))
    assert read(server.url) == 1
    assert subjects() == numbered(2)
    assert mailbox(server.url).read_until is not None
