"""The worker, as a process."""

import os
import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture
def environment() -> dict[str, str]:
    return os.environ | {"DATABASE_URL": "postgresql://127.0.0.1:1/nobody", "REDIS_URL": "redis://127.0.0.1:1/0"}


@pytest.mark.parametrize("tenths", [2, 25])
def test_it_waits_for_redis_and_ends_when_told_to(environment: dict[str, str], tenths: int) -> None:
    process = subprocess.Popen([sys.executable, "-m", "worker"], env=environment, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        assert b"worker_without_redis" in process.stderr.readline()
        time.sleep(tenths / 10)  # in the pause, or after the next attempt
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
