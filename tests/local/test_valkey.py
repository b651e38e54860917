"""The embedded Valkey, really started and stopped."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from deploy.local import valkey
from deploy.local.places import PartError
from tests.local.conftest import free_port, wait_until


@pytest.fixture
def server(home: Path) -> Iterator[Path]:
    valkey.start(home)
    yield home
    valkey.stop(home)


@pytest.fixture
def client(server: Path) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(valkey.start(server)) as connection:
        yield connection


def pid(home: Path) -> int:
    return int((home / "valkey/valkey.pid").read_text())


def test_jobs_outlive_a_restart(server: Path, client: redis.Redis) -> None:
    client.set("job", "1")
    client.close()
    valkey.stop(server)
    assert not valkey.is_running(server)
    valkey.start(server)
    assert client.get("job") == b"1"


def test_a_second_start_finds_the_running_server(server: Path) -> None:
    first = pid(server)
    valkey.start(server)
    assert pid(server) == first


def test_a_killed_server_is_started_again(server: Path, client: redis.Redis) -> None:
    client.set("job", "1")
    client.execute_command("WAITAOF", 1, 0, 2000)
    client.close()
    os.kill(pid(server), signal.SIGKILL)
    wait_until(lambda: not valkey.is_running(server))
    valkey.start(server)
    assert client.get("job") == b"1"


def test_it_evicts_nothing_and_writes_everything_down(client: redis.Redis) -> None:
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    assert client.config_get("port") == {"port": "0"}


def test_it_moves_to_a_port_when_asked(server: Path) -> None:
    port = free_port()
    url = valkey.start(server, port)
    assert url == f"redis://127.0.0.1:{port}/0"
    with redis.Redis.from_url(url) as client:
        assert client.config_get("unixsocket") == {"unixsocket": ""}


def test_a_port_of_somebody_else_is_refused(home: Path) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        with pytest.raises(PartError, match="Valkey did not start"):
            valkey.start(home, stranger.getsockname()[1])


def test_stopping_what_does_not_run_is_no_error(home: Path) -> None:
    valkey.stop(home)
    assert not valkey.is_running(home)
