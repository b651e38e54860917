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
    """The jobs of RQ, in this process."""
    from worker import work as worker

    return worker.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
