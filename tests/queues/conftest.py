"""A real Valkey for the tests of queues."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from deploy.local import valkey
from service import queues


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    home = Path(tempfile.mkdtemp(prefix="tuntas-", dir="/tmp"))
    yield valkey.start(home)
    valkey.stop(home)


@pytest.fixture
def redis(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    with Redis.from_url(server) as connection:
        connection.flushall()
        monkeypatch.setattr(queues, "connection", lambda: connection)
        yield connection
