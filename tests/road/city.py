"""A city that runs: one database, the product's real processes on a set of parts, and ways to look at them."""

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from service.mail.message import Message
from tests.road.browser import Browser, answers
from tests.road.parts import HOST, Parts, free_port
from tests.road.processes import ROOT, Processes, plain_environment

READY_SECONDS = 60
EVERYBODY = ("web", "worker", "poller", "schedule")
EMPTY_DATABASE = "tuntas_empty"


class City:
    """`start`, `kill` and `terminate` take a role or a role with a number (`worker-2`)."""

    def __init__(self, parts: Parts, settings: dict[str, str], database: str) -> None:
        self.parts = parts
        self.processes = Processes(parts.folder / "log" / database)
        self.web_ports: dict[str, int] = {}
        self.database_url = empty_city(parts, settings, database)
        self.environment = plain_environment() | settings | {
            "DATABASE_URL": self.database_url,
            "PUBLIC_URL": "http://lapor.test",
            "SECRET_KEY": "a-secret-for-tests-only-a-secret-for-tests",
            "BLOB_URL": f"file://{parts.folder / database}",
            "TUNTAS_HOME": str(parts.folder / database),
            "TUNTAS_ENV": "test",
            "TUNTAS_PRESET": "kota-bengkulu",
            "SWEEP_SECONDS": "1",
            "POLL_SECONDS": "1",
            "WEB_CONCURRENCY": "1",
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        self._connection = psycopg.connect(plain_url(self.database_url), autocommit=True, row_factory=namedtuple_row)

    def close(self) -> None:
        """End all processes, for good."""
        self.rest()
        self._connection.close()

    def rest(self) -> None:
        """End all processes. The next ones go by the machine's time again."""
        self.processes.end_all()
        self.set_clock(None)

    # Processes

    def run(self, *names: str) -> None:
        """Have these processes run and no others; returns when all are at work."""
        wanted = names or EVERYBODY
        if not self.processes.running:
            self.parts.flush_redis()  # another city's jobs may lie there
        self.processes.end([name for name in self.processes.running if name not in wanted])
        for name in wanted:
            if name not in self.processes.running:
                self.start(name)
        self.wait_until(lambda: all(self._at_work(name) for name in wanted), f"{wanted} to be ready", READY_SECONDS)

    def start(self, name: str, command: Sequence[str] = ()) -> None:
        """Start a process; `command` are Python's arguments when it is not the Procfile's."""
        role = name.partition("-")[0]
        arguments = list(command) or ["-m", "worker", role]
        if role == "web":
            port = self.web_ports.setdefault(name, free_port())
            arguments = ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", f"{HOST}:{port}"]
            arguments += list(command) or ["wsgi:app"]
        self.processes.start(name, [sys.executable, *arguments], self.environment, cwd=ROOT)

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self.processes.kill(name)

    def freeze(self, name: str) -> None:
        """Have a process stand still until `thaw`."""
        self.processes.signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let it go on."""
        self.processes.signal(name, signal.SIGCONT)

    def terminate(self, name: str, seconds: float = 15) -> int:
        """SIGTERM; returns the exit code, -9 when the process did not end within `seconds`."""
        return self.processes.terminate(name, seconds)

    def set_clock(self, instant: datetime | None, speed: int = 60) -> None:
        """What the clock of processes that start from now on says: `instant` now, and `speed` times as fast.
        None is the machine's time."""
        self.environment["TUNTAS_CLOCK"] = (
            f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S+00:00}@{speed}x;since={time.time():.3f}" if instant else ""
        )

    def _at_work(self, name: str) -> bool:
        process = self.processes.running[name]
        assert process.poll() is None, f"{name} ended with {process.returncode}\n{self.processes.last_words()}"
        role = name.partition("-")[0]
        if role == "web":
            return answers(f"http://{HOST}:{self.web_ports[name]}/healthz")
        return _handles_sigterm(process.pid)

    # Looking and asking

    def wait_until(self, condition: Callable[[], Any], what: str, seconds: float = 30) -> Any:
        """What `condition` returns once it is true; fails the test, with the end of every log, after `seconds`."""
        give_up = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > give_up:
                raise AssertionError(f"waited {seconds} s in vain for {what}\n{self.processes.last_words()}")
            time.sleep(0.05)
        return found

    def sql(self, query: str, *values: object) -> list[Any]:
        """Rows of a query in a transaction of its own; values stand for `%s`."""
        cursor = self._connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []

    def one(self, query: str, *values: object) -> Any:
        """The first column of the first row; None when there is none."""
        rows = self.sql(query, *values)
        return rows[0][0] if rows else None

    def lapse_leases(self) -> None:
        """Do what two minutes do to the leases of a process that was killed."""
        for table in ("inbound_mail", "outbound_mail", "mailbox"):
            self.sql(f"UPDATE {table} SET leased_until = clock_timestamp() WHERE leased_until IS NOT NULL")  # noqa: S608

    def browser(self, web: str = "web") -> Browser:
        """A browser of its own (cookies) at one of the webs."""
        return Browser(f"http://{HOST}:{self.web_ports[web]}")

    def case_of(self, sender: str) -> Any:
        """The one case of a reporter as a row; None while there is none. Two are a fault."""
        rows = self.sql("SELECT * FROM complaint WHERE reporter_email = %s", sender)
        assert len(rows) < 2, [row.number for row in rows]
        return rows[0] if rows else None

    def letters(self, case_id: int) -> list[tuple[str, str]]:
        """Kind and recipient of every letter that was written in a case, in order."""
        rows = self.sql("SELECT kind, to_address FROM outbound_mail WHERE complaint_id = %s ORDER BY id", case_id)
        return [(row.kind, row.to_address) for row in rows]

    def arrived(self, case_id: int, kind: str, address: str) -> Message | None:
        """The letter of that kind as it lies in the inbox of `address`; None while it does not."""
        ids = {
            row.message_id
            for row in self.sql(
                "SELECT message_id FROM outbound_mail WHERE complaint_id = %s AND kind = %s AND to_address = %s",
                case_id, kind, address,
            )
        }  # fmt: skip
        return next((mail for mail in self.parts.inbox(address) if mail.message_id in ids), None) if ids else None

    def wait_for_letter(self, case_id: int, kind: str, address: str) -> Message:
        """Wait until the letter lies in the inbox of `address`."""
        return self.wait_until(lambda: self.arrived(case_id, kind, address), f"{kind} at {address}")

    def last_letter(self) -> int:
        """The highest id of all letters; 0 when there is none."""
        return self.one("SELECT coalesce(max(id), 0) FROM outbound_mail")

    def copies(self, since: int = 0) -> dict[str, int]:
        """How often each letter with an id above `since` lies in its recipient's inbox, by ledger key, once all have
        been sent. Dead or waiting letters are a fault."""
        query = "SELECT * FROM outbound_mail WHERE id > %s"
        everything_sent = f"SELECT NOT EXISTS ({query} AND status <> 'sent')"
        self.wait_until(lambda: self.one(everything_sent, since), "every letter to be sent", 60)
        rows = self.sql(query, since)

        def counted() -> dict[str, int]:
            lying: Counter[tuple[str, str]] = Counter()
            for address in {row.to_address for row in rows}:
                lying.update((address, message_id) for message_id in self.parts.message_ids(address))
            return {row.ledger_key: lying[row.to_address, row.message_id] for row in rows}

        def complete() -> dict[str, int] | None:
            found = counted()
            return found if all(found.values()) else None

        return self.wait_until(complete, "every letter to arrive") if rows else {}


