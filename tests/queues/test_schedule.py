"""The schedule, as a process."""

import os
import signal
import subprocess
import sys
import time

import pytest


@pytest.mark.parametrize("seconds", [2, 4])
def test_it_ends_when_told_to_even_while_redis_is_away(seconds: int) -> None:
    environment = os.environ | {"DATABASE_URL": "postgresql://127.0.0.1:1/nobody", "SWEEP_SECONDS": "1"}
    process = subprocess.Popen([sys.executable, "-m", "worker", "schedule"], env=environment, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        assert b"schedule_without_redis" in process.stderr.readline()
        time.sleep(seconds / 10)  # in the pause, or in the next attempt
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
