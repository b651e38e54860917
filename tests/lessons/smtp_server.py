"""An SMTP server that can be told to misbehave.

`trouble(command)` is asked before each answer, after the last line of a mail with "VERDICT": what it returns is said
("550 no"), HANG_UP ends the connection, SILENCE says nothing more.
"""

import socket
import threading
from collections.abc import Callable

HANG_UP, SILENCE = "hang up", "silence"


class SmtpServer:
    """Listens on 127.0.0.1; `url` is what SMTP_URL would hold. `got` are the mails that were sent whole, whatever was
    said to them. Use as a context manager."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.trouble: Callable[[str], str | None] = lambda command: None
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen)]
        self.url = f"smtp://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "SmtpServer":
        self._threads[0].start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        with socket.create_connection(self._listener.getsockname()):
            pass  # wakes the one that listens
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _listen(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._stopping.is_set():
                client.close()
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(5)
        try:
            with client, client.makefile("rb") as lines:
                if self._say(client, "GREETING", "220 ready"):
                    self._converse(client, lines)
        except OSError:
            pass  # the other side has gone

    def _converse(self, client: socket.socket, lines) -> None:
        for line in lines:
            command = line.decode().strip()
            if not self._say(client, command, "354 go on" if command.upper() == "DATA" else "250 OK"):
                return
            if command.upper() == "DATA":
                self.got.append(b"".join(iter(lines.readline, b".\r\n")))
                if not self._say(client, "VERDICT", "250 2.0.0 taken"):
                    return

    def _say(self, client: socket.socket, command: str, usual: str) -> bool:
        """Answer; False ends the connection."""
        words = self.trouble(command) or usual
        if words == SILENCE:
            self._stopping.wait(5)
        if words in (HANG_UP, SILENCE):
            return False
        client.sendall(f"{words}\r\n".encode())
        return command.upper() != "QUIT"
