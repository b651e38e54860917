"""Processes under test: each in a group of its own, with its output in a file, always ended."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
END_SECONDS = 15
SETTINGS = (
    "DATABASE_URL", "REDIS_URL", "SMTP_URL", "IMAP_URL", "MAIL_ADDRESS", "PUBLIC_URL", "SECRET_KEY", "BLOB_URL",
    "PORT", "HTTP_PORT", "SMTP_PORT", "IMAP_PORT", "SWEEP_SECONDS", "POLL_SECONDS", "TRUSTED_PROXIES",
)  # fmt: skip


def plain_environment() -> dict[str, str]:
    """The environment without any setting of the product; compiled modules may be kept, for starts are many."""
    dropped = (*SETTINGS, "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in dropped and not name.startswith("TUNTAS_")}


class Processes:
    """Running processes by name."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        logs.mkdir(parents=True, exist_ok=True)
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], **options: Any) -> None:
        """Start `command`; its output is added to the log file of that name."""
        assert name not in self.running, f"{name} runs already"
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **options,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        """SIGKILL, to the whole group."""
        process = self.running.pop(name)
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()

    def kill_family(self, name: str) -> None:
        """SIGKILL at one instant, to the process and all that descend from it, whatever group they are in."""
        process = self.running.pop(name)
        family = signal_family(process.pid, signal.SIGSTOP)  # nobody is born meanwhile
        for pid in family:
            _signal(pid, signal.SIGKILL)
        process.wait()
        give_up = time.monotonic() + END_SECONDS
        while any(_lives(pid) for pid in family) and time.monotonic() < give_up:
            time.sleep(0.005)

    def terminate(self, name: str, seconds: float = END_SECONDS, number: int = signal.SIGTERM) -> int:
        """SIGTERM to the process itself; returns its exit code, -9 when it did not end in time."""
        self.running[name].send_signal(number)
        return self.wait(name, seconds)

    def wait(self, name: str, seconds: float = END_SECONDS) -> int:
        """Wait for a process that was told to end; returns its exit code, -9 when it did not in time."""
        process = self.running.pop(name)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            _signal_group(process.pid, signal.SIGKILL)  # what it may have left behind
            process.wait()

    def signal(self, name: str, number: int) -> None:
        """Send a signal to the whole group."""
        _signal_group(self.running[name].pid, number)

    def end(self, names: list[str]) -> None:
        """SIGTERM to these at once, then SIGKILL to what is left of their groups."""
        for name in names:
            self.running[name].terminate()
        for name in names:
            self.terminate(name)

    def end_all(self) -> None:
        """End whatever runs."""
        self.end(list(self.running))

    def last_words(self, lines: int = 12) -> str:
        """The end of every log, for a test that failed."""
        words = []
        for path in sorted(self.logs.glob("*.log")):
            end = path.read_text(errors="replace").splitlines()[-lines:]
            words.append(f"--- {path.name}\n" + "\n".join(line[:600] for line in end))
        return "\n".join(words)


def signal_family(pid: int, number: int) -> list[int]:
    """Send a signal to a process, then to all that descend from it; returns their pids."""
    _signal(pid, number)
    family, young = [pid], _children(pid)
    while young:
        family += young
        for child in young:
            _signal(child, number)
        young = [grandchild for child in young for grandchild in _children(child)]
    return family


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
