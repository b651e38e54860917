"""`flask clock explain`."""

from flask import Flask

from service.agencies.directory import Directory
from tests.casework.test_acts import opened, sweep_all
from tests.fakes.clock import FakeClock


def test_a_due_time_is_explained_day_by_day(app: Flask, directory: Directory, clock: FakeClock) -> None:
    opened(directory)
    clock.advance(hours=25)
    sweep_all()
    result = app.test_cli_runner().invoke(app.cli, ["clock", "explain", "bkl-26-00001"])
    assert result.exit_code == 0, result.output
    assert "started Mon 2026-11-23 08:00:00 +0700: server time of the form" in result.output
    assert "due Tue 2026-11-24 08:00:00 +0700" in result.output
    assert "detected Tue 2026-11-24 09:00:00 +0700" in result.output
    assert "accountable is pupr, which held it longest" in result.output
    assert "Sat 2026-11-28 - weekend" in result.output
    assert "DIFFERS" not in result.output


def test_an_unknown_case_or_run_is_said(app: Flask, directory: Directory) -> None:
    opened(directory)
    runner = app.test_cli_runner()
    assert "there is no case" in runner.invoke(app.cli, ["clock", "explain", "BKL-26-9"]).output
    assert "has no run 3" in runner.invoke(app.cli, ["clock", "explain", "BKL-26-00001", "--run", "3"]).output
