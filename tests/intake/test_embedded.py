"""The same on the embedded mail server of `make run`, which keeps few flags and forgets moves when it restarts."""

import smtplib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from service.agencies.directory import Directory
from service.database import transaction
from service.intake import reconcile
from tests.intake.reading import LAPOR, Reader, judge, letter, letters, numbered, read, stored, subjects
from tests.road.parts import HOST, free_port, listens, wait_for
from tests.road.processes import Processes, plain_environment

ARCHIVE = "Tuntas-Arsip"


class Embedded:
    """The mail server of `make run` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.smtp, self.imap = free_port(), free_port()
        self.url = f"imap://{LAPOR.replace('@', '%40')}:any@{HOST}:{self.imap}/INBOX"
        self._home = folder
        self.processes = Processes(folder / "log")

    def start(self) -> None:
        command = [sys.executable, "-m", "deploy.local.mail_server", "--home", str(self._home), "--mail-address", LAPOR]
        ports = ["--smtp", str(self.smtp), "--imap", str(self.imap)]
        self.processes.start("mail", [*command, *ports], plain_environment())
        wait_for(lambda: listens(self.imap) and listens(self.smtp), "the mail server")

    def send(self, *raws: bytes) -> None:
        with smtplib.SMTP(HOST, self.smtp, timeout=10) as client:
            for raw in raws:
                client.sendmail("warga@warga.example", [LAPOR], raw)


@pytest.fixture
def server(app: Flask, directory: Directory, tmp_path: Path) -> Iterator[Embedded]:
    running = Embedded(tmp_path)
    try:
        running.start()
        yield running
    finally:
        running.processes.end_all()


def test_mail_is_read_archived_and_compared(server: Embedded) -> None:
    server.send(*letters(4))
    with Reader(server.url) as reader:
        assert reader.turn() == 4
        server.send(letter(5))
        reader.folder.wait(5, lambda: False)
        assert reader.turn() == 1
        found = reconcile.compare(transaction, reader.folder, reader.name)
        assert (found.differences, found.folders) == (0, {"INBOX": 0, ARCHIVE: 5})
        assert reader.turn() == 0


def test_a_restart_that_forgets_all_moves_doubles_nothing(server: Embedded) -> None:
    server.send(*letters(4))
    assert read(server.url) == 4
    judge()
    server.processes.end(["mail"])
    server.start()
    assert read(server.url) == 0
    assert subjects() == numbered(4)
    with Reader(server.url) as reader:
        reader.turn()
        assert reconcile.compare(transaction, reader.folder, reader.name).differences == 0
    assert len(stored()) == 4
