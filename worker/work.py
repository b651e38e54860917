"""The worker: RQ runs the jobs in this process.

RQ's worker quits for good, and as if in order, when Redis breaks off at the wrong moment. Nothing is lost by that, but
nobody works until somebody starts it again; so it is started again here, for as long as nobody asked it to end.
"""

import gc
import logging
import signal
import time
from types import FrameType

import structlog
from redis import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.worker import DequeueStrategy

from service import queues

log = structlog.get_logger()
PAUSE_SECONDS = 2
# Each queue in its turn: a long backlog of mail to process must not keep letters and digests waiting.
TURNS = DequeueStrategy.ROUND_ROBIN


class Worker(SimpleWorker):
    """RQ's worker in this process, which remembers whether it was told to stop."""

    told_to_stop = False
    max_connection_wait_time = 5.0  # seconds; RQ's minute would keep mail waiting long after Redis is back

    def handle_warm_shutdown_request(self) -> None:
        """Called by RQ on SIGTERM and SIGINT."""
        self.told_to_stop = True
        super().handle_warm_shutdown_request()


def run() -> int:
    """Do jobs until SIGTERM or SIGINT, whether Redis is there or not; the job in hand is finished first."""
    gc.freeze()  # what start-up made stays: the collector need not look at it again
    gc.set_threshold(20_000, 50, 100)
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    try:
        while not _works_to_its_end():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _stop)
            time.sleep(PAUSE_SECONDS)
    except StopRequested:
        pass
    log.info("worker_stopped")
    return 0


def _works_to_its_end() -> bool:
    """Work until told to stop; False when Redis went away."""
    worker = None
    try:
        worker = Worker(list(queues.QUEUES), connection=queues.worker_connection(), name=None)
        worker.work(logging_level="WARNING", dequeue_strategy=TURNS)
    except RedisError as error:
        log.warning("worker_without_redis", error=type(error).__name__)
    return worker is not None and worker.told_to_stop


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested
