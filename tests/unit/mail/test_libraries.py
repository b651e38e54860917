"""Whatever a library raises, a mail is read and a mail is written all the same."""

import encodings
import pkgutil

import pytest

from service.mail import bounce, charset, compose, parse, quoting
from service.mail.charset import TextDecoder
from tests.unit.mail.letters import letter

PROBLEMS = [RecursionError, MemoryError, UnicodeDecodeError("utf-8", b"", 0, 1, "x"), AssertionError, KeyError("x")]
QMAIL = letter(
    "From: MAILER-DAEMON@mx.kota.test", "Return-Path: <>", "Subject: failure notice",
    body="I wasn't able to deliver your message.\n<budi@pupr.test>:\n550 5.1.1 no mailbox here by that name.\n",
)  # fmt: skip


def raising(problem):
    def broken(*_args, **_kwargs):
        raise problem

    return broken


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_bounce_is_one_without_flufl(monkeypatch, problem):
    monkeypatch.setattr(bounce, "all_failures", raising(problem))
    read = parse.parse(QMAIL).bounce
    assert (read.kind, read.recipients, read.status) == ("permanent", ("budi@pupr.test",), "5.1.1")


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_text_is_read_without_the_detector(monkeypatch, problem):
    monkeypatch.setattr(charset.charset_normalizer, "from_bytes", raising(problem))
    greek = ("Ο δρόμος μπροστά στο σπίτι μου είναι κατεστραμμένος. " * 3).encode("cp1253")
    read = parse.parse(letter("Content-Type: text/plain", body=greek))
    assert read.text
    assert "8-bit text without a charset" in read.faults


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_date_that_breaks_the_standard_library_is_none(monkeypatch, problem):
    monkeypatch.setattr(parse, "parsedate_to_datetime", raising(problem))
    assert parse.parse(letter()).date is None


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_step_that_breaks_is_told_and_the_others_are_kept(monkeypatch, problem):
    monkeypatch.setattr(quoting, "trim", raising(problem))
    read = parse.parse(letter())
    assert (read.subject, read.reply_text) == ("Jalan rusak", read.text)
    assert [fault for fault in read.faults if fault.startswith("reply cannot be read (")]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_mail_is_kept_when_all_breaks(monkeypatch, problem):
    monkeypatch.setattr(parse, "_Headers", raising(problem))
    read = parse.parse(letter())
    assert (read.size, read.text, read.from_address) == (len(letter()), "", "")
    assert read.faults[-1].startswith("the mail cannot be read (")


def test_a_panic_of_the_inliner_does_not_stop_a_mail(monkeypatch):
    class Panic(BaseException):
        """What a library in Rust raises."""

    class Inliner:
        inline = staticmethod(raising(Panic()))

    monkeypatch.setattr(compose, "_INLINER", Inliner)
    assert compose._inlined("<style>p{}</style><p>Jalan") == "<style>p{}</style><p>Jalan"


@pytest.mark.parametrize("name", sorted(module.name for module in pkgutil.iter_modules(encodings.__path__)))
def test_no_codec_of_python_breaks_the_reader(name):
    for data in (
        bytes(range(256)) * 8,
        b"\\d\\x\\",
        b"\x1b$B\x1b(J\x80",
        b"+AAA-+2D",
        b"\xff\xfe\x00\xd8",
        b"xn--" * 500,
    ):
        TextDecoder([]).decode(data, name).encode("utf-8")
