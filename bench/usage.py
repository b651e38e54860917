"""What processes take of the machine, from /proc: processor time and memory."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, of its children that live, and of those that have ended."""
    own = _times(pid)
    return sum(own) / TICKS + sum(sum(_times(child)[:2]) for child in _children(pid)) / TICKS


def peak_mb(pid: int) -> float:
    """The most memory that the process ever held at once, in MB; of its living children, if one of them held more."""
    return max(_peak_kb(each) for each in (pid, *_children(pid))) / 1024


def postmaster(database: psycopg.Connection) -> int:
    """The process that all backends of this database's server descend from."""
    backend = database.execute("SELECT pg_backend_pid()").fetchone()
    return int(_stat(backend[0])[1]) if backend else 0


def _times(pid: int) -> list[int]:
    """User and system ticks of the process, then those of its children that have ended."""
    return [int(word) for word in _stat(pid)[11:15]]


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name, which may hold anything: state, parent, …; [] when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _children(pid: int) -> Iterator[int]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, path.read_text().split())


def _peak_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
