"""Nobody is accused while we may be blind, and what our faults explain is excused."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update

from service import clock as service_clock
from service.agencies.directory import Directory
from service.casework import sweep
from service.casework.cases import locked
from service.casework.clocks import clock_of
from service.casework.respond import respond
from service.complaints.history import events_of
from service.complaints.records import Complaint
from service.config import settings
from service.database import transaction
from service.deadlines import outages
from service.deadlines.outages import Outage
from service.intake import poll, process, quarantine, watermark
from service.intake.records import InboundMail, Mailbox
from service.outbox.records import DEAD, SENT, OutboundMail
from service.tables import Session, follow_clock
from tests.casework.test_acts import mails, opened
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.intake.road import NAME, OWNER
from tests.mails import mail

PUPR_SAYS = "Lubang sudah kami tambal tadi pagi."


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, directory: Directory) -> FakeFolder:
    """The one mailbox of the settings."""
    monkeypatch.setattr(watermark, "name_of", lambda _: NAME)
    found = settings().__class__(**(vars(settings()) | {"imap_urls": ("imap://lapor@imap/INBOX",)}))
    monkeypatch.setattr(watermark, "settings", lambda: found)
    return FakeFolder()


def read(folder: FakeFolder) -> None:
    """One turn of the poller, and all that came of it."""
    assert poll.take_lease(transaction, NAME, OWNER)
    poll.turn(transaction, folder, NAME, OWNER, first=True)
    while process.turn(transaction):
        pass


def sweep_all() -> None:
    while sweep.turn(transaction, watermark.sight):
        pass


def answer(session: Session, case_id: int, sender: str = "", words: str = PUPR_SAYS) -> bytes:
    """An agency's reply to its assignment letter."""
    letter = session.scalars(
        select(OutboundMail).where(OutboundMail.complaint_id == case_id, OutboundMail.kind == "assignment")
    ).one()
    sender = sender or letter.to_address
    return mail(sender, letter.reply_to, "Re: pengaduan", words, In_Reply_To=letter.message_id)


def accepted(session: Session, at: datetime) -> None:
    """Every letter so far was taken by its server then."""
    session.execute(update(OutboundMail).values(status=SENT, sent_at=at))
    session.commit()


def kinds(session: Session, case_id: int) -> list[str]:
    session.expire_all()
    return [event.kind for event in events_of(session, session.get_one(Complaint, case_id))]


def test_the_poller_is_down_over_the_deadline_and_finds_an_answer_from_before(
    directory: Directory, session: Session, clock: FakeClock, folder: FakeFolder
) -> None:
    read(folder)
    case_id = opened(directory)
    accepted(session, clock())
    clock.advance(hours=23)
    folder.deliver(answer(session, case_id), clock())
    clock.advance(hours=5)
    sweep_all()
    assert "breach" not in kinds(session, case_id)
    read(folder)
    sweep_all()
    assert "breach" not in kinds(session, case_id)
    assert session.get_one(Complaint, case_id).responded_at == clock() - timedelta(hours=5)


def test_the_poller_is_down_over_the_deadline_and_finds_none(
    directory: Directory, session: Session, clock: FakeClock, folder: FakeFolder
) -> None:
    read(folder)
    case_id = opened(directory)
    accepted(session, clock())
    due = session.get_one(Complaint, case_id).due_at
    clock.advance(hours=30)
    sweep_all()
    assert "breach" not in kinds(session, case_id)
    read(folder)
    sweep_all()
    written = next(event for event in events_of(session, session.get_one(Complaint, case_id)) if event.kind == "breach")
    assert (written.at, written.recorded_at) == (due, clock())


def test_an_answer_that_greylisting_kept_past_the_deadline_is_late_by_its_arrival(
    directory: Directory, session: Session, clock: FakeClock, folder: FakeFolder
) -> None:
    read(folder)
    case_id = opened(directory)
    accepted(session, clock())
    clock.advance(hours=24, minutes=20)
    raw = b"Received: from dinas by lapor; Tue, 24 Nov 2026 07:50:00 +0700\r\n" + answer(session, case_id)
    folder.deliver(raw, clock())
    for _ in range(2):
        clock.advance(minutes=2)
        read(folder)
        sweep_all()
    case = session.get_one(Complaint, case_id)
    assert (case.breached_at, case.responded_at) == (case.due_at, case.due_at + timedelta(minutes=20))


