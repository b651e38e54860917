"""A city to measure: parts, a database for each measure, and the product's processes as its Procfile starts them."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis
from rq import Worker
from sqlalchemy import URL, make_url

from tests.road.debian import DebianParts, missing
from tests.road.embedded import EmbeddedParts
from tests.road.parts import Parts, free_port, listens, wait_for
from tests.road.processes import ROOT, Processes, plain_environment

MIGRATED = "tuntas"
LONGEST_SECONDS = 90
PYTHON_PROCESSES = {
    "worker": ["-m", "worker"],
    "poller": ["-m", "worker", "poller"],
    "schedule": ["-m", "worker", "schedule"],
}
GUNICORN = ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]


class City:
    """The parts and settings of one run of the benchmark."""

    def __init__(self) -> None:
        lacking = missing()
        self.why_embedded = lacking
        self.parts: Parts = EmbeddedParts() if lacking else DebianParts()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Start the parts and migrate one database; at the end stop all and leave nothing behind."""
        self.folder = Path(tempfile.mkdtemp(prefix="tuntas-bench-", dir="/tmp"))  # a short path, for unix sockets
        self.folder.chmod(0o755)
        try:
            self._settings = plain_environment() | self.parts.start(self.folder)
            self._settings |= {
                "DATABASE_URL": self.parts.database(MIGRATED),
                "SECRET_KEY": secrets.token_hex(32),
                "TUNTAS_HOME": str(self.folder / "home"),
                "TUNTAS_PRESET": "kota-bengkulu",
                "TRUSTED_PROXIES": "1",  # as behind a proxy
                "PUBLIC_URL": "http://lapor.bengkulukota.example",
            }
            self._flask("db", "upgrade")
            self._flask("preset", "load")
            yield
        finally:
            with contextlib.suppress(Exception):
                self.parts.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def site(self, name: str, **settings: str) -> Iterator["Site"]:
        """A site of its own: an empty Redis, a copy of the migrated database, and processes that end with it."""
        base = make_url(self._settings["DATABASE_URL"]).set(drivername="postgresql")
        with psycopg.connect(_text(base.set(database="postgres")), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{MIGRATED}"')
        self.parts.flush_redis()
        self.settle()
        site = Site(self, name, self._settings | {"DATABASE_URL": _text(base.set(database=name))} | settings)
        try:
            yield site
        except Exception:
            print(site.processes.last_words(), file=sys.stderr)
            raise
        finally:
            site.processes.end_all()

    def settle(self) -> None:
        """Wait until the mail server has handed on all it holds, so that it does not compete with what is measured."""
        queue = self.folder / "postfix" / "queue"
        waiting = [queue / "incoming", queue / "active", queue / "maildrop"]
        wait_for(lambda: not any(len(files) for f in waiting for *_, files in os.walk(f)), "an empty queue of Postfix")

    def _flask(self, *command: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT, env=self._settings, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"flask {' '.join(command)} failed:\n{done.stderr[-2000:]}")


class Site:
    """One database with the processes that work on it."""

    def __init__(self, city: City, name: str, environment: dict[str, str]) -> None:
        self.parts, self.environment = city.parts, environment
        self.database_url = environment["DATABASE_URL"]
        self.processes = Processes(city.folder / "log" / name)
        self.database = psycopg.connect(self.database_url, autocommit=True)

    def start(self, *roles: str) -> None:
        """Start worker, poller, schedule; a worker is waited for."""
        for role in roles:
            self.processes.start(role, [sys.executable, *PYTHON_PROCESSES[role]], self.environment, cwd=ROOT)
        if "worker" in roles:
            with contextlib.closing(Redis.from_url(self.parts.redis_url)) as client:
                wait_for(lambda: Worker.count(connection=client), "the worker")

    def start_web(self, name: str = "web", app: str = "wsgi:app", **settings: str) -> int:
        """Start gunicorn as in production; returns its port once it answers."""
        port = free_port()
        command = [sys.executable, *GUNICORN, app]
        environment = self.environment | {"HTTP_PORT": str(port)} | settings
        self.processes.start(name, command, environment, cwd=ROOT)
        wait_for(lambda: listens(port), "gunicorn")
        return port

    def run(self, *command: str) -> str:
        """Run a module of this folder in a process of its own, with the site's settings; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
        return done.stdout

    def value(self, query: str) -> Any:
        """The first column of the first row that `query` gives."""
        row = self.database.execute(query).fetchone()
        return row[0] if row else None

    def wait(self, query: str, count: int, pause: float = 0.05, seconds: float = LONGEST_SECONDS) -> None:
        """Wait until `query` gives `count`, asking at that pace; raises RuntimeError when it takes too long."""
        give_up = time.monotonic() + seconds
        while (reached := self.value(query)) < count:
            if time.monotonic() > give_up:
                raise RuntimeError(f"only {reached} of {count} after {seconds} s: {query}")
            time.sleep(pause)


def end_on_sigterm() -> None:
    """Have SIGTERM end this process as Ctrl-C does, so that everything that was started is ended."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
