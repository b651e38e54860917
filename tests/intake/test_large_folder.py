"""Folders of many mails are walked in pieces, whatever others do to them meanwhile. Real Dovecot."""

import shutil
from collections.abc import Iterator

import pytest
from flask import Flask

from service.agencies.directory import Directory
from service.database import transaction
from service.intake import reconcile
from tests.intake.dovecot import ACCOUNT, Dovecot, dovecot, without
from tests.intake.reading import Reader, letter, read, stored

pytestmark = pytest.mark.real
MAILS = 1200


@pytest.fixture
def server(app: Flask, directory: Directory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dovecot]:
    """A server that can neither move nor remove, with a full folder; and pieces of a hundred."""
    monkeypatch.setattr("service.intake.mailbox.LISTED", 100)
    monkeypatch.setattr("service.intake.mailbox.MOST_NAMED", 60)
    monkeypatch.setattr("service.intake.poll.UIDS_COMPARED", 150)
    template = letter(0)
    with dovecot(without("MOVE", "UIDPLUS")) as running:
        for name in ("cur", "new", "tmp"):
            (running.maildir / name).mkdir(parents=True)
        for number in range(MAILS):
            path = running.maildir / "cur" / f"{1_700_000_000 + number}.M{number}.tests:2,"
            path.write_bytes(b"X-Number: %d\n" % number + template.replace(b"\r\n", b"\n"))
            shutil.chown(path, ACCOUNT, ACCOUNT)
        for path in (running.maildir, *running.maildir.iterdir()):
            shutil.chown(path, ACCOUNT, ACCOUNT)
        yield running


def test_every_mail_of_a_large_folder_is_read_once_and_compared(server: Dovecot) -> None:
    assert read(server.url) == MAILS
    with Reader(server.url) as reader:
        reader.folder.fetch = lambda uids, folder="": pytest.fail("fetched again")  # type: ignore[method-assign]
        assert reader.turn() == 0
        found = reconcile.compare(transaction, reader.folder, reader.name)
        assert (found.folders, found.differences) == ({"INBOX": MAILS}, 0)
    assert len(stored()) == MAILS


def test_mails_that_go_away_while_the_folder_is_listed_hide_no_other(server: Dovecot) -> None:
    with Reader(server.url) as reader, server.client() as somebody:
        pieces = reader.folder._listed("INBOX")
        seen = set(next(pieces))
        for piece in pieces:
            seen |= set(piece)
            some = [uid for uid in somebody.search() if uid not in seen][:7]
            somebody.delete_messages(some)
            somebody.expunge()
        left = set(somebody.search())
        assert left <= seen
        assert len(left) < MAILS - 50


def test_a_turn_that_is_told_to_stop_ends_after_the_batch_in_hand(server: Dovecot) -> None:
    from service.intake import poll

    with Reader(server.url) as reader:
        got = poll.turn(transaction, reader.folder, reader.name, "test", first=True, stopping=lambda: True)
    assert 0 < got <= 60
    assert read(server.url) == MAILS - got
