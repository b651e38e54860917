"""`python -m worker [worker|poller|schedule]`.

The app is built before any job runs: a worker that imported it per job would manage two a second.
"""

import sys


def main(arguments: list[str]) -> int:
    """Run one process until it is told to stop; returns its exit code."""
    role = arguments[0] if arguments else "worker"
    if role not in ("worker", "poller", "schedule") or len(arguments) > 1:
        print("usage: python -m worker [worker|poller|schedule]", file=sys.stderr)
        return 2
    from service.app import create_app
    from service.config import ConfigError

    try:
        app = create_app()
    except ConfigError as error:
        print(f"Settings: {error}", file=sys.stderr)
        return 1
    if role == "poller":
        from worker import poller

        return poller.run(app)
    with app.app_context():
        if role == "schedule":
            from worker import schedule

            return schedule.run()
        return work()


def work() -> int:
    """An RQ worker in this process: it does the job in hand when told to stop, and ends."""
    import gc
    import logging

    from rq import SimpleWorker

    from service import queues

    gc.freeze()  # what start-up made stays: the collector need not look at it again
    gc.set_threshold(20_000, 50, 100)
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    worker = SimpleWorker(list(queues.QUEUES), connection=queues.worker_connection(), name=None)
    worker.work(logging_level="WARNING")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
