"""`make run` and `make demo`: start all parts and the product, watch them, end them.

1. Checks, each fault one sentence; nothing has been started yet.
2. What a killed launcher left behind is ended. A demo empties its folder.
3. PostgreSQL, Valkey and the mail server, unless the settings name others.
4. Migrations; on the first run also the preset and the try-out accounts.
5. Web, worker, poller, schedule (and the simulated city); wait until the web answers; say where everything is.
6. Whatever dies is started again, until SIGINT or SIGTERM; then everything ends within ten seconds.
"""

import http.client
import json
import shlex
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable

from deploy.local import accounts, checks, postgres, valkey
from deploy.local.children import Children
from deploy.local.places import PartError, last_lines
from deploy.local.plan import HOST, Plan

READY_SECONDS = 60
WEB_APP = "deploy.local.wsgi:app"
LOOK_SECONDS = 0.3
PARTS_SECONDS = 2.0
# The settings that `env.sh` holds.
OURS = (
    *("DATABASE_URL", "REDIS_URL", "SMTP_URL", "IMAP_URL", "MAIL_ADDRESS", "PUBLIC_URL", "SECRET_KEY", "BLOB_URL"),
    *("TUNTAS_HOME", "TUNTAS_PRESET", "TUNTAS_ENV", "TUNTAS_CLOCK"),
)
SERVICES = {
    "worker": ("-m", "worker", "worker"),
    "poller": ("-m", "worker", "poller"),
    "schedule": ("-m", "worker", "schedule"),
}


class Stopped(Exception):
    """SIGINT, SIGTERM or SIGHUP has come."""


