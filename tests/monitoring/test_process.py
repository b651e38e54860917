"""The watch in its process: neither Redis nor a worker is needed for it."""

import os
import signal
import subprocess
import sys
import time

import pytest
from flask import Flask
from sqlalchemy import select

from service.database import transaction
from service.monitoring import pulse
from service.monitoring.records import Heartbeat


@pytest.mark.usefixtures("app")
def test_the_schedule_watches_while_redis_and_workers_are_away(app: Flask) -> None:
    process = subprocess.Popen([sys.executable, "-m", "worker", "schedule"], env=os.environ, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while not has_turned() and time.monotonic() < end:
            time.sleep(0.2)
        assert has_turned()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def has_turned() -> bool:
    with transaction() as session:
        return session.scalar(select(Heartbeat.at).where(Heartbeat.name == pulse.WATCH)) is not None
