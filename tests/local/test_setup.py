"""The set-up without root: what it says when it cannot work, and that it works only when something has changed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.local.conftest import ROOT

TOOLS = ("sh", "dirname", "cmp", "rm", "cp", "cat", "echo", "env", "touch", "tr", "id", "find", "head")


class Checkout:
    """A copy of the set-up script with a PATH that holds only what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tuntas"
        self.programs = folder / "programs"
        (self.folder / "deploy").mkdir(parents=True)
        self.programs.mkdir()
        shutil.copy(ROOT / "deploy/setup.sh", self.folder / "deploy")
        (self.folder / "requirements.txt").write_text("flask==1 --hash=sha256:0\n")
        for tool in TOOLS:
            (self.programs / tool).symlink_to(shutil.which(tool))
        folder.chmod(0o755)

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run(self, **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.folder / "deploy/setup.sh", "requirements.txt"], env={"PATH": str(self.programs)},
            capture_output=True, text=True, check=False, **options,
        )  # fmt: skip


# Stands in for a Python that is new enough and knows venv and pip; what pip is asked to do is noted.
GOOD_PYTHON = """
case "$*" in
*"-m venv"*) PATH=/usr/bin:/bin; mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*"pip install"*) echo "$*" >>installed ;;
esac
"""
OLD_PYTHON = """
case "$*" in
*print*) echo 3.9.2 ;;
*version_info*) exit 1 ;;
esac
"""


@pytest.fixture
def checkout(home: Path) -> Checkout:
    return Checkout(home)


def test_a_missing_python_is_one_sentence(checkout: Checkout) -> None:
    result = checkout.run()
    assert result.returncode == 1
    assert result.stderr == (
        "Tuntas needs Python 3.11 or newer, and there is no python3 on this machine's PATH; install one first.\n"
    )


def test_an_old_python_is_one_sentence(checkout: Checkout) -> None:
    checkout.program("python3", OLD_PYTHON)
    result = checkout.run()
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "python3 here is 3.9.2" in line


def test_a_newer_python_beside_an_old_one_is_found(checkout: Checkout) -> None:
    checkout.program("python3", OLD_PYTHON)
    checkout.program("python3.12", GOOD_PYTHON)
    assert checkout.run().returncode == 0


def test_a_missing_venv_module_is_one_sentence(checkout: Checkout) -> None:
    checkout.program("python3", 'case "$*" in *ensurepip*) exit 1 ;; esac')
    result = checkout.run()
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "apt install python3-venv" in line


def test_packages_are_installed_by_hash_and_only_when_they_change(checkout: Checkout) -> None:
    checkout.program("python3", GOOD_PYTHON)
    installed = checkout.folder / "installed"
    for _ in range(2):
        assert checkout.run().returncode == 0
    assert len(installed.read_text().splitlines()) == 1
    assert "--require-hashes -r requirements.txt" in installed.read_text()
    (checkout.folder / "requirements.txt").write_text("flask==2 --hash=sha256:0\n")
    assert checkout.run().returncode == 0
    assert len(installed.read_text().splitlines()) == 2


def test_packages_that_cannot_be_installed_are_tried_again(checkout: Checkout) -> None:
    checkout.program("python3", GOOD_PYTHON.replace('echo "$*" >>installed', "exit 1"))
    for _ in range(2):
        result = checkout.run()
        assert result.returncode == 1
        assert "could not be installed" in result.stderr.splitlines()[-1]


def test_a_read_only_folder_is_one_sentence(checkout: Checkout) -> None:
    checkout.program("python3", GOOD_PYTHON)
    checkout.folder.chmod(0o555)
    # root may write anywhere: it lends itself another account
    account = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        result = checkout.run(**account)
    finally:
        checkout.folder.chmod(0o755)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "is read-only" in line


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_missing_system_parts_are_named_and_fail_only_the_build_server(checkout: Checkout, ci: str, code: int) -> None:
    shutil.copy(ROOT / "deploy/system_parts.sh", checkout.folder / "deploy")
    account = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    result = subprocess.run(
        [checkout.folder / "deploy/system_parts.sh"], env={"PATH": str(checkout.programs), "CI": ci},
        capture_output=True, text=True, check=False, **account,
    )  # fmt: skip
    assert result.returncode == code
    assert "NOT TESTED: swaks is missing; the tests that need it are skipped." in result.stderr.splitlines()


def test_make_says_what_it_can_do() -> None:
    said = subprocess.run(
        ["make", "-C", ROOT, "--no-print-directory"], capture_output=True, text=True, check=True
    ).stdout
    for target in ("run", "demo", "test", "lint", "bench", "lock", "clean"):
        assert f"make {target} " in said