class StopSignals:
    """Notes the signals; they take effect in `nap`, never in the middle of a step that would leave a process behind."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def nap(self, seconds: float) -> None:
        """Sleep; raises Stopped when a signal has come."""
        time.sleep(seconds)
        if self.asked:
            raise Stopped

    def _ask(self, number: int, frame: object) -> None:
        del number, frame
        self.asked = True


def launch(plan: Plan) -> None:
    """Run until a signal. Raises PartError when something cannot start; by then all else has been ended."""
    accounts.people(plan)  # there must be such a preset
    checks.writable(plan.home)
    with checks.only_one(plan.home):
        checks.same_preset(plan)
        if plan.demo:
            checks.is_demo_home(plan.home)
        children = Children(plan.home, plan.root)
        if children.end_leftovers():
            say("Ended what an earlier run had left behind.")
        checks.ports_free(plan)
        if plan.demo:
            _empty(plan)
            children = Children(plan.home, plan.root)
        signals = StopSignals()
        try:
            _start(plan, children, signals)
            _watch(plan, children, signals)
        except Stopped:
            say("Stopping ...")
        finally:
            _end(plan, children)
        say("Everything has ended; the data are kept in " + str(plan.home) + ".")


def say(text: str) -> None:
    """One line to whoever started us."""
    print(text, flush=True)


def _start(plan: Plan, children: Children, signals: StopSignals) -> None:
    began = time.monotonic()
    environment = plan.environment(*_stores(plan))
    _note_environment(plan, environment)
    signals.nap(0)
    if plan.own_mail_server:
        _start_mail(plan, children, signals, environment)
    _set_up(plan, children, signals, environment)
    web = ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", f"{HOST}:{plan.http_port}"]
    children.start("web", _python(*web, "--graceful-timeout", "5", WEB_APP), environment)
    for name, arguments in SERVICES.items():
        children.start(name, _python(*arguments), environment)
    _wait("web", children, signals, lambda: _web_answers(plan))
    say(accounts.welcome(plan))
    say(f"Ready after {time.monotonic() - began:.0f} s. Logs are in {children.logs}. Ctrl-C ends everything.")
    if plan.demo:
        children.start("demo", _python("-m", "demo"), environment, once=True, shown=True)


def _note_environment(plan: Plan, environment: dict[str, str]) -> None:
    """Write the settings of this run into the home, readable by its owner, for `flask` commands in another terminal."""
    file = plan.home / "env.sh"
    file.touch(mode=0o600)
    file.write_text("".join(f"export {name}={shlex.quote(environment[name])}\n" for name in OURS))


def _stores(plan: Plan) -> tuple[str, str]:
    """The URLs of the database and of Redis; the embedded ones are started."""
    database_url = plan.elsewhere("DATABASE_URL") or postgres.start(plan.home)
    return database_url, plan.elsewhere("REDIS_URL") or valkey.start(plan.home)


def _start_mail(plan: Plan, children: Children, signals: StopSignals, environment: dict[str, str]) -> None:
    command = _python(
        "-m", "deploy.local.mail_server", "--home", str(plan.home), "--smtp", str(plan.smtp_port),
        "--imap", str(plan.imap_port), "--mail-address", plan.mail_address,
    )  # fmt: skip
    children.start("mail", command, environment)
    _wait("mail", children, signals, lambda: _listens(plan.smtp_port) and _listens(plan.imap_port))


def _set_up(plan: Plan, children: Children, signals: StopSignals, environment: dict[str, str]) -> None:
    """Migrate; on the first run of this home load the preset and open the try-out accounts."""
    first = not (plan.home / "preset").exists()
    commands = [["db", "upgrade"]]
    if first:
        commands += [["preset", "load", "--if-empty", plan.preset], *accounts.commands(plan)]
    setup = _python("-m", "deploy.local.set_up")
    children.start("setup", setup, environment, once=True, words=json.dumps(commands))
    while children.alive("setup"):
        signals.nap(0.05)
    if children.forget("setup") != 0:
        log = children.logs / "setup.log"
        raise PartError(f"The database could not be prepared ({last_lines(log, 1)}); the log is {log}.")
    if first:
        (plan.home / "preset").write_text(plan.preset + "\n")


def _watch(plan: Plan, children: Children, signals: StopSignals) -> None:
    look_at_parts = time.monotonic() + PARTS_SECONDS
    while True:
        for sentence in children.look():
            say(sentence)
        if time.monotonic() > look_at_parts:
            _revive_parts(plan)
            look_at_parts = time.monotonic() + PARTS_SECONDS
        signals.nap(LOOK_SECONDS)


def _revive_parts(plan: Plan) -> None:
    parts = {
        "PostgreSQL": ("DATABASE_URL", postgres.is_running, postgres.start),
        "Valkey": ("REDIS_URL", valkey.is_running, valkey.start),
    }
    for name, (setting, is_running, start) in parts.items():
        if plan.elsewhere(setting) or is_running(plan.home):
            continue
        say(f"{name} does not answer; it is started again.")
        try:
            start(plan.home)
        except PartError as error:
            say(str(error))


def _end(plan: Plan, children: Children) -> None:
    children.end(last="mail")  # the poller and the worker may be in the middle of a mail
    if not plan.elsewhere("DATABASE_URL"):
        postgres.stop(plan.home)
    if not plan.elsewhere("REDIS_URL"):
        valkey.stop(plan.home)


def _empty(plan: Plan) -> None:
    """A demo begins with an empty folder, whatever an earlier one left there."""
    postgres.stop(plan.home)
    valkey.stop(plan.home)
    for path in plan.home.iterdir():
        if path.name == "launcher.lock":
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    (plan.home / checks.DEMO_MARK).write_text("The next demo empties this folder.\n")


def _wait(name: str, children: Children, signals: StopSignals, ready: Callable[[], bool]) -> None:
    """Wait until a child is ready; raises PartError when it dies or takes too long."""
    give_up = time.monotonic() + READY_SECONDS
    while not ready():
        log = children.logs / f"{name}.log"
        if not children.alive(name):
            raise PartError(f"{name} did not start ({last_lines(log, 1)}); its log is {log}.")
        if time.monotonic() > give_up:
            raise PartError(f"{name} was not ready after {READY_SECONDS} s; its log is {log}.")
        signals.nap(0.05)


def _web_answers(plan: Plan) -> bool:
    connection = http.client.HTTPConnection(HOST, plan.http_port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
