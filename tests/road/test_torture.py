"""The torture in short: twenty faults while a hundred mails flow. `make torture` is the long one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.road import debian
from tests.road.processes import ROOT


@pytest.mark.real
def test_whatever_is_killed_cut_off_or_frozen_no_mail_is_lost_and_none_counts_twice(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    if lacking := debian.missing():
        sentence = f"NOT TORTURED: {lacking} is missing"
        pytest.fail(sentence) if os.environ.get("CI") == "true" else pytest.skip(sentence)
    out = tmp_path / "torture.json"
    command = [sys.executable, "-m", "bench.torture_mail", "--mails", "100", "--kills", "20", "--wait", "0.7"]
    command += ["--seed", "20", "--seconds", "150", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]
    account = json.loads(out.read_text())
    assert account["mails"] == 100
    assert account["faults"] >= 20
    assert (account["lost"], account["doubled"], account["violations"]) == (0, 0, [])
    record_property("handed over again", account["handed over again"])
    record_property("seconds", account["seconds"])
