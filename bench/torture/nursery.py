"""Processes of the product on demand: `python -m bench.torture.nursery LOGS`.

Each line of input names a role (`worker`, `poller`, `schedule`) and the log its output is added to; the answer is the
pid. They are forked from this process, which has imported the product, so that a new one is at work at once and most
kills meet somebody who is busy. When the input ends, or this process dies, all of them die.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

from flask import Flask

from service.app import create_app
from worker import jobs, poller, schedule  # noqa: F401 - jobs: imported before the fork, as production's workers have
from worker.__main__ import work

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def main(logs: Path) -> int:
    """Fork a process for each line of input."""
    app = create_app()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks for their exit codes
    print("ready", flush=True)
    for line in sys.stdin:
        role, name = line.split()
        child = os.fork()
        if child == 0:
            _live(app, role, logs / f"{name}.log")
        print(child, flush=True)
    return 0


def _live(app: Flask, role: str, log: Path) -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with log.open("ab") as output, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    code = 1
    try:
        code = _run(app, role)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(app: Flask, role: str) -> int:
    if role == "poller":
        return poller.run(app)
    with app.app_context():
        return schedule.run() if role == "schedule" else work()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
