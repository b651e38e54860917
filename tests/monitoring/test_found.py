"""What the watch finds in the tables, on real PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update

from service.agencies.directory import Directory
from service.config import settings
from service.database import transaction
from service.deadlines.records import Deadline
from service.intake import poll
from service.intake.mailbox import name_of
from service.intake.records import Mailbox
from service.monitoring import pulse, rules, state, watch
from service.monitoring.records import Alarm
from service.notifications.render import render
from service.outbox import delivery
from service.outbox.records import OutboundMail
from service.outbox.smtp import Outcome
from service.tables import Session
from tests.casework.test_acts import opened
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.fakes.smtp import FakeSmtp
from tests.monitoring.conftest import FAJAR, alarms, all_work, delivery_of_all, pass_time

URL = "imap://lapor:x@127.0.0.1/INBOX"
BOX = name_of(URL)


@pytest.fixture
def mailbox(well: None, monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> FakeFolder:
    """A mailbox that has just been read, and compared in the night."""
    monkeypatch.setattr(state, "settings", lambda: replace(settings(), imap_urls=(URL,)))
    folder = FakeFolder()
    read(folder)
    change(Mailbox, reconciled_at=clock() - timedelta(hours=6), reconciliation={"differences": 0, "words": ""})
    return folder


def read(folder: FakeFolder) -> None:
    poll.take_lease(transaction, BOX, "test")
    poll.turn(transaction, folder, BOX, "test", first=True)


def change(table: type, **values: object) -> None:
    with transaction() as session:
        session.execute(update(table).values(**values))


def test_a_mailbox_that_refuses_the_password_is_told_with_its_words(
    mailbox: FakeFolder, session: Session, clock: FakeClock
) -> None:
    poll.note_problem(transaction, BOX, "LoginError: [AUTHENTICATIONFAILED] Invalid credentials")
    pass_time(clock, 6)
    assert alarms(session) == [(rules.MAILBOX_UNREAD, True)]
    assert "Invalid credentials" in session.scalars(select(Alarm)).one().words
    read(mailbox)
    for _ in range(10):
        read(mailbox)
        pass_time(clock, 2)
    assert alarms(session) == [(rules.MAILBOX_UNREAD, False)]


def test_a_mailbox_that_hangs_without_any_error_is_told(
    mailbox: FakeFolder, session: Session, clock: FakeClock
) -> None:
    pass_time(clock, 6)
    assert alarms(session) == [(rules.MAILBOX_UNREAD, True)]


def test_what_the_comparison_found_is_told(mailbox: FakeFolder, session: Session) -> None:
    change(Mailbox, reconciliation={"differences": 2, "words": "2 surat di folder tidak tercatat."})
    watch.turn(transaction)
    assert alarms(session) == [(rules.MAIL_MISSING, True)]
    assert "2 surat di folder" in session.scalars(select(Alarm)).one().words


def test_a_comparison_that_did_not_run_for_two_days_is_told(
    mailbox: FakeFolder, session: Session, clock: FakeClock
) -> None:
    change(Mailbox, reconciled_at=clock() - timedelta(days=2, minutes=1))
    watch.turn(transaction)
    assert alarms(session) == [(rules.NOT_COMPARED, True)]


def test_a_mail_that_the_server_cannot_deliver_is_told_to_administrator_and_desk(
    mailbox: FakeFolder, session: Session, clock: FakeClock, directory: Directory
) -> None:
    mailbox.deliver(None, clock())
    read(mailbox)
    watch.turn(transaction)
    assert alarms(session) == [(rules.MAIL_UNFETCHABLE, True)]
    assert desk_letters(session, directory) == 1


def desk_letters(session: Session, directory: Directory) -> int:
    session.rollback()
    return session.scalar(
        select(func.count()).where(OutboundMail.kind == "quarantine", OutboundMail.to_address == directory.desk.inbox)
    )


def test_the_desk_is_told_of_quarantine_every_two_hours_and_not_per_mail(
    mailbox: FakeFolder, session: Session, clock: FakeClock, directory: Directory, smtp: FakeSmtp
) -> None:
    for number in range(5):
        mailbox.deliver(f"Subject: {number}\r\n\r\nIsi".encode(), clock())
    read(mailbox)
    with transaction() as other:
        other.execute(text("UPDATE inbound_mail SET status = 'quarantined'"))
    change(Mailbox, read_until=clock() + timedelta(days=1))
    pass_time(clock, 110)
    assert (desk_letters(session, directory), alarms(session)) == (1, [])
    pass_time(clock, 12)
    assert (desk_letters(session, directory), alarms(session)) == (2, [(rules.QUARANTINE_WAITS, True)])
    delivery_of_all(smtp)
    assert smtp.to(directory.desk.inbox)[0].subject == "5 surat di karantina menunggu keputusan"


def test_mail_that_is_stored_and_not_processed_is_told(mailbox: FakeFolder, session: Session, clock: FakeClock) -> None:
    mailbox.deliver(b"From: sari@warga.example\r\n\r\nJalan rusak", clock())
    read(mailbox)
    watch.turn(transaction)
    assert alarms(session) == []
    with transaction() as other:
        other.execute(text("UPDATE inbound_mail SET stored_at = stored_at - interval '11 minutes'"))
    watch.turn(transaction)
    assert alarms(session) == [(rules.MAIL_UNPROCESSED, True)]


@pytest.mark.usefixtures("well")
def test_mail_that_nobody_tries_to_send_is_told(session: Session, directory: Directory) -> None:
    opened(directory)
    with transaction() as other:
        other.execute(text("UPDATE outbound_mail SET next_attempt_at = next_attempt_at - interval '11 minutes'"))
    watch.turn(transaction)
    assert alarms(session) == [(rules.OUTBOX_STUCK, True)]


@pytest.mark.usefixtures("well")
def test_a_server_that_is_down_raises_an_alarm_and_its_return_clears_it(
    session: Session, directory: Directory, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "_noted", {})
    server = FakeSmtp()
    down = Outcome(False, False, "ConnectionRefusedError: [Errno 111] Connection refused", reachable=False)
    noting = pulse.NotingSender(server)
    opened(directory)
    addresses = set(session.scalars(select(OutboundMail.to_address))) | {FAJAR}
    server.refuse = dict.fromkeys(addresses, down)

    def deliver() -> None:
        with transaction() as other:
            other.execute(text("UPDATE outbound_mail SET next_attempt_at = now() WHERE status = 'queued'"))
        delivery_through(noting)
        noting.write_down(transaction)

    for _ in range(4):
        deliver()
        pass_time(clock, 2)
    assert alarms(session) == [(rules.SMTP_DOWN, True)]
    assert "Connection refused" in session.scalars(select(Alarm)).one().words
    assert server.sent == []
    server.refuse = {}
    deliver()
    assert [mail.subject.split(" sejak")[0] for mail in server.to(FAJAR)] == ["Gangguan: Surat tidak dapat dikirim"]
    pass_time(clock, 18)
    deliver()
    assert alarms(session) == [(rules.SMTP_DOWN, False)]
    assert server.to(FAJAR)[-1].subject.startswith("Selesai: ")


def delivery_through(sender: pulse.NotingSender) -> None:
    while delivery.turn(transaction, sender, render, lambda *_: None, lambda _mail_id: "lapor@bengkulukota.example"):
        pass


@pytest.mark.usefixtures("well")
def test_dead_letters_to_offices_are_told_after_an_hour_and_a_citizens_typo_is_not(
    session: Session, directory: Directory, clock: FakeClock
) -> None:
    opened(directory)
    line = {"at": (datetime.now(UTC) - timedelta(minutes=61)).isoformat(), "words": "550 no such user"}
    with transaction() as other:
        other.execute(update(OutboundMail).where(OutboundMail.agency_id.is_(None)).values(status="dead", log=[line]))
    watch.turn(transaction)
    assert alarms(session) == []
    change(OutboundMail, status="dead", log=[line])
    watch.turn(transaction)
    assert alarms(session) == [(rules.DEAD_LETTERS, True)]


@pytest.mark.usefixtures("well")
def test_a_wave_of_refusals_is_told_at_once(session: Session, directory: Directory) -> None:
    for _ in range(5):
        opened(directory)
    change(OutboundMail, status="dead", log=[{"at": datetime.now(UTC).isoformat(), "words": "550 blocked"}])
    watch.turn(transaction)
    assert alarms(session) == [(rules.DEAD_LETTERS, True)]


@pytest.mark.usefixtures("well")
def test_a_worker_that_is_gone_is_told(session: Session, clock: FakeClock) -> None:
    for _ in range(3):
        clock.advance(minutes=2)
        watch.turn(transaction)
    assert alarms(session) == [(rules.SWEEPS_STOPPED, True)]


@pytest.mark.usefixtures("well")
def test_reminders_that_are_due_and_not_written_are_told(
    session: Session, directory: Directory, clock: FakeClock
) -> None:
    opened(directory)
    change(Deadline, next_at=clock() - timedelta(minutes=16))
    watch.turn(transaction)
    assert alarms(session) == [(rules.STEPS_LATE, True)]


@pytest.mark.usefixtures("well")
def test_a_breach_that_waits_for_the_mailbox_is_no_late_step(
    session: Session, directory: Directory, clock: FakeClock
) -> None:
    opened(directory)
    change(Deadline, next_at=clock() - timedelta(hours=16), next_kind="breach")
    watch.turn(transaction)
    assert alarms(session) == []


@pytest.mark.usefixtures("well")
def test_a_digest_that_is_an_hour_late_is_told(session: Session, directory: Directory, clock: FakeClock) -> None:
    opened(directory)
    change(Deadline, next_at=None)
    change(OutboundMail, status="sent")
    clock.instant = datetime(2026, 11, 30, 0, 59, tzinfo=UTC)  # due on Monday at 07.00, 00.00 UTC
    all_work(clock)
    assert watch.turn(transaction) == 0
    pass_time(clock, 2)
    assert alarms(session) == [(rules.DIGEST_LATE, True)]
