"""The bell: after a commit, tell a worker that rows are waiting.

The database is the queue of record. A bell that is lost (Redis down or flushed) delays work until the
next sweep and never loses it, so nothing here may raise into the caller.
"""

from functools import cache

import structlog
from redis import Redis, RedisError
from rq import Queue, Retry
from sqlalchemy import event
from sqlalchemy.orm import Session

from service.config import settings

log = structlog.get_logger()

# A queue for each job. A worker takes from each in its turn, so that none is kept waiting for ever by another that is
# slow: were two on one queue, the second would lapse each time before it was reached.
INTAKE, CLOCKS, MAIL, REPORTS, ANCHORS = "intake", "clocks", "mail", "reports", "anchors"
QUEUES = (INTAKE, CLOCKS, MAIL, REPORTS, ANCHORS)
QUEUE_OF = {
    "worker.jobs.process_mail": INTAKE,
    "worker.jobs.deliver_mail": MAIL,
    "worker.jobs.sweep_deadlines": CLOCKS,
    "worker.jobs.send_digests": REPORTS,
    "worker.jobs.anchor_day": ANCHORS,
}
PROCESS_MAIL, DELIVER_MAIL, SWEEP_DEADLINES, SEND_DIGESTS, ANCHOR_DAY = QUEUE_OF
_WAITING = "bells"


@cache
def connection() -> Redis:
    """The connection to Redis of this process. Short timeouts: a citizen's form must not wait for it."""
    return Redis.from_url(settings().redis_url, socket_connect_timeout=1, socket_timeout=2)


def worker_connection() -> Redis:
    """A connection for RQ's worker, which waits on it longer than a form may."""
    return Redis.from_url(settings().redis_url, socket_connect_timeout=5)


def ring_after_commit(session: Session, job: str) -> None:
    """Have `job` (one of QUEUE_OF) run once `session` has committed."""
    session.info.setdefault(_WAITING, set()).add(job)


def ring(job: str) -> None:
    """Enqueue `job` now, unless one is queued that has not started. Never raises for a Redis that fails.

    The mark is deleted by the job before it looks at the database (`answer`), so whatever was
    committed before that is seen by it, and whatever comes after rings anew.
    """
    try:
        if connection().set(_mark(job), 1, nx=True, ex=10):
            enqueue(job)
    except RedisError as error:
        log.warning("bell_lost", job=job, error=type(error).__name__)


def enqueue(job: str) -> None:
    """Put `job` on its queue; raises redis.RedisError.

    A job that fails is tried again at once, three times; pauses would need RQ's scheduler, a second process in each
    worker that outlives it when it is killed, for what the next sweep does anyway.
    """
    queue = Queue(QUEUE_OF[job], connection=connection())
    queue.enqueue(job, retry=Retry(max=3), result_ttl=0, failure_ttl=86400, job_timeout=300)


def lengths() -> dict[str, int]:
    """How many jobs wait on each queue; raises redis.RedisError."""
    return {name: int(Queue(name, connection=connection()).count) for name in QUEUES}


def answer(job: str) -> None:
    """Called by a job as its first step: from here on a new bell is heard again."""
    try:
        connection().delete(_mark(job))
    except RedisError as error:
        log.warning("bell_not_answered", job=job, error=type(error).__name__)


def _mark(job: str) -> str:
    return f"tuntas:bell:{job}"


@event.listens_for(Session, "after_commit")
def _ring_all(session: Session) -> None:
    if session.in_nested_transaction():  # only a savepoint was released
        return
    for job in sorted(session.info.pop(_WAITING, ())):
        ring(job)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_WAITING, None)
