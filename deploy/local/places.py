"""Where the embedded parts keep their files, and how one of them is told from another."""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

# A unix socket's path may have 104 bytes on macOS, 108 on Linux; PostgreSQL adds ".s.PGSQL.5432.lock".
LONGEST_SOCKET_FOLDER = 80


class PartError(RuntimeError):
    """A part cannot be started; the message is one sentence for whoever typed the command."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path` (created when missing) against other processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def socket_folder(folder: Path) -> Path:
    """A folder whose path is short enough for sockets: `folder` itself, else one in the temporary folder.

    The same `folder` always gets the same answer. Raises PartError when somebody else owns the temporary one.
    """
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and "," not in str(folder):
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"tuntas-{os.geteuid()}-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.is_symlink() or (short.stat().st_uid != os.geteuid() and os.geteuid() != 0):
        raise PartError(f"The folder {short} belongs to somebody else; remove it or choose a shorter TUNTAS_HOME.")
    return short


def leave_socket_folder(folder: Path) -> None:
    """Remove the temporary folder that `socket_folder` has made, once nobody listens there."""
    short = socket_folder(folder)
    if short != folder:
        with suppress(OSError):
            short.rmdir()


def process_of(pid_file: Path, mark: str) -> psutil.Process | None:
    """The living process that `pid_file` names, when its command line contains `mark`.

    After a restart of the machine the number may belong to a stranger, hence the mark.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if process.status() == psutil.STATUS_ZOMBIE or mark not in " ".join(process.cmdline()):
            return None
        return process
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def gone(pid_file: Path, mark: str, seconds: float) -> bool:
    """Wait until no living process is behind `pid_file`; False when it still lives after `seconds`.

    A zombie counts as gone: in a container nobody may ever collect it.
    """
    give_up = time.monotonic() + seconds
    while process_of(pid_file, mark) is not None:
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True


def last_lines(path: Path, count: int = 3) -> str:
    """The end of a log file on one line, to be put into an error message."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return "no log"
    return " / ".join(line.strip() for line in lines[-count:])
