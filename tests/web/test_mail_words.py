"""What the desk reads about a mail."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from service.intake.quarantine import RefusedError
from service.web.desk.mail_words import checks, faults_in_words, refusal_words, size_words

MAIL = Path(__file__).parents[2] / "service/mail"
OURS = "mx.kota.example"


@pytest.fixture(autouse=True)
def _in_a_request(migrated_app: Flask) -> Iterator[None]:
    with migrated_app.test_request_context():
        yield


def test_every_fault_that_the_parser_names_has_indonesian_words() -> None:
    source = "".join(path.read_text() for path in sorted(MAIL.glob("*.py")))
    literals = re.findall(r'(?:faults\.append|_fault)\(\s*f?"([^"]+)"', source)
    assert len(literals) > 10
    found = [re.sub(r"\{[^}]*\}", "7", literal) for literal in literals]
    assert [fault for fault in found if faults_in_words([fault]) == [fault]] == []


def test_a_fault_that_is_unknown_is_shown_as_it_stands_and_once() -> None:
    assert faults_in_words(["something new", "no sender", "no sender"]) == ["something new", "Tidak ada pengirim."]


@pytest.mark.parametrize(
    ("header", "trusted", "results", "forged"),
    [
        (f"{OURS}; spf=pass smtp.mailfrom=a@b; dmarc=fail", True, [("SPF", "pass"), ("DMARC", "fail")], True),
        (f"{OURS.upper()} 1; dmarc=pass (p=reject; dmarc=fail)", True, [("DMARC", "pass")], False),
        (f"{OURS}; none", True, [], False),
        ("evil.example; dmarc=fail", False, [("DMARC", "fail")], False),
        ("", False, [], False),
    ],
)
def test_verdicts_are_told_apart_by_server(
    header: str, trusted: bool, results: list[tuple[str, str]], forged: bool
) -> None:
    (check,) = checks([header], OURS)
    assert (check.trusted, check.results, check.forged) == (trusted, results, forged)


def test_without_a_trusted_server_none_is_believed() -> None:
    assert not checks(["; dmarc=fail"], "")[0].trusted


def test_a_thousand_headers_are_not_read() -> None:
    assert len(checks(["x; dmarc=fail"] * 1000, OURS)) == 5


@pytest.mark.parametrize("state", ["received", "assigned", "responded", "rejected", "closed"])
def test_every_state_that_refuses_has_words(state: str) -> None:
    refused = RefusedError("state", "x", number="BKL-26-00001", state=state, holder="Dinas PUPR")
    assert "BKL-26-00001" in refusal_words(refused)


@pytest.mark.parametrize(("size", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1 KB"), (2_340_000, "2,3 MB")])
def test_sizes_are_said_in_words(size: int, words: str) -> None:
    assert size_words(size) == words
