"""A stretch of network between the product and one of its parts, which can be cut or frozen."""

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import Callable

from tests.road.parts import HOST

_QUEUED = re.compile(rb"queued as ([0-9A-Za-z]+)")


class Relay:
    """Passes TCP connections on to `target` on loopback; the product is given `port` instead.

    `heard` holds when (machine time) each mail was accepted by the server behind it, by Postfix's queue id.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self._refusing = False
        self._ambush: Callable[[], None] | None = None
        self.heard: dict[str, float] = {}
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        server = self._done(asyncio.start_server(self._serve, HOST, 0))
        self.port: int = server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Break every connection and refuse new ones, until `mend`."""
        self._refusing = True
        if threading.current_thread() is self._thread:
            self._break_all()
        else:
            self._loop.call_soon_threadsafe(self._break_all)

    def freeze(self) -> None:
        """Pass nothing on and close nothing, until `mend`."""
        if threading.current_thread() is self._thread:
            self._flowing.clear()
        else:
            self._loop.call_soon_threadsafe(self._flowing.clear)

    def lie_in_wait(self, act: Callable[[], None] | None) -> None:
        """Have `act` called once, between the server's next 250 for a mail and the product's hearing of it."""
        self._ambush = act

    def mend(self) -> None:
        """Work again; what was frozen goes on."""
        self._refusing = False
        self._loop.call_soon_threadsafe(self._flowing.set)

    def close(self) -> None:
        """End it, for good."""
        self._done(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._break_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _done(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _break_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._flowing.wait()
            if self._refusing:
                return
            there, far = await asyncio.open_connection(HOST, self._target)
            self._writers.add(far)
            try:
                await asyncio.gather(self._pass_on(reader, far, writer), self._pass_on(there, writer, far))
            finally:
                far.transport.abort()
                self._writers.discard(far)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)

    async def _pass_on(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        """One direction, until either end closes; then the other direction ends too."""
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                for queue_id in _QUEUED.findall(data):
                    self.heard.setdefault(queue_id.decode(), time.time())
                    act, self._ambush = self._ambush, None
                    if act:
                        act()
                await self._flowing.wait()
                to.write(data)
                await to.drain()
        to.close()
        back.close()
