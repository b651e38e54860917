"""A worker, poller or web that SIGKILLs itself at a transaction boundary.

    python -m tests.road.killed worker|poller        gunicorn 'tests.road.killed:web()'

A boundary is the instant just before COMMIT is sent, or just after the database has confirmed it (and before anything
that follows a commit). Counted are the transactions that wrote something, and the one after each; not those that only
renew the poller's lease. The file `$TUNTAS_HOME/armed-ROLE` holds how many boundaries are left to live; without it
nobody dies. Whoever dies removes it. After its death worker and poller wait to be born again until the test takes away
`$TUNTAS_HOME/died-ROLE`, so that it can let the leases of the dead lapse in between.

The processes are forked from one that has imported the product: a fresh process each time, without the seconds that
imports take. For the web gunicorn does the same.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from service.app import create_app
from service.config import settings

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")
LEASE = ("INSERT INTO mailbox", "UPDATE mailbox")


def armed(home: Path, role: str) -> Path:
    """The file that says after how many boundaries to die."""
    return home / f"armed-{role}"


def died(home: Path, role: str) -> Path:
    """The file that says that the process has died."""
    return home / f"died-{role}"


class Counter(threading.local):
    """What one thread has seen of its transactions."""

    wrote = False
    wrote_lease = False
    follows = False  # the transaction before this one was counted
    committed = False


def install(role: str) -> None:
    """Count boundaries in this process from now on."""
    seen = Counter()
    file = armed(settings().home, role)

    @event.listens_for(Engine, "after_cursor_execute")
    def _note(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(WRITES) or cursor.rowcount < 1:
            return
        if statement.startswith(LEASE):
            seen.wrote_lease = True
        else:
            seen.wrote = True

    @event.listens_for(Engine, "commit")
    def _before(_connection: Any) -> None:
        counts = seen.wrote or (seen.wrote_lease and seen.follows)
        seen.follows, seen.committed = seen.wrote, counts
        seen.wrote = seen.wrote_lease = False
        if counts:
            _boundary(file)

    @event.listens_for(Session, "after_commit", insert=True)
    def _after(_session: Session) -> None:
        if seen.committed:
            seen.committed = False
            _boundary(file)


def _boundary(file: Path) -> None:
    try:
        left = int(file.read_text())
    except OSError:
        return
    if left > 1:
        file.write_text(str(left - 1))
        return
    file.unlink()
    os.kill(os.getpid(), signal.SIGKILL)


def web() -> Flask:
    """The web app, mortal."""
    install("web")
    return create_app()


def main(role: str) -> int:
    """Run worker or poller, and have it born again after each death."""
    app = create_app()
    while True:
        child = os.fork()
        if child == 0:
            install(role)
            os._exit(_work(app, role))
        signal.signal(signal.SIGTERM, lambda *_, child=child: os.kill(child, signal.SIGTERM))
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return os.waitstatus_to_exitcode(status)
        died(settings().home, role).touch()
        while died(settings().home, role).exists():
            time.sleep(0.01)


def _work(app: Flask, role: str) -> int:
    if role == "poller":
        from worker import poller

        return poller.run(app)
    from worker.__main__ import work

    with app.app_context():
        return work()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
