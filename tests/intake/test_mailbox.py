"""The IMAP connection, against a server that says what it likes, in the pieces it likes."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from service.intake.mailbox import ImapMailbox

ANSWERS = {
    "CAPABILITY": ["* CAPABILITY IMAP4rev1 IDLE MOVE"],
    "SELECT": ["* 1 EXISTS", "* OK [UIDVALIDITY 7] ok"],
    "SEARCH": ["* SEARCH 1"],
    "LOGOUT": ["* BYE"],
}
PAUSE_SECONDS = 0.3


class HaltingServer:
    """Serves one client. During IDLE a mail arrives, of which it tells half a line, and the rest later."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(b"* OK ready\r\n")
            for line in lines:
                tag, _, command = line.decode().strip().removesuffix(" ").partition(" ")
                if "IDLE" in command:
                    for piece in (b"+ idling\r\n", b"* 1 EXI", b"STS\r\n"):
                        client.sendall(piece)
                        time.sleep(PAUSE_SECONDS)
                    assert lines.readline() == b"DONE\r\n"
                said = next((words for name, words in ANSWERS.items() if name in command.upper()), [])
                client.sendall("".join(f"{words}\r\n" for words in [*said, f"{tag} OK done"]).encode())


@pytest.fixture
def server() -> Iterator[HaltingServer]:
    halting = HaltingServer()
    yield halting
    halting.stop()


def test_half_a_line_during_idle_ends_the_wait_and_not_the_connection(server: HaltingServer) -> None:
    folder = ImapMailbox(f"imap://lapor:any@127.0.0.1:{server.port}/INBOX", timeout=5)
    try:
        assert folder.uidvalidity == 7
        began = time.monotonic()
        for _ in range(3):
            folder.wait(5, lambda: False)
        assert time.monotonic() - began < 10
        assert folder.uids_above(0) == [1]
    finally:
        folder.close()
