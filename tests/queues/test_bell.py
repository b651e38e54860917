"""The bell, on a real Valkey."""

import pytest
from redis import Redis
from rq import Queue

from service import queues

ring = queues.ring  # before the fixture of all tests puts a fake in its place


def waiting(redis: Redis, name: str) -> int:
    return len(Queue(name, connection=redis))


def test_many_rings_before_the_job_starts_are_one_job(redis: Redis) -> None:
    for _ in range(5):
        ring(queues.DELIVER_MAIL)
    assert waiting(redis, queues.MAIL) == 1


def test_a_ring_after_the_job_has_started_is_heard(redis: Redis) -> None:
    ring(queues.DELIVER_MAIL)
    queues.answer(queues.DELIVER_MAIL)
    ring(queues.DELIVER_MAIL)
    assert waiting(redis, queues.MAIL) == 2


def test_after_a_flush_the_next_ring_is_heard(redis: Redis) -> None:
    ring(queues.PROCESS_MAIL)
    redis.flushall()
    ring(queues.PROCESS_MAIL)
    assert waiting(redis, queues.INTAKE) == 1


def test_a_dead_redis_is_no_error_for_who_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    with Redis.from_url("redis://127.0.0.1:1/0") as nobody:
        monkeypatch.setattr(queues, "connection", lambda: nobody)
        ring(queues.PROCESS_MAIL)
        queues.answer(queues.PROCESS_MAIL)


def test_a_job_is_tried_again_when_it_fails(redis: Redis) -> None:
    ring(queues.SEND_DIGESTS)
    job = Queue(queues.REPORTS, connection=redis).jobs[0]
    assert job.retries_left == 3
    assert job.args == ()