def test_an_answer_that_waits_for_the_desk_holds_the_breach_back_and_counts_when_released(
    directory: Directory, session: Session, clock: FakeClock, folder: FakeFolder
) -> None:
    read(folder)
    case_id = opened(directory)
    accepted(session, clock())
    clock.advance(hours=20)
    folder.deliver(answer(session, case_id, "budi.pribadi@gmail.com"), clock())
    clock.advance(hours=10)
    read(folder)
    sweep_all()
    assert "breach" not in kinds(session, case_id)
    session.execute(update(InboundMail).values(stored_at=func.now() - timedelta(days=4)))
    session.commit()
    sweep_all()
    assert "breach" in kinds(session, case_id)  # the desk has left it for days: that may not go on for ever
    told = {to for kind, to in mails(session) if kind in ("breach", "escalation")}
    with transaction() as other:
        row = quarantine.held(other, other.scalars(select(InboundMail.id)).one())
        number = other.get_one(Complaint, case_id).number
        quarantine.attach(other, directory, row, number, quarantine.ANSWER, "Nomor pribadi Budi", "account:1")
    assert kinds(session, case_id)[-1] == "withdraw"
    assert {to for kind, to in mails(session) if kind == "withdrawal"} == told


def test_a_held_mail_of_an_agency_without_a_case_keeps_that_agency_from_being_accused(
    directory: Directory, session: Session, clock: FakeClock, folder: FakeFolder
) -> None:
    read(folder)
    ours, other = opened(directory), opened(directory, text="Sampah menumpuk.", category_id=None)
    accepted(session, clock())
    clock.advance(hours=3)
    pupr = directory.by_code["pupr"]
    folder.deliver(mail(pupr.inbox, "lapor@bengkulukota.example", "Jawaban", "Sudah.", Precedence="bulk"), clock())
    read(folder)
    assert session.scalars(select(InboundMail.complaint_id)).one() is None
    clock.advance(hours=40)
    read(folder)
    sweep_all()
    assert "breach" not in kinds(session, ours)
    assert session.get_one(Complaint, other).agency_id != pupr.id
    assert "breach" in kinds(session, other)


def test_a_mail_that_nobody_can_get_is_waited_for_an_hour_and_stands_on_the_breach(
    directory: Directory, session: Session, clock: FakeClock, folder: FakeFolder
) -> None:
    read(folder)
    case_id = opened(directory)
    accepted(session, clock())
    clock.advance(hours=20)
    folder.deliver(None, clock())
    clock.advance(hours=10)
    read(folder)
    sweep_all()
    assert "breach" not in kinds(session, case_id)
    session.execute(update(InboundMail).values(stored_at=func.now() - timedelta(minutes=61)))
    session.commit()
    sweep_all()
    case = session.get_one(Complaint, case_id)
    written = next(event for event in events_of(session, case) if event.kind == "breach")
    assert written.payload["unread"] == 1


def test_mail_that_is_stored_and_not_processed_holds_breaches_back(
    directory: Directory, session: Session, clock: FakeClock, folder: FakeFolder
) -> None:
    case_id = opened(directory)
    accepted(session, clock())
    clock.advance(hours=20)
    folder.deliver(answer(session, case_id), clock())
    clock.advance(hours=10)
    assert poll.take_lease(transaction, NAME, OWNER)
    poll.turn(transaction, folder, NAME, OWNER, first=True)
    sweep_all()
    assert "breach" not in kinds(session, case_id)


