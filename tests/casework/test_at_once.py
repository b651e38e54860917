"""Two act on one case at the same instant, each on a connection of its own: one consistent outcome, every time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from threading import Barrier

import pytest
from flask import Flask

from service.agencies.directory import Directory
from service.casework import sweep
from service.casework.assign import assign
from service.casework.cases import locked
from service.casework.clocks import clock_of
from service.casework.close import close
from service.casework.dispute import dispute
from service.casework.reopen import reopen
from service.casework.resolve import resolve
from service.casework.respond import respond
from service.casework.uphold import uphold
from service.complaints.history import events_of, faults_of
from service.complaints.records import Complaint
from service.complaints.rules import ActRefusedError
from service.database import transaction
from service.tables import Session
from tests.casework.test_acts import everything_seen, opened, sweep_all
from tests.fakes.clock import FakeClock

BUDI, DEWI = "agency:pupr", "account:2"
ROUNDS = 6


def at_once(app: Flask, *acts: Callable[[], None]) -> list[str]:
    """Run all at the same moment; "done" or "refused" of each."""
    together = Barrier(len(acts))

    def run(act: Callable[[], None]) -> str:
        with app.app_context():
            together.wait()
            try:
                act()
            except ActRefusedError:
                return "refused"
            return "done"

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(lambda act: Context().run(run, act), acts))


def doing(directory: Directory, case_id: int, act: Callable[..., None], **facts: object) -> Callable[[], None]:
    """An act in a transaction of its own."""

    def do() -> None:
        with transaction() as session:
            act(session, directory, locked(session, case_id), **facts)

    return do


def whole(session: Session, case_id: int) -> tuple[Complaint, list[str]]:
    """The case and its events, in an unbroken chain."""
    session.rollback()
    case = session.get_one(Complaint, case_id, populate_existing=True)
    events = events_of(session, case)
    assert list(faults_of(case.number, events)) == []
    assert case.events == len(events)
    deadline = clock_of(session, case)
    assert (case.responded_at, case.breached_at) == (deadline.met_at, deadline.breached_at)
    return case, [event.kind for event in events]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_an_answer_and_the_breach(
    app: Flask, directory: Directory, session: Session, clock: FakeClock, round_: int
) -> None:
    """The answer arrived in time and is read only now: whichever comes first, no breach stands in the end."""
    case_id = opened(directory)
    in_time = clock.advance(hours=23)
    clock.advance(hours=2)
    answer = doing(directory, case_id, respond, text="Sudah.", arrived_at=in_time, actor=BUDI)
    at_once(app, answer, lambda: sweep.turn(transaction, everything_seen))
    sweep_all()
    case, kinds = whole(session, case_id)
    assert case.breached_at is None
    assert kinds.count("breach") == kinds.count("withdraw")


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_operators_assign(
    app: Flask, directory: Directory, session: Session, clock: FakeClock, round_: int
) -> None:
    case_id = opened(directory)
    acts = [
        doing(directory, case_id, assign, unit=directory.by_code[code], reason="Pindah.", actor=DEWI)
        for code in ("dishub", "dlh")
    ]
    assert at_once(app, *acts) == ["done", "done"]
    case, kinds = whole(session, case_id)
    assert kinds == ["open", "assign", "assign", "assign"]
    last = events_of(session, case)[-1]
    assert directory.unit(case.agency_id).code == last.payload["holder"]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_the_citizen_reopens_while_the_desk_closes(
    app: Flask, directory: Directory, session: Session, clock: FakeClock, round_: int
) -> None:
    """Closed first, it is reopened; reopened first, there is nothing to close. The citizen has the last word."""
    case_id = opened(directory)
    doing(directory, case_id, resolve, text="Selesai.", arrived_at=clock(), actor=BUDI)()
    clock.advance(hours=1)
    said = at_once(
        app,
        doing(directory, case_id, reopen, text="Belum.", at=clock(), actor="citizen"),
        doing(directory, case_id, close, by="desk", at=clock(), actor=DEWI, reason="Selesai."),
    )
    case, kinds = whole(session, case_id)
    assert said[0] == "done"
    assert kinds[-2:] == (["close", "reopen"] if said[1] == "done" else ["resolve", "reopen"])
    assert (case.state, case.run, case.closed_at) == ("assigned", 2, None)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_dispute_is_upheld_while_the_agency_answers_again(
    app: Flask, directory: Directory, session: Session, clock: FakeClock, round_: int
) -> None:
    """Either way the second answer is the one that counts."""
    case_id = opened(directory)
    doing(directory, case_id, respond, text="Kami cek.", arrived_at=clock(), actor=BUDI)()
    doing(directory, case_id, dispute, response=3, text="Belum.", at=clock())()
    second = clock.advance(hours=5)
    at_once(
        app,
        doing(directory, case_id, uphold, reason="Belum menjawab.", actor="account:9"),
        doing(directory, case_id, respond, text="Lubang kami tambal besok.", arrived_at=second, actor=BUDI),
    )
    clock.advance(hours=30)
    sweep_all()
    case, kinds = whole(session, case_id)
    assert (case.state, case.responded_at, case.breached_at) == ("responded", second, None)
    assert sorted(kinds[-2:]) == ["respond", "uphold"]
