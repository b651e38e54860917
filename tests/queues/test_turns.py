"""The worker takes from each queue in its turn."""

import signal
from collections.abc import Iterator

import pytest
from redis import Redis
from rq import Queue

from service import queues
from worker import work


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """RQ's worker takes SIGINT and SIGTERM for itself; give them back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_a_backlog_of_mail_to_process_keeps_no_letter_waiting(redis: Redis) -> None:
    for name in (queues.INTAKE, queues.INTAKE, queues.INTAKE, queues.MAIL):
        Queue(name, connection=redis).enqueue("time.time")
    worker = work.Worker(list(queues.QUEUES), connection=redis)
    worker.work(burst=True, max_jobs=2, dequeue_strategy=work.TURNS)
    assert (len(Queue(queues.INTAKE, connection=redis)), len(Queue(queues.MAIL, connection=redis))) == (2, 0)
