"""The rules that keep the house easy to find one's way in."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from service import queues
from service.complaints.rules import STATES, TRANSITIONS

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("service", "worker", "deploy", "demo", "bench", "tests")
    for path in (ROOT / folder).rglob("*.py")
)
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
TEMPLATES = ROOT / "service/notifications/templates"


def test_no_file_is_longer_than_400_lines() -> None:
    assert [str(path) for path in FILES if len(path.read_text().splitlines()) > LONGEST_FILE] == []


def test_no_function_is_longer_than_60_lines() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_every_package_says_what_comes_in_and_what_goes_out() -> None:
    silent = [
        str(path)
        for path in FILES
        if path.name == "__init__.py"
        and "tests" not in path.parts
        and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_only_the_clock_tells_the_time() -> None:
    asking = [
        f"{path}:{node.lineno}"
        for path in FILES
        if "service" in path.parts and path.name != "clock.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and _name(node) in ("datetime", "date")
    ]
    assert asking == []


def _name(node: ast.Attribute) -> str:
    return node.value.id if isinstance(node.value, ast.Name) else ""


def test_imports_point_along_the_road() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_job_name_resolves_and_its_queue_is_watched() -> None:
    from worker import jobs

    for job, queue in queues.QUEUE_OF.items():
        assert callable(getattr(jobs, job.rpartition(".")[2]))
        assert queue in queues.QUEUES


def test_the_state_table_leads_only_to_states_that_it_names() -> None:
    assert set(TRANSITIONS) == set(STATES)
    assert {state for row in TRANSITIONS.values() for states in row.values() for state in states} <= set(STATES)


@pytest.mark.parametrize("kind", sorted(path.name for path in TEMPLATES.iterdir() if path.is_dir()))
def test_every_letter_has_subject_text_and_html(kind: str) -> None:
    assert sorted(path.name for path in (TEMPLATES / kind).iterdir()) == ["body.html", "body.txt", "subject.txt"]