def empty_city(parts: Parts, settings: dict[str, str], name: str) -> str:
    """A new database, migrated and with the preset loaded; made once for each set of parts and then copied."""
    if not hasattr(parts, "empty_database"):
        url = parts.database(EMPTY_DATABASE)
        environment = plain_environment() | settings | {
            "DATABASE_URL": url, "PUBLIC_URL": "http://lapor.test", "SECRET_KEY": "x" * 40,
            "TUNTAS_ENV": "test", "TUNTAS_HOME": str(parts.folder),
        }  # fmt: skip
        processes = Processes(parts.folder / "log")
        for number, words in enumerate(("db upgrade", "preset load kota-bengkulu")):
            command = [sys.executable, "-m", "flask", "--app", "wsgi", *words.split()]
            processes.start(f"flask-{number}", command, environment, cwd=ROOT)
            assert processes.running[f"flask-{number}"].wait(120) == 0, processes.last_words()
        parts.empty_database = url  # type: ignore[attr-defined]
    url = parts.empty_database  # type: ignore[attr-defined]
    with psycopg.connect(plain_url(url).replace(EMPTY_DATABASE, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {EMPTY_DATABASE}")
    return url.replace(EMPTY_DATABASE, name)


def plain_url(url: str) -> str:
    """A SQLAlchemy URL as psycopg takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def _handles_sigterm(pid: int) -> bool:
    """Whether the process has come far enough to end in order when asked to."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) & 1 << 14)
    return False
