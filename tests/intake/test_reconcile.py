"""Reconciliation on a real Dovecot: what the mailbox holds against what is stored."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from service.agencies.directory import Directory
from service.complaints.records import Complaint
from service.config import load, settings
from service.database import transaction
from service.intake import reconcile
from service.intake.mailbox import Outline
from service.intake.reconcile import Findings
from service.intake.records import InboundMail, Mailbox
from tests.fakes.clock import FakeClock
from tests.intake.dovecot import Dovecot, dovecot, without
from tests.intake.reading import LAPOR, Reader, judge, letter, letters, mailbox, numbered, read, stored, subjects
from tests.mails import mail

pytestmark = pytest.mark.real
ARCHIVE = "Tuntas-Arsip"


@pytest.fixture
def server(app: Flask, directory: Directory) -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


@pytest.fixture(autouse=True)
def before_all_mail(clock: FakeClock) -> None:
    """The database knew the mailbox before any mail came, whatever this machine's clock says."""
    clock.instant = datetime(2020, 1, 6, 1, 0, tzinfo=UTC)


def lose(*uids: int) -> None:
    """Lose these mails from the database, before they were processed."""
    with transaction() as session:
        session.execute(delete(InboundMail).where(InboundMail.uid.in_(uids)))


def compare(server: Dovecot, **options: int) -> Findings:
    with Reader(server.url) as reader:
        return reconcile.compare(transaction, reader.folder, reader.name, **options)


def cases() -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(Complaint)) or 0


def test_a_mailbox_that_matches_has_no_differences(server: Dovecot) -> None:
    server.deliver(*letters(30))
    read(server.url)
    server.deliver(letter(31))  # not read yet: that is no difference
    found = compare(server)
    assert (found.differences, found.folders) == (0, {"INBOX": 1, ARCHIVE: 30})
    assert found.statuses == {"stored": 30}
    assert "semuanya cocok" in found.words


def test_a_mail_that_is_missing_is_found_in_the_archive_and_becomes_one_case_with_its_arrival(server: Dovecot) -> None:
    server.deliver(*letters(5))
    read(server.url)
    arrived = {row.uid: row.received_at for row in stored()}
    lose(2, 4)
    judge()
    found = compare(server)
    assert (found.absent, found.healed, found.differences) == (2, 2, 2)
    assert [example["folder"] for example in found.examples] == [ARCHIVE, ARCHIVE]
    assert found.examples[0]["message_id"]
    judge()
    assert subjects() == numbered(5)
    assert sorted(row.received_at for row in stored()) == sorted(arrived.values())
    assert (cases(), compare(server).differences) == (5, 0)
    judge()
    assert cases() == 5


def test_a_mail_below_the_watermark_that_was_never_stored_is_found_in_the_folder(app: Flask) -> None:
    with dovecot(without("MOVE", "UIDPLUS")) as server:
        server.deliver(*letters(4))
        with Reader(server.url) as reader:
            reader.turn()
            lose(3)
            found = reconcile.compare(transaction, reader.folder, reader.name)
            assert (found.absent, found.healed) == (1, 1)
            assert reader.turn() == 0
        assert read(server.url) == 0
        assert subjects() == numbered(4)


def test_a_mail_without_message_id_is_known_by_its_bytes(server: Dovecot) -> None:
    bare = [raw.replace(b"Message-ID:", b"X-Was:") for raw in letters(3)]
    server.deliver(*bare)
    read(server.url)
    with transaction() as session:
        session.execute(update(InboundMail).values(received_at=InboundMail.received_at - timedelta(hours=1)))
    assert compare(server).differences == 0


def test_two_mails_with_one_message_id_are_told_apart(server: Dovecot) -> None:
    one = mail("sari@warga.example", LAPOR, "Lampu 1", "Padam.")
    two = b"Delivered-To: lapor+dlh@bengkulukota.example\r\n" + one
    server.deliver(one, two)
    read(server.url)
    lose(2)
    found = compare(server)
    assert (found.absent, found.healed) == (1, 1)
    assert {row.raw for row in stored()} == {one, two}


def test_mailboxes_that_share_an_archive_do_not_take_each_others_mail(server: Dovecot) -> None:
    server.admin("mailbox", "create", "-u", server.maildir.name, "Kedua")
    second = server.url.replace("/INBOX", "/Kedua")
    server.deliver(*letters(2))
    server.deliver(letter(3), folder="Kedua")
    read(server.url)
    read(second)
    assert compare(server).differences == 0
    with Reader(second) as reader:
        assert reconcile.compare(transaction, reader.folder, reader.name).differences == 0
    assert len(stored()) == 3


def test_a_database_that_knows_nothing_of_a_full_archive_makes_no_flood_of_cases(server: Dovecot) -> None:
    server.deliver(*letters(12))
    read(server.url)
    with transaction() as session:
        session.execute(delete(InboundMail))
    found = compare(server, most_healed=5)
    assert (found.absent, found.healed) == (12, 5)
    assert compare(server, most_healed=100).absent == 7
    assert compare(server).differences == 0


def test_mails_archived_before_this_database_are_none_of_its_own(server: Dovecot) -> None:
    server.deliver(*letters(3))
    read(server.url)
    with transaction() as session:
        session.execute(delete(InboundMail))
        session.execute(update(Mailbox).values(known_since=datetime.now(UTC) + timedelta(seconds=5)))
    found = compare(server)
    assert (found.older, found.differences, len(stored())) == (3, 0, 0)
    assert "3 lebih tua" in found.words
    assert compare(server, everything=True).healed == 3


