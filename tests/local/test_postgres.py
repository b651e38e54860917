"""The embedded PostgreSQL, really started and stopped."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text

from deploy.local import postgres
from tests.local.conftest import wait_until


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One cluster for this file: making one takes a second."""
    folder = tmp_path_factory.mktemp("pg")
    yield folder
    postgres.stop(folder)


@pytest.fixture
def server(shared_home: Path) -> Path:
    postgres.start(shared_home)
    return shared_home


def ask(url: str, question: str) -> list:
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(question))
        rows = list(result) if result.returns_rows else []
    engine.dispose()
    return rows


def pid(home: Path) -> int:
    return int((home / "postgres/data/postmaster.pid").read_text().split()[0])


def test_data_outlive_a_restart(server: Path) -> None:
    url = postgres.start(server)
    ask(url, "CREATE TABLE kept AS SELECT 'jalan rusak — é' AS words")
    postgres.stop(server)
    assert not postgres.is_running(server)
    assert postgres.start(server) == url
    assert ask(url, "SELECT words, current_setting('server_encoding'), current_setting('TimeZone') FROM kept") == [
        ("jalan rusak — é", "UTF8", "UTC")
    ]


def test_a_second_start_finds_the_running_server(server: Path) -> None:
    first = pid(server)
    postgres.start(server)
    assert pid(server) == first


def test_a_crashed_server_is_started_again(server: Path) -> None:
    url = postgres.start(server)
    ask(url, "CREATE TABLE crashed AS SELECT 1 AS number")
    os.kill(pid(server), signal.SIGKILL)
    wait_until(lambda: not postgres.is_running(server))
    assert ask(postgres.start(server), "SELECT number FROM crashed") == [(1,)]


def test_a_pid_that_belongs_to_somebody_else_by_now_does_not_hinder(server: Path) -> None:
    note = server / "postgres/data/postmaster.pid"
    words = note.read_text().split("\n", 1)[1]
    postgres.stop(server)
    note.write_text(f"{os.getpid()}\n{words}")
    postgres.start(server)
    assert pid(server) != os.getpid()
    assert psutil.pid_exists(os.getpid())


def test_an_interrupted_first_start_is_begun_anew(home: Path) -> None:
    unfinished = home / "postgres/data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    try:
        assert ask(postgres.start(home), "SELECT 1") == [(1,)]
    finally:
        postgres.stop(home)


def test_a_deep_home_gets_a_short_socket(home: Path) -> None:
    deep = home / ("d" * 60) / ("e" * 60)
    try:
        assert ask(postgres.start(deep), "SELECT 1") == [(1,)]
    finally:
        postgres.stop(deep)


def test_databases_for_tests_are_made_once(server: Path) -> None:
    url = postgres.start(server)
    other = postgres.create_database(url, "tuntas-test")
    assert postgres.create_database(url, "tuntas-test") == other
    assert ask(other, "SELECT current_database()") == [("tuntas-test",)]


def test_nobody_can_reach_the_server_over_the_network(server: Path) -> None:
    assert ask(postgres.start(server), "SELECT current_setting('listen_addresses')") == [("",)]


def test_stopping_what_does_not_run_is_no_error(home: Path) -> None:
    postgres.stop(home)
    assert not postgres.is_running(home)
