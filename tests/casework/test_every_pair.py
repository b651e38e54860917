"""Every act in every state, through the acts themselves: the table allows it and it happens, or it is refused and
nothing is written."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from service import clock as service_clock
from service.agencies.directory import Directory
from service.casework.ask import ask
from service.casework.assign import assign
from service.casework.breach import breach
from service.casework.cases import locked
from service.casework.clocks import clock_of, statute_of, steps_of
from service.casework.close import close
from service.casework.decline import decline
from service.casework.dismiss import dismiss
from service.casework.dispute import dispute
from service.casework.escalate import escalate
from service.casework.excuse import excuse
from service.casework.follow_up import follow_up
from service.casework.grant import grant
from service.casework.lapse import lapse
from service.casework.object_ import object_
from service.casework.redact import redact
from service.casework.refuse import refuse
from service.casework.reject import reject
from service.casework.remark import remark
from service.casework.remind import remind
from service.casework.reopen import reopen
from service.casework.resolve import resolve
from service.casework.respond import respond
from service.casework.uphold import uphold
from service.casework.withdraw import withdraw
from service.complaints.history import answers, events_of, faults_of
from service.complaints.records import Complaint, Event, Message
from service.complaints.rules import (
    ACTS,
    ASSIGNED,
    CLOSED,
    RECEIVED,
    REJECTED,
    RESOLVED,
    RESPONDED,
    STATES,
    TRANSITIONS,
    ActRefusedError,
)
from service.database import transaction
from service.deadlines.rules import Holding
from service.outbox.records import OutboundMail
from service.tables import Session
from tests.casework.test_acts import opened
from tests.fakes.clock import FakeClock

BUDI, DEWI, INA, HENDRA = "account:1", "account:2", "account:3", "account:4"


def _words(text: str) -> dict[str, object]:
    return {"text": text, "arrived_at": service_clock.now(), "actor": BUDI}


def _first_answer(session: Session, case: Complaint) -> int:
    found = answers(events_of(session, case))
    return found[0].seq if found else 1


def _step(session: Session, directory: Directory, case: Complaint, kind: str):
    return next(step for step in steps_of(session, directory, clock_of(session, case)) if step.kind == kind)


# How each act is called. `s` session, `d` directory, `c` the case.
CALLS: dict[str, Callable[[Session, Directory, Complaint], object]] = {
    "assign": lambda s, d, c: assign(s, d, c, d.by_code["dishub"], reason="Lampu lalu lintas.", actor=DEWI),
    "decline": lambda s, d, c: decline(s, d, c, reason="Jalan provinsi.", actor=BUDI),
    "respond": lambda s, d, c: respond(s, d, c, **_words("Kami tambal besok.")),
    "remark": lambda s, d, c: remark(s, d, c, **_words("Saya sedang cuti."), reasons=["auto"]),
    "ask": lambda s, d, c: ask(s, d, c, **_words("Di depan rumah nomor berapa?")),
    "resolve": lambda s, d, c: resolve(s, d, c, **_words("Lubang sudah ditambal pagi ini.")),
    "close": lambda s, d, c: close(s, d, c, by="citizen", at=service_clock.now(), actor="citizen"),
    "reject": lambda s, d, c: reject(s, d, c, reason="Ini urusan PLN.", actor=DEWI),
    "reopen": lambda s, d, c: reopen(s, d, c, text="Berlubang lagi.", at=service_clock.now(), actor="citizen"),
    "follow_up": lambda s, d, c: follow_up(s, d, c, text="Makin besar.", at=service_clock.now()),
    "dispute": lambda s, d, c: dispute(
        s, d, c, response=_first_answer(s, c), text="Belum menjawab.", at=service_clock.now()
    ),
    "uphold": lambda s, d, c: uphold(s, d, c, reason="Hanya basa-basi.", actor=INA),
    "dismiss": lambda s, d, c: dismiss(s, d, c, reason="Sudah menjawab.", actor=INA),
    "remind": lambda s, d, c: remind(s, d, c, clock_of(s, c), _step(s, d, c, "reminder")),
    "escalate": lambda s, d, c: escalate(s, d, c, _step(s, d, c, "escalation")),
    "breach": lambda s, d, c: breach(s, d, c, clock_of(s, c), _step(s, d, c, "breach"), [Holding(None, c.received_at)]),
    "withdraw": lambda s, d, c: withdraw(s, d, c, clock_of(s, c), arrived=service_clock.now()),
    "lapse": lambda s, d, c: lapse(s, d, c, statute_of(s, c), _step(s, d, c, "breach")),
    "excuse": lambda s, d, c: excuse(s, d, c, clock_of(s, c), cause="outage", actor="system"),
    "object": lambda s, d, c: object_(s, d, c, clock_of(s, c), text="Surat tidak sampai.", actor=HENDRA),
    "grant": lambda s, d, c: grant(s, d, c, clock_of(s, c), cause="undelivered", reason="Terbukti.", actor=INA),
    "refuse": lambda s, d, c: refuse(s, d, c, clock_of(s, c), reason="Surat sampai.", actor=INA),
    "redact": lambda s, d, c: redact(s, c, events=[1], actor=DEWI),
}
# How a case comes into each state.
ROADS = {
    RECEIVED: ["respond", "assign", "decline"],
    ASSIGNED: ["respond", "assign"],
    RESPONDED: ["respond"],
    RESOLVED: ["resolve"],
    CLOSED: ["resolve", "close"],
    REJECTED: ["reject"],
}


def _prepare(session: Session, directory: Directory, case: Complaint, act: str) -> None:
    """What an act needs besides the state: an open dispute, a breach, an objection."""
    if act in ("uphold", "dismiss"):
        case.disputed_at = service_clock.now()
        if "dispute" in TRANSITIONS[case.state]:
            case.disputed_at = None
            CALLS["dispute"](session, directory, case)
    deadline = clock_of(session, case)
    if act in ("withdraw", "excuse", "object", "grant", "refuse"):
        deadline.breached_at = deadline.due_at
    if act in ("grant", "refuse"):
        CALLS["object"](session, directory, case)


def test_every_act_has_a_call() -> None:
    assert set(CALLS) == set(ACTS)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", STATES)
def test_every_act_happens_or_is_refused_as_the_table_says(
    directory: Directory, clock: FakeClock, state: str, act: str
) -> None:
    case_id = opened(directory)
    clock.advance(hours=1)
    with transaction() as session:
        case = locked(session, case_id)
        for step in ROADS[state]:
            CALLS[step](session, directory, case)
        assert case.state == state
    clock.advance(hours=1)
    with transaction() as session:
        case = locked(session, case_id)
        _prepare(session, directory, case, act)
        before = case.events
        if act not in TRANSITIONS[state]:
            with pytest.raises(ActRefusedError):
                CALLS[act](session, directory, case)
            session.rollback()
            return
        CALLS[act](session, directory, case)
        session.flush()
        events = events_of(session, case)
        assert case.state in TRANSITIONS[state][act]
        assert events[before].kind == act
        assert list(faults_of(case.number, events)) == []


def test_a_refused_act_leaves_nothing_behind(directory: Directory, clock: FakeClock) -> None:
    case_id = opened(directory)
    with transaction() as session:
        rows = [session.scalar(select(func.count()).select_from(table)) for table in (Event, Message, OutboundMail)]
    with pytest.raises(ActRefusedError), transaction() as session:
        CALLS["close"](session, directory, locked(session, case_id))
    with transaction() as session:
        after = [session.scalar(select(func.count()).select_from(table)) for table in (Event, Message, OutboundMail)]
    assert after == rows