def test_spam_that_nobody_reads_and_mail_that_is_stuck_are_counted(server: Dovecot) -> None:
    server.admin("mailbox", "create", "-u", server.maildir.name, "Spam")
    server.deliver(letter(1))
    server.deliver(*letters(3)[1:], folder="Spam")
    read(server.url)
    with transaction() as session:
        session.execute(update(InboundMail).values(stored_at=func.clock_timestamp() - timedelta(minutes=11)))
    found = compare(server)
    assert found.junk == {"folder": "Spam", "mails": 2, "unseen": 2}
    assert (found.stuck, found.differences) == (1, 1)
    assert "2 surat belum dibaca di folder Spam" in found.words


def test_new_mail_is_read_while_a_long_comparison_runs(
    server: Dovecot, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "TURN_SECONDS", 0)
    server.deliver(*letters(3))
    with Reader(server.url) as reader:
        reader.turn()
        new: list[int] = []

        def between() -> None:
            server.deliver(letter(4 + len(new)))
            new.append(reader.turn())

        reconcile.nightly(transaction, reader.folder, reader.name, between=between, stopping=lambda: False)
        assert new == [1]
        assert reader.turn() == 0
    row = mailbox(server.url)
    assert row.reconciliation["differences"] == 0
    assert row.reconciled_at == clock()
    assert row.reconcile_at is not None
    assert row.reconcile_at.astimezone(ZoneInfo("Asia/Jakarta")).strftime("%d %H.%M") == "07 02.30"
    assert not reconcile.is_due(transaction, row.name)
    clock.advance(hours=24)
    assert reconcile.is_due(transaction, row.name)


def test_a_comparison_that_fails_is_told_and_comes_again(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    server.deliver(letter(1))
    with Reader(server.url) as reader:
        reader.turn()
        monkeypatch.setattr(reader.folder, "junk", lambda: 1 / 0)
        reconcile.nightly(transaction, reader.folder, reader.name, between=lambda: None, stopping=lambda: False)
    found = mailbox(server.url).reconciliation
    assert found["differences"] == 1
    assert "ZeroDivisionError" in found["words"]


def test_a_comparison_that_is_cut_off_begins_anew_in_an_hour(server: Dovecot, clock: FakeClock) -> None:
    server.deliver(letter(1))
    with Reader(server.url) as reader:
        reader.turn()
        reconcile.nightly(transaction, reader.folder, reader.name, between=lambda: None, stopping=lambda: True)
    row = mailbox(server.url)
    assert (row.reconciled_at, row.reconcile_at) == (None, clock() + timedelta(hours=1))


def test_flask_intake_reconcile_shows_a_table_and_fails_on_differences(
    server: Dovecot, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(server, monkeypatch)
    runner = app.test_cli_runner()
    server.deliver(*letters(3))
    done = runner.invoke(args=["intake", "run-once"])
    assert (done.exit_code, "3 new" in done.output) == (0, True), done.output
    well = runner.invoke(args=["intake", "reconcile"])
    assert well.exit_code == 0, well.output
    assert "in Tuntas-Arsip                           3" in well.output
    server.deliver(letter(9), folder=ARCHIVE)
    found = runner.invoke(args=["intake", "reconcile"])
    assert found.exit_code == 1
    assert "absent from the database                  1" in found.output
    assert mailbox(server.url).reconciliation["healed"] == 1
    assert runner.invoke(args=["intake", "reconcile"]).exit_code == 0


def use(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the settings name this server."""
    changed = load({**os.environ, "IMAP_URL": server.url})
    for name in ("service.cli.intake", "service.intake.watermark"):
        monkeypatch.setattr(f"{name}.settings", lambda: changed)
    assert settings().imap_urls == ()


def test_run_once_tells_a_mailbox_that_cannot_be_read_and_reads_the_others(
    server: Dovecot, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(server, monkeypatch)
    gone = server.url.replace(f":{server.port}", ":1").replace("lapor", "lain")
    changed = load({**os.environ, "IMAP_URL": f"{gone},{server.url}"})
    monkeypatch.setattr("service.cli.intake.settings", lambda: changed)
    server.deliver(letter(1))
    done = app.test_cli_runner().invoke(args=["intake", "run-once"])
    assert done.exit_code == 1
    assert "FAULT ConnectionRefusedError" in done.output
    assert "1 new" in done.output
    assert mailbox(gone).problem


def test_the_night_is_the_governments_own() -> None:
    jayapura = ZoneInfo("Asia/Jayapura")
    at = reconcile.next_night(datetime(2026, 11, 23, 17, 29, tzinfo=UTC), jayapura)
    assert at == datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    assert reconcile.next_night(at, jayapura) == datetime(2026, 11, 24, 17, 30, tzinfo=UTC)


def test_each_row_answers_for_one_mail_only(server: Dovecot, clock: FakeClock) -> None:
    server.deliver(letter(1))
    read(server.url)
    (row,) = stored()
    twice = [Outline(uid, row.received_at, row.size, row.message_id) for uid in (1, 2)]
    with transaction() as session:
        ids = list(session.scalars(select(Mailbox.id)))
        assert [left.uid for left in reconcile._not_by_outline(session, ids, twice)] == [2]
