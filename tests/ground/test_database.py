"""The database binding, with the server's connections cut."""

import os

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text

from service.agencies.records import Government
from service.database import transaction


def test_a_database_that_was_restarted_costs_nobody_the_first_attempt(app: Flask) -> None:
    with transaction() as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    engine = create_engine(os.environ["DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:backend, 5000)"), {"backend": backend})
    engine.dispose()
    with transaction() as session:
        assert session.scalar(select(Government.id)) == 1


def test_a_network_that_vanishes_does_not_hold_a_connection_for_hours(app: Flask) -> None:
    with transaction() as session:
        driver = session.connection().connection.driver_connection
        options = {option.keyword: option.val for option in driver.pgconn.info if option.val}
    assert int(options[b"connect_timeout"]) <= 5
    probes = int(options[b"keepalives_interval"]) * int(options[b"keepalives_count"])
    assert int(options[b"keepalives_idle"]) + probes <= 60
    assert int(options[b"tcp_user_timeout"]) <= 60_000


def test_what_fails_is_rolled_back(app: Flask) -> None:
    with pytest.raises(ValueError, match="no good"):
        _change_and_fail()
    with transaction() as session:
        assert session.scalar(select(Government.preset)) == "kota-bengkulu"


def _change_and_fail() -> None:
    with transaction() as session:
        session.execute(text("UPDATE government SET preset = 'changed'"))
        raise ValueError("no good")
