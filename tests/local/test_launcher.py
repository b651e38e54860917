"""The launcher, with real parts and small stand-ins for the product's own processes."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local import postgres, valkey
from tests.local.conftest import ROOT, free_port, listens, wait_until

WSGI = """
import os
from pathlib import Path
import click
from flask import Flask, jsonify
app = Flask(__name__)
notes = Path(os.environ["TUNTAS_HOME"]) / "commands"
def note(text):
    with notes.open("a") as file: file.write(text + "\\n")
for name in ("db", "preset", "user"):
    group = click.Group(name)
    for verb in {"db": ["upgrade"], "preset": ["load"], "user": ["create"]}[name]:
        def run(words, name=name, verb=verb):
            if "broken" in os.environ.get("STAND_IN", ""): raise click.ClickException("this cannot be done")
            note(f"{name} {verb} " + " ".join(words))
        ignore = {"ignore_unknown_options": True}
        words = click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)
        group.add_command(click.Command(verb, callback=run, params=[words], context_settings=ignore))
    app.cli.add_command(group)
@app.get("/healthz")
def alive(): return "ok"
@app.get("/environment")
def environment(): return jsonify(dict(os.environ))
"""
WORKER = """
import os, signal, sys, time
if "stubborn" in os.environ.get("STAND_IN", ""): signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("at work", flush=True)
time.sleep(1000)
"""
DRIVER = """
import sys
from pathlib import Path
from deploy.local import children, launcher
from deploy.local.places import PartError
from deploy.local.plan import plan
launcher.WEB_APP = "wsgi:app"
children.END_SECONDS = 2
try:
    launcher.launch(plan(demo=sys.argv[1] == "demo", root=Path(sys.argv[2])))
except PartError as error:
    sys.exit(str(error))
"""
# For tests that are not about the parts: the stand-ins never open them, and a start takes half the time.
NO_PARTS = {
    "DATABASE_URL": "postgresql://nowhere/none",
    "REDIS_URL": "redis://nowhere/0",
    "SMTP_URL": "smtp://nowhere",
    "IMAP_URL": "imap://nowhere",
}


class Launcher:
    """A launcher as a process, on a tree of stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.home = folder / "home"
        for name in ("worker", "demo", "deploy"):
            (self.root / name).mkdir(parents=True)
        for name in ("worker", "demo"):
            (self.root / name / "__init__.py").touch()  # else the product's packages would come first
        (self.root / "wsgi.py").write_text(WSGI)
        (self.root / "worker/__main__.py").write_text(WORKER)
        (self.root / "demo/__main__.py").write_text("print('the city sleeps')")
        (self.root / "driver.py").write_text(DRIVER)
        shutil.copy(ROOT / "deploy/gunicorn.conf.py", self.root / "deploy")
        (self.root / "presets").symlink_to(ROOT / "presets")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TUNTAS_HOME": str(self.home),
            "HTTP_PORT": str(free_port()),
            "SMTP_PORT": str(free_port()),
            "IMAP_PORT": str(free_port()),
            "PYTHONPATH": str(ROOT),
            "WEB_CONCURRENCY": "1",
        }
        self.process: subprocess.Popen | None = None

    def start(self, mode: str = "run", **environment: str) -> None:
        self.said = self.root / "said"
        with self.said.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "driver.py", mode, str(self.root)], cwd=self.root, stdout=output, stderr=output,
                env={**self.environment, **environment},
            )  # fmt: skip

    def wait_ready(self) -> None:
        wait_until(lambda: "Ready" in self.said.read_text() or self.process.poll() is not None, 30)
        assert "Ready" in self.said.read_text(), self.said.read_text()

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(12)

    def fault(self, **environment: str) -> str:
        """What it says when it cannot start; must be one line and exit code 1."""
        self.start(**environment)
        assert self.process.wait(20) == 1
        *notes, line = self.said.read_text().splitlines()
        assert all(note.startswith("Note: ") for note in notes)
        return line

    def children(self) -> list[psutil.Process]:
        pids = [pid for pid, _ in json.loads((self.home / "children.json").read_text())]
        return [process for process in psutil.process_iter() if process.pid in pids]

    def survivors(self) -> list[str]:
        """Living processes that were started for this home."""
        mark = str(self.home)
        found = []
        for process in psutil.process_iter():
            try:
                mine = mark in " ".join(process.cmdline()) or process.environ().get("TUNTAS_HOME") == mark
                if mine and process.status() != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    def ask(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.environment['HTTP_PORT']}{path}", timeout=5) as answer:
            return answer.read().decode()


@pytest.fixture
def launcher(home: Path) -> Iterator[Launcher]:
    it = Launcher(home)
    yield it
    if it.process is not None and it.process.poll() is None:
        it.stop(signal.SIGTERM)
    postgres.stop(it.home)
    valkey.stop(it.home)
    assert it.survivors() == []


