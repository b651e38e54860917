"""An SMTP server that takes everything and remembers when it took it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import NamedTuple

from aiosmtpd.controller import Controller

from tests.road.parts import HOST, free_port


class Taken(NamedTuple):
    """A mail that was accepted `at` (monotonic seconds)."""

    recipient: str
    at: float


class Sink:
    """Handler for aiosmtpd: accepted mails come out of `taken` in their order."""

    def __init__(self) -> None:
        self.taken: Queue[Taken] = Queue()
        self.port = free_port()

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
        """Take a mail; one recipient each, as the outbox sends them."""
        self.taken.put(Taken(envelope.rcpt_tos[0], time.monotonic()))  # type: ignore[attr-defined]
        return "250 OK"

    @property
    def url(self) -> str:
        """What SMTP_URL must say."""
        return f"smtp://{HOST}:{self.port}"


@contextmanager
def open_sink() -> Iterator[Sink]:
    """A sink that listens in a thread of this process."""
    sink = Sink()
    controller = Controller(sink, hostname=HOST, port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
