"""What citizens and heads may contest, and what becomes of the clocks."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.agencies.directory import Directory
from service.casework import quiet
from service.casework.ask import ask
from service.casework.cases import locked
from service.casework.clocks import clock_of, run_of, statute_of
from service.casework.close import close
from service.casework.dismiss import dismiss
from service.casework.dispute import dispute
from service.casework.follow_up import follow_up
from service.casework.grant import grant
from service.casework.object_ import object_
from service.casework.redact import REDACTED, redact
from service.casework.reopen import reopen
from service.casework.resolve import resolve
from service.casework.respond import respond
from service.casework.uphold import uphold
from service.casework.withdraw import WITHDRAWN
from service.complaints.history import events_of, faults_of, messages_of
from service.complaints.records import Complaint
from service.complaints.rules import ActRefusedError
from service.database import transaction
from service.notifications.render import render
from service.outbox.records import OutboundMail
from service.tables import Session
from tests.casework.test_acts import HOUR, everything_seen, mails, opened, sweep_all
from tests.fakes.clock import FakeClock

BUDI = "agency:pupr"


def do(act, case_id: int, directory: Directory, **facts: object) -> None:
    """One act on the case in a transaction of its own."""
    with transaction() as session:
        act(session, directory, locked(session, case_id), **facts)


def answer(case_id: int, directory: Directory, clock: FakeClock, act=respond) -> int:
    """Budi writes; returns the seq of the event."""
    do(act, case_id, directory, text="Sudah kami tindak lanjuti.", arrived_at=clock(), actor=BUDI)
    with transaction() as session:
        return session.get_one(Complaint, case_id).events


def kinds(session: Session, case_id: int) -> list[str]:
    """What happened, in order."""
    return [event.kind for event in events_of(session, session.get_one(Complaint, case_id))]


def every_letter_reads(session: Session) -> None:
    """All mails that were written can be made."""
    for row in session.scalars(select(OutboundMail)):
        assert render(session, row)


def test_an_upheld_dispute_sets_the_clock_going_where_it_was(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    clock.advance(hours=2)
    seq = answer(case_id, directory, clock)
    clock.advance(hours=60)
    do(dispute, case_id, directory, response=seq, text="Itu bukan jawaban.", at=clock())
    do(uphold, case_id, directory, reason="Tidak menyebut apa yang dikerjakan.", actor="account:9")
    sweep_all()
    case = session.get_one(Complaint, case_id)
    assert (case.state, case.responded_at, case.breached_at) == ("assigned", None, case.due_at)
    assert kinds(session, case_id)[-3:] == ["dispute", "uphold", "breach"]  # no reminder, no escalation of the past
    clock.advance(hours=30)
    sweep_all()
    assert kinds(session, case_id)[-1] == "escalate"
    every_letter_reads(session)


def test_the_next_answer_takes_the_place_of_the_voided_one(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    first = answer(case_id, directory, clock)
    second = clock.advance(hours=3)
    answer(case_id, directory, clock)
    do(dispute, case_id, directory, response=first, text="Kosong.", at=clock())
    do(uphold, case_id, directory, reason="Kosong.", actor="account:9")
    case = session.get_one(Complaint, case_id)
    assert (case.state, case.responded_at) == ("responded", second)
    assert case.accountable_id == directory.by_code["pupr"].id


def test_a_breach_that_was_withdrawn_comes_back_when_its_answer_is_voided(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    in_time = clock() + 20 * HOUR
    clock.advance(hours=25)
    sweep_all()
    do(respond, case_id, directory, text="Sudah.", arrived_at=in_time, actor=BUDI)
    with transaction() as other:
        seq = next(e.seq for e in events_of(other, other.get_one(Complaint, case_id)) if e.kind == "respond")
    do(dispute, case_id, directory, response=seq, text="Belum.", at=clock())
    do(uphold, case_id, directory, reason="Belum.", actor="account:9")
    sweep_all()
    sweep_all()
    assert session.get_one(Complaint, case_id).breached_at is not None
    assert [kind for kind in kinds(session, case_id) if kind in ("breach", "withdraw")] == [
        "breach",
        "withdraw",
        "breach",
    ]


def test_a_dismissed_dispute_changes_nothing_and_the_answer_is_not_disputed_twice(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    seq = answer(case_id, directory, clock)
    do(dispute, case_id, directory, response=seq, text="Belum.", at=clock())
    do(dismiss, case_id, directory, reason="Sudah jelas.", actor="account:9")
    assert session.get_one(Complaint, case_id).responded_at is not None
    with pytest.raises(ActRefusedError):
        do(dispute, case_id, directory, response=seq, text="Belum.", at=clock())
    every_letter_reads(session)


def test_after_ten_days_an_answer_can_no_longer_be_disputed(directory: Directory, clock: FakeClock) -> None:
    case_id = opened(directory)
    seq = answer(case_id, directory, clock)
    clock.advance(days=10, seconds=1)
    with pytest.raises(ActRefusedError):
        do(dispute, case_id, directory, response=seq, text="Belum.", at=clock())


def test_a_question_keeps_the_laws_clock_waiting_and_not_the_pacts(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)  # a Monday
    before = statute_of(session, session.get_one(Complaint, case_id)).due_at
    answer(case_id, directory, clock, ask)
    clock.advance(hours=26)
    sweep_all()
    assert session.get_one(Complaint, case_id).breached_at is not None
    clock.advance(hours=22)  # Wednesday
    do(follow_up, case_id, directory, text="Nomor 12.", at=clock())
    session.expire_all()
    case = session.get_one(Complaint, case_id)
    assert case.asked_at is None
    statute = statute_of(session, case)
    assert statute.waited == 2
    assert statute.due_at - before == timedelta(days=4)  # two working days, over a weekend
    every_letter_reads(session)


def test_a_question_that_is_never_answered_holds_the_law_up_for_ten_days_only(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    answer(case_id, directory, clock)
    answer(case_id, directory, clock, ask)
    clock.advance(days=60)
    sweep_all()
    sweep_all()
    assert statute_of(session, session.get_one(Complaint, case_id)).waited == 8
    assert "lapse" in kinds(session, case_id)


def test_work_that_is_done_is_closed_after_ten_quiet_days(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    answer(case_id, directory, clock, resolve)
    clock.advance(days=9)
    do(follow_up, case_id, directory, text="Belum rata.", at=clock())
    clock.advance(days=2)
    assert quiet.turn(transaction, everything_seen) == 0
    clock.advance(days=9)
    assert quiet.turn(transaction, everything_seen) == 1
    assert quiet.turn(transaction, everything_seen) == 0
    assert session.get_one(Complaint, case_id).state == "closed"
    assert ("closed", "sari@warga.example") in mails(session)
    every_letter_reads(session)


def test_a_reopened_case_has_new_clocks_and_the_old_run_stays(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    clock.advance(hours=25)
    answer(case_id, directory, clock, resolve)
    sweep_all()
    do(close, case_id, directory, by="citizen", at=clock(), actor="citizen")
    again = clock.advance(days=3)
    do(reopen, case_id, directory, text="Berlubang lagi.", at=again, actor="citizen")
    case = session.get_one(Complaint, case_id)
    assert (case.state, case.run, case.due_at, case.breached_at) == ("assigned", 2, again + 24 * HOUR, None)
    assert directory.unit(case.agency_id).code == "pupr"
    assert clock_of(session, case).next_at is not None
    first = run_of(session, case, 1)
    assert (first.breached_at, first.next_at) == (first.due_at, None)
    every_letter_reads(session)


def test_an_answer_from_before_the_reopening_belongs_to_the_first_run(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    early = clock.advance(hours=1)
    clock.advance(hours=30)
    answer(case_id, directory, clock, resolve)
    sweep_all()
    do(reopen, case_id, directory, text="Lagi.", at=clock.advance(hours=1), actor="citizen")
    do(respond, case_id, directory, text="Kami cek.", arrived_at=early, actor=BUDI)
    case = session.get_one(Complaint, case_id)
    assert case.responded_at is None
    assert (run_of(session, case, 1).met_at, run_of(session, case, 1).breached_at) == (early, None)


def test_after_thirty_days_only_the_desk_reopens(directory: Directory, session: Session, clock: FakeClock) -> None:
    case_id = opened(directory)
    answer(case_id, directory, clock, resolve)
    clock.advance(days=31)
    with pytest.raises(ActRefusedError):
        do(reopen, case_id, directory, text="Lagi.", at=clock(), actor="citizen")
    do(reopen, case_id, directory, text="Keliru ditutup.", at=clock(), actor="account:2")
    assert session.get_one(Complaint, case_id).run == 2


def _breached(directory: Directory, clock: FakeClock) -> int:
    case_id = opened(directory)
    clock.advance(hours=25)
    sweep_all()
    with transaction() as session:
        case = locked(session, case_id)
        object_(
            session, directory, case, clock_of(session, case), text="Kami menjawab lewat telepon.", actor="account:4"
        )
    return case_id


@pytest.mark.parametrize("cause", ["undelivered", WITHDRAWN])
def test_a_granted_objection_excuses_or_withdraws_and_the_clock_does_not_say_it_again(
    directory: Directory, session: Session, clock: FakeClock, cause: str
) -> None:
    case_id = _breached(directory, clock)
    with transaction() as other:
        case = locked(other, case_id)
        grant(other, directory, case, clock_of(other, case), cause=cause, reason="Terbukti.", actor="account:9")
    sweep_all()
    deadline = clock_of(session, session.get_one(Complaint, case_id))
    assert (deadline.objection, deadline.excuse) == ("granted", cause)
    assert (deadline.breached_at is None) is (cause == WITHDRAWN)
    assert kinds(session, case_id).count("breach") == 1
    every_letter_reads(session)


def test_a_head_who_was_told_more_than_a_week_ago_may_not_object(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    clock.advance(hours=25)
    sweep_all()
    for row in session.scalars(select(OutboundMail)):
        row.sent_at = clock()
    clock.advance(days=7, seconds=1)
    case = session.get_one(Complaint, case_id)
    with pytest.raises(ActRefusedError):
        object_(session, directory, case, clock_of(session, case), text="Keberatan.", actor="account:4")
    session.rollback()


def test_redacted_words_are_gone_and_the_chain_is_whole(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory, text="NIK saya 1771010101900001, lampu mati.")
    with transaction() as other:
        redact(other, locked(other, case_id), events=[1], actor="account:2")
    case = session.get_one(Complaint, case_id)
    assert [(message.text, message.salt) for message in messages_of(session, case)] == [(REDACTED, "")]
    assert case.subject == REDACTED
    assert list(faults_of(case.number, events_of(session, case))) == []
