"""The product under torture: its processes, its parts, the network between, and whoever breaks and mends them."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from bench.torture.faults import CUT, FREEZE, GROUPS, KILL, PARTS, PRODUCT, STOP, Fault
from bench.torture.relay import Relay
from tests.road.city import City, plain_url
from tests.road.debian import DebianParts
from tests.road.parts import wait_for
from tests.road.processes import ROOT

TICK_SECONDS = 0.02
AMBUSH_SECONDS = 3
LEASED = ("inbound_mail", "outbound_mail")


class Town:
    """Parts, relays before them, and the five processes of the product."""

    def __init__(self, parts: DebianParts, settings: dict[str, str]) -> None:
        self.parts = parts
        self.city = City(parts, settings, "torture")
        self.database_url = plain_url(self.city.database_url)
        self.relays: dict[str, Relay] = {}
        names = {"database": "DATABASE_URL", "redis": "REDIS_URL", "smtp": "SMTP_URL", "imap": "IMAP_URL"}
        for target, name in names.items():
            url = make_url(self.city.environment[name])
            self.relays[target] = Relay(url.port or 0)
            self.city.environment[name] = _text(url.set(port=self.relays[target].port))
        self.pids: dict[str, int] = {}
        self.ended_by_themselves: Counter[str] = Counter()
        self.logs = self.city.processes.logs
        self._nursery: subprocess.Popen[str] | None = None

    def open(self) -> None:
        """Start the product."""
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "bench.torture.nursery", str(self.logs)],
            cwd=ROOT, env=self.city.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        self._read_nursery()
        self.start_all()

    def close(self) -> None:
        """End the product and the network, not the parts."""
        if self._nursery:
            with contextlib.suppress(ValueError, BrokenPipeError):
                self._nursery.communicate(timeout=20)
        for relay in self.relays.values():
            relay.close()
        self.city.close()

    def start(self, name: str) -> None:
        """Start a process of the product that does not run."""
        if name not in self.pids:
            self._nursery.stdin.write(f"{name.partition('-')[0]} {name}\n")
            self._nursery.stdin.flush()
            self.pids[name] = int(self._read_nursery())

    def kill(self, names: tuple[str, ...]) -> None:
        """SIGKILL to processes of the product; returns when they are gone."""
        killed = [self.pids.pop(name) for name in names if name in self.pids]
        for pid in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in killed), "the killed to be gone")

    def tend(self) -> None:
        """Start again what has ended by itself, as whatever keeps services running does."""
        for name, pid in list(self.pids.items()):
            if not Path(f"/proc/{pid}").exists():
                self.ended_by_themselves[name.partition("-")[0]] += 1
                del self.pids[name]
                self.start(name)
        for part in PARTS:
            if self.parts.ended(part):
                self.ended_by_themselves[part] += 1
                self.parts.restart(part)

    def start_all(self) -> None:
        """Start every process of the product that does not run."""
        for name in PRODUCT:
            self.start(name)

    def lapse_leases(self, tables: tuple[str, ...]) -> None:
        """Do what minutes do to the leases of the dead; only to be called while all who may hold one are dead."""
        with contextlib.suppress(psycopg.Error), self.database() as connection:
            for table in tables:
                connection.execute(
                    f"UPDATE {table} SET leased_until = clock_timestamp() WHERE leased_until IS NOT NULL"  # noqa: S608
                )

    @contextlib.contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """A connection that goes round the relay; raises psycopg.OperationalError while PostgreSQL is down."""
        options = "-c statement_timeout=10000"
        with psycopg.connect(self.database_url, autocommit=True, connect_timeout=3, options=options) as connection:
            yield connection

    def _read_nursery(self) -> str:
        answer = self._nursery.stdout.readline()
        if not answer:
            raise RuntimeError("the nursery is dead")
        return answer


class Storm:
    """Breaks a town and mends it."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.faults: list[Fault] = []
        self._lock = threading.RLock()  # an ambush strikes from the thread of the relay
        self._broken: dict[str, tuple[float, Fault]] = {}  # what is broken -> (when to mend it, why)

    def rage(self, faults: Iterator[Fault], number: int, until: float) -> None:
        """Have that many faults happen, each at its time; ends early at the monotonic second `until`."""
        fault = next(faults)
        at = time.monotonic() + fault.wait
        while len(self.faults) < number and time.monotonic() < until:
            if time.monotonic() >= at:
                self._strike_aimed(fault) if fault.aimed else self.strike(fault)
                fault = next(faults)
                at = time.monotonic() + fault.wait
            self.look_after()
            time.sleep(TICK_SECONDS)

    def _strike_aimed(self, fault: Fault) -> None:
        """Break something at the next 250; when none comes, at the end of the wait for it."""
        struck = threading.Event()

        def ambush() -> None:
            self.strike(fault)
            struck.set()

        relay = self.town.relays["smtp"]
        relay.lie_in_wait(ambush)
        give_up = time.monotonic() + AMBUSH_SECONDS
        while not struck.is_set() and time.monotonic() < give_up:
            self.look_after()
            struck.wait(TICK_SECONDS)
        relay.lie_in_wait(None)
        if not fault.begun:
            fault.aimed = False
            self.strike(fault)

    def strike(self, fault: Fault) -> None:
        """Break something, unless it is broken already."""
        with self._lock:
            self._strike(fault)

    def _strike(self, fault: Fault) -> None:
        what = _what(fault)
        if any(name in self._broken for name in what):
            return
        fault.begun = time.time()
        self.faults.append(fault)
        mend_at = time.monotonic() + fault.pause
        self._broken |= dict.fromkeys(what, (mend_at, fault))
        self._break(fault)

    def everything_anew(self) -> None:
        """End all processes of the product at once and start them again, as if hours had passed in between."""
        end = Fault(KILL, "everything", 0, 0)
        self.strike(end)
        with self.town.database() as connection:
            connection.execute("UPDATE outbound_mail SET next_attempt_at = clock_timestamp() WHERE status = 'queued'")
        self.look_after(at_once=True)

    def look_after(self, *, at_once: bool = False) -> None:
        """Mend what is due to be mended, or everything; and start what has ended by itself."""
        with self._lock:
            self._look_after(at_once)

    def _look_after(self, at_once: bool) -> None:
        now = time.monotonic()
        due = {id(fault): fault for mend_at, fault in self._broken.values() if at_once or mend_at <= now}
        for fault in due.values():
            self._mend(fault)
            for name in _what(fault):
                del self._broken[name]
        self.town.tend()

    def _break(self, fault: Fault) -> None:
        town, target = self.town, fault.target
        if fault.kind == CUT:
            town.relays[target].cut()
        elif fault.kind == FREEZE:
            town.relays[target].freeze()
        elif fault.kind == STOP:
            self._signal(target, signal.SIGSTOP)
        elif target in PARTS:
            town.parts.kill(target)
        else:
            town.kill(GROUPS.get(target, (target,)))
            if target in ("workers", "everything"):
                town.lapse_leases(LEASED)
            if target in ("pollers", "everything"):
                town.lapse_leases(("mailbox",))

    def _mend(self, fault: Fault) -> None:
        town, target = self.town, fault.target
        fault.mended = time.time()
        if fault.kind in (CUT, FREEZE):
            town.relays[target].mend()
        elif fault.kind == STOP:
            self._signal(target, signal.SIGCONT)
        elif target in PARTS:
            town.parts.restart(target)
        else:
            for name in GROUPS.get(target, (target,)):
                town.start(name)

    def _signal(self, target: str, number: int) -> None:
        if target in PARTS:
            self.town.parts.signal(target, number)
        elif target in self.town.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.town.pids[target], number)


def _what(fault: Fault) -> tuple[str, ...]:
    """The single things that a fault breaks; two faults never break the same one at the same time."""
    if fault.kind in (CUT, FREEZE):
        return (f"way to {fault.target}",)
    return GROUPS.get(fault.target, (fault.target,)) if fault.kind == KILL else (fault.target,)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
