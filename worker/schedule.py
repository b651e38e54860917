"""The schedule: RQ's cron enqueues every sweep at short intervals, and beside it the watch raises alarms.

RQ's cron has no leader: two schedules enqueue twice, which is harmless, because every sweep claims its rows.
While Redis is away there is nobody to enqueue to; the schedule waits and goes on when it is back.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

import structlog
from flask import Flask, current_app
from redis import RedisError
from rq.cron import CronScheduler
from rq.exceptions import StopRequested

from service import queues
from service.config import settings
from worker import jobs

log = structlog.get_logger()
PAUSE_SECONDS = 2
WATCH_SECONDS, FIRST_WATCH_SECONDS = 20, 3


class Schedule(CronScheduler):
    """RQ's cron scheduler, whose last word to a Redis that is away does not hide that it was told to stop."""

    def register_death(self) -> None:
        """Take this scheduler out of Redis's list, where that can be done."""
        with contextlib.suppress(RedisError):
            super().register_death()


def make(seconds: int) -> Schedule:
    """The cron scheduler: every sweep every `seconds`.

    A sweep that no worker took before the next one is due is dropped from its queue: it would find nothing.
    """
    cron = Schedule(connection=queues.connection(), logging_level=logging.WARNING)
    sweeps = (jobs.process_mail, jobs.deliver_mail, jobs.sweep_deadlines, jobs.send_digests, jobs.anchor_day)
    for job in sweeps:
        cron.register(job, _queue_of(job.__name__), interval=seconds, ttl=2 * seconds, result_ttl=0, job_timeout=600)
    return cron


def run() -> int:
    """Run until SIGTERM or SIGINT, whether Redis is there or not."""
    logging.getLogger("rq").setLevel(logging.WARNING)
    try:
        with _watching(current_app._get_current_object()):  # type: ignore[attr-defined]
            while not _runs_to_its_end():
                time.sleep(PAUSE_SECONDS)
    except (StopRequested, KeyboardInterrupt):
        log.info("schedule_stopped")
    return 0


def _runs_to_its_end() -> bool:
    """Run the schedule until it is told to stop; False when Redis went away."""
    try:
        make(settings().sweep_seconds).start()
    except RedisError as error:
        log.warning("schedule_without_redis", error=type(error).__name__)
        return False
    return True


@contextlib.contextmanager
def _watching(app: Flask) -> Iterator[None]:
    """Look for trouble every twenty seconds meanwhile, in a thread: neither Redis nor a worker is needed for it."""
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(app, stop), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join(5)


def _watch(app: Flask, stop: threading.Event) -> None:
    pause = FIRST_WATCH_SECONDS
    with app.app_context():
        while not stop.wait(pause):
            try:
                jobs.watch()
            except Exception as error:
                log.error("watch_failed", error=f"{type(error).__name__}: {error}".splitlines()[0])
            pause = WATCH_SECONDS


def _queue_of(name: str) -> str:
    return queues.QUEUE_OF[f"worker.jobs.{name}"]