def test_an_answer_that_cannot_be_processed_still_holds_its_case_back(
    directory: Directory, session: Session, clock: FakeClock, folder: FakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(folder)
    case_id = opened(directory)
    accepted(session, clock())
    clock.advance(hours=20)
    folder.deliver(answer(session, case_id), clock())

    def fails(*_: object) -> None:
        raise RuntimeError("no such mail was foreseen")

    monkeypatch.setattr(process, "parse", fails)
    for _ in range(4):
        session.execute(text("UPDATE inbound_mail SET leased_until = NULL"))
        session.commit()
        read(folder)
    assert session.scalars(select(InboundMail.status)).one() == "quarantined"
    clock.advance(hours=10)
    read(folder)
    sweep_all()
    assert "breach" not in kinds(session, case_id)


@pytest.mark.parametrize("read_until", [None, timedelta(hours=2), timedelta(hours=-30)])
def test_a_mailbox_never_read_or_read_in_the_future_or_long_ago_makes_us_blind(
    directory: Directory, session: Session, clock: FakeClock, folder: FakeFolder, read_until: timedelta | None
) -> None:
    case_id = opened(directory)
    accepted(session, clock())
    clock.advance(hours=25)
    at = clock() + read_until if read_until is not None else None
    session.add(Mailbox(name=NAME, last_uid=0, read_until=at, problem="", reconciliation={}))
    session.commit()
    sweep_all()
    assert "breach" not in kinds(session, case_id)


def test_a_mailbox_that_the_settings_no_longer_name_is_waited_for_a_day(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    accepted(session, clock())
    clock.advance(hours=23)
    session.add(Mailbox(name="lama@imap/INBOX", last_uid=0, read_until=clock(), problem="", reconciliation={}))
    session.commit()
    clock.advance(hours=3)
    sweep_all()
    assert "breach" not in kinds(session, case_id)
    clock.advance(hours=22)
    sweep_all()
    assert "breach" in kinds(session, case_id)


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_machine_whose_clock_is_hours_wrong_says_what_the_database_says(
    session: Session, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    right = service_clock.uncorrected
    monkeypatch.setattr(service_clock, "_correction", timedelta())
    monkeypatch.setattr(service_clock, "uncorrected", lambda: right() + timedelta(hours=hours))
    service_clock.use(service_clock.machine_clock)
    folder = FakeFolder()
    poll.take_lease(transaction, NAME, OWNER)
    poll.turn(transaction, folder, NAME, OWNER, first=True)
    said = session.scalars(select(Mailbox.read_until)).one()
    assert abs(said - session.scalar(select(func.clock_timestamp()))) < timedelta(seconds=5)
    assert abs(service_clock.now() - right()) < timedelta(seconds=2)
    follow_clock(session, at_once=True)
    assert abs(service_clock.now() - right()) < timedelta(seconds=2)


def test_a_mail_server_whose_clock_is_ahead_makes_no_answer_late(
    directory: Directory, session: Session, clock: FakeClock, folder: FakeFolder
) -> None:
    read(folder)
    case_id = opened(directory)
    clock.advance(hours=23)
    folder.deliver(answer(session, case_id), clock() + timedelta(hours=2))
    read(folder)
    assert session.get_one(Complaint, case_id).responded_at == clock()


def outage(session: Session, begin: datetime, **length: float) -> None:
    outages.note(session, outages.RECEIVING, begin, begin + timedelta(**length))
    session.commit()


def late_answer(directory: Directory, case_id: int, at: datetime) -> None:
    with transaction() as other:
        case = locked(other, case_id)
        respond(other, directory, case, text=PUPR_SAYS, arrived_at=at, actor="agency:pupr")


@pytest.mark.parametrize(("late", "excuse"), [(2.9, "outage"), (3.1, "")])
@pytest.mark.parametrize("answered_before_the_sweep", [True, False])
def test_an_answer_later_by_no_more_than_our_outage_is_excused(
    directory: Directory,
    session: Session,
    clock: FakeClock,
    late: float,
    excuse: str,
    answered_before_the_sweep: bool,
) -> None:
    case_id = opened(directory)
    accepted(session, clock())
    outage(session, clock(), hours=3)
    due = session.get_one(Complaint, case_id).due_at
    session.commit()
    clock.advance(hours=24 + late)
    if not answered_before_the_sweep:
        sweep_all()
    late_answer(directory, case_id, due + timedelta(hours=late))
    sweep_all()
    session.expire_all()
    case = session.get_one(Complaint, case_id)
    assert case.breached_at == due
    assert clock_of(session, case).excuse == excuse
    written = next(event for event in events_of(session, case) if event.kind == "breach")
    assert written.payload["outage"]["lost"] == 3 * 3600


def test_an_outage_of_half_the_time_excuses_by_itself_and_is_said_in_the_letter(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    accepted(session, clock())
    outage(session, clock() + timedelta(hours=1), hours=9)
    outage(session, clock() + timedelta(hours=5), hours=8)  # they overlap
    clock.advance(hours=25)
    sweep_all()
    case = session.get_one(Complaint, case_id)
    assert kinds(session, case_id)[-2:] == ["breach", "excuse"]
    assert clock_of(session, case).excuse == "outage"
    letters = session.scalars(select(OutboundMail.context).where(OutboundMail.kind == "breach")).all()
    assert {letter["excuse"] for letter in letters} == {"outage"}


@pytest.mark.parametrize(
    ("status", "log", "excuse"),
    [
        (DEAD, [{"at": "x", "words": "550 no such user"}], "undelivered"),
        ("queued", [{"at": "x", "words": "timed out", "looked": 4, "since": "x"}], "outage"),
        (SENT, [{"at": "x", "words": "250 ok"}], ""),
    ],
)
def test_who_never_got_the_notice_is_excused(
    directory: Directory, session: Session, clock: FakeClock, status: str, log: list[dict[str, object]], excuse: str
) -> None:
    case_id = opened(directory)
    sent_at = clock() if status == SENT else None
    session.execute(update(OutboundMail).values(status=status, log=log, sent_at=sent_at))
    session.commit()
    clock.advance(hours=25)
    sweep_all()
    assert clock_of(session, session.get_one(Complaint, case_id)).excuse == excuse


def test_an_outage_is_noted_when_the_mailbox_is_read_again_and_never_changed(
    session: Session, clock: FakeClock, folder: FakeFolder
) -> None:
    read(folder)
    clock.advance(minutes=4)
    read(folder)
    began = clock()
    clock.advance(hours=2)
    read(folder)
    row = session.scalars(select(Outage)).one()
    assert (row.part, row.began_at, row.ended_at) == ("receiving", began, clock())
    with pytest.raises(Exception, match="refused"):
        session.execute(text("DELETE FROM outage"))
    session.rollback()
