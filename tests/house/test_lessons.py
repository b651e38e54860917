"""docs/mail.md promises tests, and names alarms and settings: all of them exist, and none is left out."""

import ast
import re
from dataclasses import fields
from pathlib import Path

from service.config import Settings
from service.monitoring.rules import TITLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/mail.md").read_text()
NAMED = re.findall(r"`((?:tests/)?[\w/]+\.py)::(\w+)`", PAGE)
ITEMS = 42
OF_MAIL = ("imap", "smtp", "mail", "trusted_authserv", "dkim", "oauth", "poll", "sweep", "secret", "metrics")
PLURALS = {"IMAP_URLS": "IMAP_URL"}


def names_in(file: Path) -> set[str]:
    """Names of the tests of a file."""
    return {node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


def path_of(file: str) -> Path:
    return ROOT / file if file.startswith("tests/") else ROOT / "tests/lessons" / file


def test_every_test_that_the_page_on_mail_names_exists() -> None:
    assert [f"{file}::{name}" for file, name in NAMED if name not in names_in(path_of(file))] == []


def test_every_lesson_stands_on_the_page_on_mail() -> None:
    named = {name for _, name in NAMED}
    lessons = [name for file in (ROOT / "tests/lessons").glob("test_*.py") for name in names_in(file)]
    assert [name for name in lessons if name.startswith("test_") and name not in named] == []


def test_every_row_of_the_page_on_mail_has_its_test() -> None:
    rows = {int(number): rest for number, rest in re.findall(r"^\| (\d+) \|(.*)", PAGE, re.MULTILINE)}
    assert sorted(rows) == list(range(1, ITEMS + 1))
    assert [number for number, rest in rows.items() if "::" not in rest] == []


def test_the_page_on_mail_names_every_alarm_and_every_setting_of_mail() -> None:
    settings = [field.name.upper() for field in fields(Settings) if field.name.startswith(OF_MAIL)]
    assert [title for title in TITLES.values() if title not in PAGE] == []
    assert [name for name in settings if PLURALS.get(name, name) not in PAGE] == []
