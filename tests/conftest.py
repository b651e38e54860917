"""What tests share: one embedded PostgreSQL, migrated once, with Kota Bengkulu loaded; the four fakes; the cast."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# A short path: unix sockets allow only about a hundred bytes.
HOME = Path(tempfile.mkdtemp(prefix="tuntas-", dir="/tmp"))
HOME.chmod(0o755)
os.environ |= {
    "TUNTAS_ENV": "test",
    "TUNTAS_HOME": str(HOME),
    "BLOB_URL": f"file://{HOME}/blobs",
    "DATABASE_URL": "postgresql://127.0.0.1:1/nobody",  # replaced by the fixture that makes one
    "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody is there: tests that need Redis start their own
    "SMTP_URL": "smtp://127.0.0.1:1",
    "IMAP_URL": "",
    "MAIL_ADDRESS": "lapor@bengkulukota.example",
    "PUBLIC_URL": "http://lapor.test",
    "SECRET_KEY": "a-secret-for-tests-only-a-secret-for-tests",
    "TUNTAS_PRESET": "kota-bengkulu",
    "TUNTAS_CLOCK": "",
}

from flask import Flask  # noqa: E402
from flask.testing import FlaskClient  # noqa: E402
from sqlalchemy import text  # noqa: E402

from deploy.local import postgres  # noqa: E402
from service import clock as service_clock  # noqa: E402
from service import queues  # noqa: E402
from service.agencies import directory as directories  # noqa: E402
from service.agencies import inboxes  # noqa: E402
from service.agencies.directory import Directory  # noqa: E402
from service.database import transaction  # noqa: E402
from service.tables import Session  # noqa: E402
from tests.fakes.bell import FakeBell  # noqa: E402
from tests.fakes.clock import FakeClock  # noqa: E402
from tests.fakes.smtp import FakeSmtp  # noqa: E402

# Everything that a test may write. The government, its agencies and its pact stay.
WRITTEN = (
    "attachment, message, event, deadline, outbound_mail, inbound_mail, mailbox, complaint, frozen_week, account, "
    "alarm, heartbeat, unsubscribed, anchor, outage"
)


def pytest_sessionfinish() -> None:
    """Stop the embedded server, whatever the tests did."""
    postgres.stop(HOME)
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def database_url() -> str:
    """An empty database on the embedded PostgreSQL."""
    server = postgres.start(HOME)
    return postgres.create_database(server, "tuntas_test")


@pytest.fixture(scope="session")
def migrated_app(database_url: str) -> Iterator[Flask]:
    """The app on a migrated database with the preset loaded."""
    os.environ["DATABASE_URL"] = database_url
    from flask_migrate import Migrate, upgrade

    from service.app import create_app
    from service.cli.preset import load_command
    from service.database import db

    app = create_app()
    app.config["TESTING"] = True
    Migrate(app, db)
    with app.app_context():
        upgrade(directory=str(Path(__file__).parents[1] / "migrations"))
        with transaction() as session:
            # Tests do not outlive a power cut: no need to wait for the disk.
            session.execute(text("ALTER DATABASE tuntas_test SET synchronous_commit = off"))
        app.test_cli_runner().invoke(load_command, catch_exceptions=False)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(migrated_app: Flask, clock: FakeClock, bell: FakeBell) -> Iterator[Flask]:
    """The app, in its context, on a database without cases."""
    with migrated_app.app_context():
        with transaction() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))  # past the triggers of events
            session.execute(text(f"TRUNCATE {WRITTEN} RESTART IDENTITY"))
            session.execute(text("ALTER SEQUENCE complaint_number RESTART"))
        with transaction() as session:
            for agency_id in session.scalars(text("SELECT id FROM agency WHERE inbox_problem <> ''")).all():
                inboxes.clear(session, agency_id)
        yield migrated_app


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session in one transaction; tests commit it where another session must see their rows."""
    with transaction() as session:
        yield session


@pytest.fixture
def directory(app: Flask) -> Directory:
    """Kota Bengkulu."""
    with transaction() as session:
        return directories.current(session)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture(autouse=True)
def clock() -> Iterator[FakeClock]:
    """Monday 23 November 2026, 08.00 in Bengkulu."""
    fake = FakeClock()
    service_clock.use(fake)
    yield fake
    service_clock.use(service_clock.machine_clock)


@pytest.fixture(autouse=True)
def bell(monkeypatch: pytest.MonkeyPatch) -> FakeBell:
    """No Redis in tests of rooms."""
    fake = FakeBell()
    monkeypatch.setattr(queues, "ring", fake)
    return fake


@pytest.fixture
def smtp() -> FakeSmtp:
    """A server that takes every mail."""
    return FakeSmtp()
