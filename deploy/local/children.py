"""The processes of the product, each in a process group of its own: start, restart, end."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

END_SECONDS = 7
LONGEST_PAUSE = 30
STEADY_SECONDS = 60
LARGEST_LOG = 20_000_000


@dataclass
class Child:
    """One process and its history of falls. `once`: ends by itself when its work is done. `shown`: what it says goes
    to our own output."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    once: bool
    words: str = ""
    shown: bool = False
    process: subprocess.Popen | None = None
    started: float = 0.0
    falls: int = 0
    again_at: float = 0.0


class Children:
    """All processes that this launcher looks after. Their pids are kept in `home`, for the launcher after a crash."""

    def __init__(self, home: Path, root: Path) -> None:
        self.record = home / "children.json"
        self.logs = home / "log"
        self.logs.mkdir(exist_ok=True, mode=0o700)
        self.root = root
        self.all: dict[str, Child] = {}

    def start(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        once: bool = False,
        words: str = "",
        shown: bool = False,
    ) -> Child:
        """Start a process; `words` are what it reads on stdin, its output goes to `log/NAME.log` unless `shown`."""
        child = Child(name, command, environment, once, words, shown)
        self.all[name] = child
        self._spawn(child)
        return child

    def alive(self, name: str) -> bool:
        """Whether that process runs now."""
        process = self.all[name].process
        return process is not None and process.poll() is None

    def look(self) -> list[str]:
        """Restart what has died, with growing pauses; returns a sentence on each event."""
        said = []
        for child in self.all.values():
            if child.process is None:
                if not child.once and time.monotonic() >= child.again_at:
                    self._spawn(child)
                continue
            code = child.process.poll()
            if code is None:
                continue
            _kill_group(child.process.pid, signal.SIGKILL)  # what it may have left behind
            child.process = None
            if child.once and code == 0:
                continue
            steady = time.monotonic() - child.started > STEADY_SECONDS
            child.falls = 1 if steady else child.falls + 1
            pause = min(2 ** (child.falls - 1), LONGEST_PAUSE)
            child.again_at = time.monotonic() + pause
            fate = "" if child.once else f"; it starts again in {pause} s"
            said.append(f"{child.name} ended with {_meaning(code)}{fate} (see {self.logs / child.name}.log).")
        return said

    def forget(self, name: str) -> int:
        """Let go of a process that has ended; returns its exit code."""
        process = self.all.pop(name).process
        return 0 if process is None else process.wait()

    def end(self, last: str) -> None:
        """End all: SIGTERM, and SIGKILL to whole groups after END_SECONDS. `last` stays until the others have gone."""
        running = {child.name: child.process for child in self.all.values() if child.process is not None}
        others = [process for name, process in running.items() if name != last]
        give_up = time.monotonic() + END_SECONDS
        for group in (others, [process for name, process in running.items() if name == last]):
            for process in group:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
            while time.monotonic() < give_up and any(process.poll() is None for process in group):
                time.sleep(0.05)
            for process in group:
                _kill_group(process.pid, signal.SIGKILL)
                process.wait()
        self.all.clear()
        self.record.unlink(missing_ok=True)

    def end_leftovers(self) -> int:
        """End what a killed launcher left running; returns how many there were."""
        try:
            noted = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return 0
        left = [process for pid, born in noted for process in _same_process(pid, born)]
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        give_up = time.monotonic() + END_SECONDS
        while time.monotonic() < give_up and any(_lives(process) for process in left):
            time.sleep(0.05)
        for process in left:
            _kill_group(process.pid, signal.SIGKILL)
        self.record.unlink(missing_ok=True)
        return len(left)

    def _spawn(self, child: Child) -> None:
        path = self.logs / f"{child.name}.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.rename(path.with_suffix(".log.old"))
        with path.open("ab") as log, tempfile.TemporaryFile() as words:
            words.write(child.words.encode())
            words.seek(0)
            child.process = subprocess.Popen(
                child.command, cwd=self.root, env=dict(child.environment), stdin=words,
                stdout=None if child.shown else log, stderr=log, start_new_session=True,
            )  # fmt: skip
        child.started = time.monotonic()
        self._note()

    def _note(self) -> None:
        """Write down who runs, by pid and birth: a pid alone may be somebody else's by tomorrow."""
        noted = []
        for child in self.all.values():
            if child.process is not None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    noted.append((child.process.pid, psutil.Process(child.process.pid).create_time()))
        part = self.record.with_suffix(".part")
        part.write_text(json.dumps(noted))
        part.rename(self.record)


def _same_process(pid: int, born: float) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process] if abs(process.create_time() - born) < 1 else []
    except psutil.NoSuchProcess:
        return []


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _kill_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _meaning(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
