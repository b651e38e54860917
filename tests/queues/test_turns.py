"""The worker takes from each queue in its turn."""

import signal
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from redis import Redis
from rq import Queue

from service import queues
from service.monitoring import pulse
from service.outbox.smtp import Outcome
from worker import jobs, work


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


def test_a_slow_way_out_keeps_no_clock_waiting(redis: Redis) -> None:
    rounds = 3
    for _ in range(rounds):
        for job in queues.QUEUE_OF:
            Queue(queues.QUEUE_OF[job], connection=redis).enqueue("time.time")
    worker = work.Worker(list(queues.QUEUES), connection=redis)
    worker.work(burst=True, max_jobs=len(queues.QUEUE_OF), dequeue_strategy=work.TURNS)
    left = {job: len(Queue(name, connection=redis)) for job, name in queues.QUEUE_OF.items()}
    assert left == dict.fromkeys(queues.QUEUE_OF, rounds - 1)


class SlowServer:
    """Keeps everybody waiting, and takes nothing."""

    def __init__(self) -> None:
        self.asked = 0

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        self.asked += 1
        time.sleep(0.3)
        return Outcome(False, False, "TimeoutError: timed out", reachable=False)


def test_a_server_that_hangs_is_left_alone_for_as_long(
    redis: Redis, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = SlowServer()
    noting = pulse.NotingSender(server)
    monkeypatch.setattr(jobs, "_smtp", noting)
    monkeypatch.setattr(jobs, "_rests_until", 0.0)
    monkeypatch.setattr(jobs.delivery, "turn", lambda *_: int(noting.send("a@b.c", "d@e.f", b"").sent))
    jobs.deliver_mail()
    jobs.deliver_mail()
    assert server.asked == 1
    time.sleep(0.35)
    jobs.deliver_mail()
    assert server.asked == 2
