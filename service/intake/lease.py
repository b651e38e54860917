"""Holding a lease for as long as its holder lives, whatever the holder waits for."""

import threading
from typing import Self

import structlog

from service.intake import poll
from service.intake.poll import Transaction

log = structlog.get_logger()
RENEW_SECONDS = 5


class Keeper:
    """Renews the lease of a mailbox from a thread of its own, so that a long fetch does not lose it. Use as a context
    manager, with the lease taken. `transaction` must work in any thread.

    When the process dies, so does the thread, and the lease lapses. Should the lease be lost all the same (the
    database was away for long), `lost` says so; a batch stored after that is known by its bytes to the other poller.
    """

    def __init__(self, transaction: Transaction, name: str, owner: str) -> None:
        self._transaction, self._name, self._owner = transaction, name, owner
        self._done = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True, name=f"lease {name}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._done.set()
        self._thread.join()

    def lost(self) -> bool:
        """Whether another poller reads this mailbox now."""
        return self._lost.is_set()

    def _keep(self) -> None:
        while not self._done.wait(RENEW_SECONDS):
            try:
                if not poll.take_lease(self._transaction, self._name, self._owner):
                    log.warning("lease_lost", mailbox=self._name)
                    self._lost.set()
                    return
            except Exception as error:  # the database is away: the next try is soon enough
                log.warning("lease_not_renewed", mailbox=self._name, error=type(error).__name__)
