"""Folders, ports and processes for the tests of the embedded parts."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty folder with a short path, as sockets need."""
    folder = Path(tempfile.mkdtemp(prefix="tl-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(true: Callable[[], object], seconds: float = 15) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class MailServer:
    """The local mail server as a process of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.smtp, self.imap = free_port(), free_port()

    def start(self, clock: str = "") -> None:
        command = [sys.executable, "-m", "deploy.local.mail_server", "--home", str(self.home)]
        command += ["--smtp", str(self.smtp), "--imap", str(self.imap), "--mail-address", "Lapor@Kota.example"]
        environment = {**os.environ, "TUNTAS_ENV": "local", "TUNTAS_CLOCK": clock}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        wait_until(lambda: listens(self.smtp) and listens(self.imap))

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(5)


@pytest.fixture
def mail_server(home: Path) -> Iterator[MailServer]:
    server = MailServer(home)
    server.start()
    yield server
    if server.process.poll() is None:
        server.stop()
