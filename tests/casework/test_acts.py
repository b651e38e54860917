"""A case from its opening to its answer, breach and withdrawal."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from service import clock as service_clock
from service.agencies.directory import Directory
from service.casework import sweep
from service.casework.assign import assign
from service.casework.cases import locked
from service.casework.decline import decline
from service.casework.follow_up import follow_up
from service.casework.open import Submission, open_case
from service.casework.reject import reject
from service.casework.respond import respond
from service.casework.sweep import Sight
from service.complaints.history import events_of, faults_of, messages_of
from service.complaints.records import Complaint
from service.complaints.rules import TRANSITIONS, ActRefusedError
from service.database import transaction
from service.outbox.records import OutboundMail
from service.tables import Session
from tests.fakes.clock import FakeClock

HOUR = timedelta(hours=1)


def everything_seen(_session: Session) -> Sight:
    return Sight(until=service_clock.now() + HOUR)


def opened(directory: Directory, **changes: object) -> int:
    """Sari's complaint about a hole in the road; returns the case's id."""
    category = next(topic for topic in directory.topics.values() if topic.code == "jalan")
    facts = {
        "channel": "form",
        "received_at": service_clock.now(),
        "text": "Jalan di depan SD 45 berlubang besar, sudah dua motor jatuh.",
        "category_id": category.id,
        "reporter_name": "Sari",
        "reporter_email": "sari@warga.example",
    } | changes
    with transaction() as session:
        return open_case(session, directory, Submission(**facts)).id


def sweep_all() -> None:
    while sweep.turn(transaction, everything_seen):
        pass


def mails(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(select(OutboundMail.kind, OutboundMail.to_address).order_by(OutboundMail.id))
    return [tuple(row) for row in rows]


def test_a_complaint_is_acknowledged_and_assigned_in_one_transaction(directory: Directory, session: Session) -> None:
    case = session.get_one(Complaint, opened(directory))
    assert case.number == "BKL-26-00001"
    assert case.state == "assigned"
    assert directory.unit(case.agency_id).code == "pupr"
    assert case.due_at - case.received_at == timedelta(hours=24)
    assert mails(session) == [
        ("assignment", directory.by_code["pupr"].inbox),
        ("acknowledgement", "sari@warga.example"),
    ]


def test_a_complaint_that_names_no_agency_goes_to_the_desk(directory: Directory, session: Session) -> None:
    case = session.get_one(Complaint, opened(directory, category_id=None, text="Saya kecewa sekali."))
    assert case.state == "received"
    assert case.agency_id is None
    assert mails(session)[0] == ("desk_case", directory.desk.inbox)


def test_reminders_breach_and_escalations_come_once_each_at_their_moment(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    for hours in (12, 7.2, 3.6, 1.2, 24, 24, 24, 1):
        clock.advance(hours=hours)
        sweep_all()
        sweep_all()
    case = session.get_one(Complaint, case_id)
    kinds = [event.kind for event in events_of(session, case)]
    assert kinds == ["open", "assign", *["remind"] * 3, "breach", *["escalate"] * 3]
    breach = next(event for event in events_of(session, case) if event.kind == "breach")
    assert breach.at == case.due_at
    told = [to for kind, to in mails(session) if kind == "breach"]
    pupr = directory.by_code["pupr"]
    assert told == [pupr.inbox, pupr.head.email]
    escalated = [to for kind, to in mails(session) if kind == "escalation"]
    assert escalated == [directory.officials[post].email for post in ("inspector", "secretary", "leader")]
    assert list(faults_of(case.number, events_of(session, case))) == []


def test_after_an_outage_only_the_last_word_is_said(directory: Directory, session: Session, clock: FakeClock) -> None:
    opened(directory)
    clock.advance(hours=25)
    sweep_all()
    assert [kind for kind, _ in mails(session)].count("reminder") == 0
    assert [kind for kind, _ in mails(session)].count("breach") == 2


@contextmanager
def dying() -> Iterator[Session]:
    """A transaction whose process dies just before the commit."""
    with transaction() as session:
        yield session
        raise KeyboardInterrupt


@pytest.mark.parametrize("hours", [12, 19.5, 23, 25, 49])
def test_a_sweep_that_dies_before_its_commit_is_made_up_for_by_the_next(
    directory: Directory, session: Session, clock: FakeClock, hours: float
) -> None:
    opened(directory)
    clock.advance(hours=hours)
    with pytest.raises(KeyboardInterrupt):
        sweep.turn(dying, everything_seen)
    before = mails(session)
    sweep_all()
    sweep_all()
    said = mails(session)[len(before) :]
    assert [kind for kind, _ in before] == ["assignment", "acknowledgement"]
    assert said
    assert len(said) == len(set(said))


def test_an_answer_in_time_stops_the_clock(directory: Directory, session: Session, clock: FakeClock) -> None:
    case_id = opened(directory)
    clock.advance(hours=2)
    with transaction() as other:
        respond(
            other,
            directory,
            locked(other, case_id),
            text="Kami tambal besok pagi.",
            arrived_at=clock(),
            actor="agency:pupr",
        )
    clock.advance(hours=90)
    sweep_all()
    case = session.get_one(Complaint, case_id)
    assert case.state == "responded"
    assert case.breached_at is None
    assert ("answer", "sari@warga.example") in mails(session)


def test_no_breach_is_written_while_the_mailbox_is_unread(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    clock.advance(hours=30)
    blind = Sight(until=clock() - timedelta(hours=7))
    sweep.turn(transaction, lambda _: blind)
    assert session.get_one(Complaint, case_id).breached_at is None


def test_no_breach_is_written_while_the_desk_must_judge_an_answer(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    arrived = clock.advance(hours=20)
    clock.advance(hours=10)
    sight = Sight(until=clock(), undecided={case_id: arrived})
    while sweep.turn(transaction, lambda _: sight):
        pass
    assert session.get_one(Complaint, case_id).breached_at is None


def test_a_late_answer_still_brings_the_breach_and_ends_escalation(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    clock.advance(hours=24, seconds=1)
    with transaction() as other:
        respond(
            other, directory, locked(other, case_id), text="Maaf terlambat.", arrived_at=clock(), actor="agency:pupr"
        )
    clock.advance(hours=100)
    sweep_all()
    case = session.get_one(Complaint, case_id)
    assert case.breached_at == case.due_at
    assert "escalation" not in [kind for kind, _ in mails(session)]


def test_a_breach_is_withdrawn_when_an_earlier_answer_turns_up(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    in_time = clock() + timedelta(hours=23)
    clock.advance(hours=50)
    sweep_all()
    with transaction() as other:
        respond(
            other, directory, locked(other, case_id), text="Sudah kami jawab.", arrived_at=in_time, actor="agency:pupr"
        )
    case = session.get_one(Complaint, case_id)
    assert case.breached_at is None
    assert [event.kind for event in events_of(session, case)][-1] == "withdraw"
    told = {to for kind, to in mails(session) if kind in ("breach", "escalation")}
    assert {to for kind, to in mails(session) if kind == "withdrawal"} == told


def test_the_unit_that_held_longest_is_accountable(directory: Directory, session: Session, clock: FakeClock) -> None:
    case_id = opened(directory)
    clock.advance(hours=20)
    with transaction() as other:
        decline(other, directory, locked(other, case_id), reason="Ini jalan provinsi.", actor="agency:pupr")
        assign(
            other, directory, locked(other, case_id), directory.by_code["dishub"], reason="Coba Dishub", actor="desk"
        )
    clock.advance(hours=10)
    sweep_all()
    case = session.get_one(Complaint, case_id)
    assert directory.unit(case.agency_id).code == "dishub"
    assert directory.unit(case.accountable_id).code == "pupr"
    told = [to for kind, to in mails(session) if kind == "breach"]
    assert directory.by_code["pupr"].head.email in told
    assert directory.by_code["dishub"].inbox in told


def test_a_declined_case_goes_back_to_the_desk_with_its_reason(directory: Directory, session: Session) -> None:
    case_id = opened(directory)
    with transaction() as other:
        decline(other, directory, locked(other, case_id), reason="Bukan jalan kota.", actor="agency:pupr")
    case = session.get_one(Complaint, case_id)
    assert case.state == "received"
    assert ("declined", directory.desk.inbox) in mails(session)
    assert [message.author for message in messages_of(session, case)] == ["citizen", "note"]


def test_the_citizens_further_words_go_to_the_holder(directory: Directory, session: Session, clock: FakeClock) -> None:
    case_id = opened(directory)
    with transaction() as other:
        follow_up(other, directory, locked(other, case_id), text="Lubangnya makin besar.", at=clock())
    assert ("follow_up", directory.by_code["pupr"].inbox) in mails(session)


def test_a_rejection_stops_the_clock_and_gives_the_reason(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    with transaction() as other:
        reject(other, directory, locked(other, case_id), reason="Ini urusan PLN, hubungi 123.", actor="account:1")
    clock.advance(hours=60)
    sweep_all()
    assert session.get_one(Complaint, case_id).breached_at is None
    assert ("rejection", "sari@warga.example") in mails(session)


def test_an_act_that_the_state_table_does_not_name_is_refused(directory: Directory) -> None:
    case_id = opened(directory)
    assert "decline" not in TRANSITIONS["responded"]
    with transaction() as session:
        case = locked(session, case_id)
        respond(session, directory, case, text="Sudah.", arrived_at=service_clock.now(), actor="agency:pupr")
        with pytest.raises(ActRefusedError):
            decline(session, directory, case, reason="Bukan kami.", actor="agency:pupr")
        session.rollback()


@pytest.mark.parametrize("statement", ["UPDATE event SET actor = 'x'", "DELETE FROM event", "TRUNCATE event"])
def test_the_database_refuses_to_change_events(directory: Directory, session: Session, statement: str) -> None:
    opened(directory)
    with pytest.raises(Exception, match="refused"):
        session.execute(text(statement))
    session.rollback()


def test_a_changed_event_is_found_by_its_hash(directory: Directory, session: Session) -> None:
    case = session.get_one(Complaint, opened(directory))
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(text("UPDATE event SET actor = 'system' WHERE seq = 1"))
    session.expire_all()
    assert list(faults_of(case.number, events_of(session, case))) == [f"{case.number}: event 1 was changed"]
    session.rollback()