def test_everything_starts_with_one_command_and_ends_with_one_signal(launcher: Launcher) -> None:
    launcher.start()
    launcher.wait_ready()
    seen = json.loads(launcher.ask("/environment"))
    assert seen["DATABASE_URL"].startswith("postgresql+psycopg://postgres@/tuntas?host=")
    assert seen["REDIS_URL"].startswith("unix://")
    assert seen["IMAP_URL"] == f"imap://lapor%40bengkulukota.example:local@127.0.0.1:{seen['IMAP_PORT']}/INBOX"
    assert seen["TUNTAS_ENV"] == "local"
    assert (launcher.home / "secret-key").stat().st_mode & 0o777 == 0o600
    commands = (launcher.home / "commands").read_text().splitlines()
    assert commands[:2] == ["db upgrade ", "preset load --if-empty kota-bengkulu"]
    roles = [line.split("--role ")[1].split()[0] for line in commands[2:]]
    assert roles == ["desk", "officer", "head", "leader", "inspector", "administrator"]
    assert "/mailbox/" in launcher.said.read_text()
    assert launcher.stop() == 0
    assert launcher.survivors() == []
    # The second run migrates, and leaves preset and accounts alone; the key stays.
    launcher.start()
    launcher.wait_ready()
    assert (launcher.home / "commands").read_text().splitlines()[len(commands) :] == ["db upgrade "]
    assert json.loads(launcher.ask("/environment"))["SECRET_KEY"] == seen["SECRET_KEY"]


def test_a_new_run_works_after_the_launcher_was_killed(launcher: Launcher) -> None:
    launcher.start()
    launcher.wait_ready()
    before = launcher.children()
    launcher.process.kill()
    launcher.process.wait()
    assert any(process.is_running() for process in before)
    launcher.start()
    launcher.wait_ready()
    assert "earlier run" in launcher.said.read_text()
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in before)


def test_what_dies_is_started_again(launcher: Launcher) -> None:
    launcher.start()
    launcher.wait_ready()
    worker = next(process for process in launcher.children() if "worker" in process.cmdline())
    worker_command = worker.cmdline()
    worker.kill()
    server = int((launcher.home / "valkey/valkey.pid").read_text())
    os.kill(server, signal.SIGKILL)
    wait_until(lambda: "worker ended with SIGKILL; it starts again in 1 s" in launcher.said.read_text())
    wait_until(lambda: any(p.cmdline() == worker_command and p.pid != worker.pid for p in launcher.children()))
    wait_until(lambda: "Valkey does not answer" in launcher.said.read_text())
    wait_until(lambda: valkey.is_running(launcher.home))


def test_a_process_that_will_not_end_is_killed_after_a_while(launcher: Launcher) -> None:
    launcher.start(STAND_IN="stubborn", **NO_PARTS)
    launcher.wait_ready()
    for name in ("worker", "poller", "schedule"):
        wait_until(lambda name=name: "at work" in (launcher.home / f"log/{name}.log").read_text())
    assert launcher.stop(signal.SIGTERM) == 0
    assert launcher.survivors() == []


def test_each_fault_is_one_sentence(launcher: Launcher) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", int(launcher.environment["HTTP_PORT"])))
        stranger.listen()
        assert "in use by another program; set HTTP_PORT" in launcher.fault()
    assert "SMTP_PORT is 'x'" in launcher.fault(SMTP_PORT="x")
    assert "no preset 'kota-entah'" in launcher.fault(TUNTAS_PRESET="kota-entah")
    assert "Nothing can be written to /proc/tuntas" in launcher.fault(TUNTAS_HOME="/proc/tuntas")
    assert "this cannot be done" in launcher.fault(STAND_IN="broken", **NO_PARTS)
    assert launcher.survivors() == []


def test_one_home_has_one_launcher_and_one_preset(launcher: Launcher) -> None:
    launcher.start(**NO_PARTS)
    launcher.wait_ready()
    second = Launcher(launcher.root / "second")
    second.environment = {**launcher.environment, "HTTP_PORT": str(free_port())}
    assert "Tuntas already runs on" in second.fault()
    assert listens(int(launcher.environment["HTTP_PORT"]))
    launcher.stop()
    assert "are those of kota-bengkulu, not kota-blitar" in launcher.fault(TUNTAS_PRESET="kota-blitar")


def test_a_demo_begins_anew_on_a_fast_clock_that_all_share(launcher: Launcher) -> None:
    launcher.home.mkdir()
    (launcher.home / "letter").write_text("not a demo's")
    launcher.start("demo")
    assert launcher.process.wait(20) == 1
    assert "is not a demo's" in launcher.said.read_text()
    (launcher.home / "letter").unlink()
    (launcher.home / "this-is-a-demo").touch()
    (launcher.home / "blobs").mkdir()
    (launcher.home / "blobs" / "letter").write_text("of the last demo")
    launcher.start("demo", DATABASE_URL="postgresql://production/never")
    launcher.wait_ready()
    seen = json.loads(launcher.ask("/environment"))
    assert seen["TUNTAS_CLOCK"].startswith("2026-11-20T07:00+07:00@1000x;since=")
    assert "production" not in seen["DATABASE_URL"]
    assert not (launcher.home / "blobs").exists()
    wait_until(lambda: "the city sleeps" in launcher.said.read_text())


def test_parts_that_run_elsewhere_are_used(launcher: Launcher, home: Path) -> None:
    other = home / "elsewhere"
    url = valkey.start(other)
    try:
        (launcher.root / ".env").write_text(f"REDIS_URL={url}\nSMTP_URL=smtp://mail.example\n")
        launcher.start(IMAP_URL="imap://a:b@mail.example/INBOX", DATABASE_URL="postgresql://nowhere/none")
        launcher.wait_ready()
        seen = json.loads(launcher.ask("/environment"))
        assert (seen["REDIS_URL"], seen["SMTP_URL"]) == (url, "smtp://mail.example")
        assert not (launcher.home / "valkey").exists()
        assert not listens(int(launcher.environment["SMTP_PORT"]))
        launcher.stop()
        assert valkey.is_running(other)
    finally:
        valkey.stop(other)
