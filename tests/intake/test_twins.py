"""The same mail in the hands of two workers at the same instant: two real processes on one database."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.agencies.directory import Directory
from service.database import transaction
from service.intake import poll, process
from service.intake.records import InboundMail
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.intake.road import LAPOR, NAME, OWNER, cases, letters
from tests.mails import mail

ROOT = Path(__file__).parents[2]
# Ready, it says so; told to go, it does one turn and says how many mails it claimed.
WORKER = """
from service.app import create_app
from service.database import db, transaction
from service.intake import process
with create_app().app_context():
    with transaction() as session:
        session.connection()
    print("ready", flush=True)
    input()
    print(process.turn(transaction), flush=True)
    db.engine.dispose()
"""
PLUS = "lapor+{}@bengkulukota.example"


def at_the_same_instant() -> list[int]:
    """Have two workers do one turn each; returns how many mails each of them claimed."""
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", WORKER],
                    cwd=ROOT,
                    env=dict(os.environ),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        for worker in workers:
            while worker.stdout.readline().strip() != "ready":
                assert worker.poll() is None
        for worker in workers:
            worker.stdin.write("\n")
            worker.stdin.flush()
        return [int(line) for worker in workers for line in worker.communicate()[0].splitlines() if line.isdigit()]


def store(clock: FakeClock, raws: list[bytes]) -> None:
    folder = FakeFolder()
    for raw in raws:
        folder.deliver(raw, clock())
    assert poll.take_lease(transaction, NAME, OWNER)
    poll.turn(transaction, folder, NAME, OWNER, first=True)


def citizens(count: int, words: str = "Sampah menumpuk di gang {} sebelah pasar, sudah seminggu.") -> list[bytes]:
    return [mail(f"warga{n}@gmail.com", LAPOR, f"Sampah {n}", words.format(n)) for n in range(count)]


def delivered_to(raw: bytes, address: str) -> bytes:
    return f"Delivered-To: {address}\r\n".encode() + raw


@pytest.mark.parametrize("anonymous", [False, True])
def test_each_of_fifty_mails_that_came_twice_is_one_case(
    directory: Directory, session: Session, clock: FakeClock, anonymous: bool
) -> None:
    """The second copies lie in the opposite order: workers that wait for each other would be seen here."""
    first = citizens(process.BATCH)
    if anonymous:
        first = [raw.replace(b"Message-ID:", b"X-Lost:") for raw in first]
    store(clock, first + [delivered_to(raw, "petugas@lain.example") for raw in reversed(first)])
    assert at_the_same_instant() == [process.BATCH, process.BATCH]
    assert len(cases(session)) == process.BATCH
    verdicts = Counter(row.verdict for row in session.query(InboundMail))
    assert verdicts == {"complaint": process.BATCH, "twin": process.BATCH}
    assert {row.attempts for row in session.query(InboundMail)} == {1}
    assert len(letters(session, "acknowledgement")) == process.BATCH


def test_the_same_words_in_two_mails_are_one_case_and_one_repetition(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    first = citizens(process.BATCH)
    again = [raw.replace(b"Message-ID: <", b"Message-ID: <lagi.") for raw in reversed(first)]
    store(clock, first + again)
    at_the_same_instant()
    assert len(cases(session)) == process.BATCH
    assert len(letters(session, "joined")) == process.BATCH


def test_one_mail_to_two_agencies_still_reaches_both(directory: Directory, session: Session, clock: FakeClock) -> None:
    both = ", ".join(PLUS.format(code) for code in ("pupr", "dlh"))
    raws = [raw.replace(f"To: {LAPOR}".encode(), f"To: {both}".encode()) for raw in citizens(process.BATCH)]
    first = [delivered_to(raw, PLUS.format("pupr")) for raw in raws]
    store(clock, first + [delivered_to(raw, PLUS.format("dlh")) for raw in reversed(raws)])
    at_the_same_instant()
    holders = Counter(directory.unit(case.agency_id).code for case in cases(session))
    assert holders == {"pupr": process.BATCH, "dlh": process.BATCH}
