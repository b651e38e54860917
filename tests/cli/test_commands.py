"""What an administrator types."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from service.agencies.directory import Directory
from service.agencies.preset import FOLDER
from service.agencies.records import Account
from service.config import settings
from service.database import transaction
from service.intake import poll, process
from service.mail.parse import parse
from service.outbox.records import OutboundMail
from service.tables import Session
from tests.casework.test_acts import mails, opened, sweep_all
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder


@pytest.fixture
def flask(app: Flask):
    """Runs a command; `flask("preset", "show")`."""

    def run(*words: str) -> Result:
        return app.test_cli_runner().invoke(app.cli, list(words))

    return run


def test_loading_a_preset_again_says_that_nothing_was_changed(flask) -> None:
    result = flask("preset", "load")
    assert result.exit_code == 0
    assert "nothing was changed" in result.output


def test_checking_a_bad_preset_names_its_faults(flask, tmp_path: Path) -> None:
    bad = tmp_path / "kota.yaml"
    bad.write_text("government: {name: Kota}\n")
    result = flask("preset", "check", str(bad))
    assert result.exit_code == 1
    assert "faults" in result.output


@pytest.mark.parametrize("inbox", ["Lapor@bengkulukota.example", "lapor+pupr@bengkulukota.example"])
def test_a_preset_in_which_an_agency_has_our_own_address_is_refused(flask, tmp_path: Path, inbox: str) -> None:
    sheet = (FOLDER / "kota-bengkulu.yaml").read_text().replace("inbox: pupr@bengkulukota.example", f"inbox: {inbox}")
    file = tmp_path / "ours.yaml"
    file.write_text(sheet)
    for command in ("check", "load"):
        result = flask("preset", command, str(file))
        assert result.exit_code == 1
        assert 'agencies "pupr": ' in result.output
        assert "is MAIL_ADDRESS" in result.output


def test_the_doctor_names_an_agency_that_has_our_own_address(flask, monkeypatch: pytest.MonkeyPatch) -> None:
    as_pupr = replace(settings(), mail_address="pupr@bengkulukota.example")
    monkeypatch.setattr("service.cli.doctor.settings", lambda: as_pupr)
    assert 'FAULT  preset: pupr: "pupr@bengkulukota.example" is MAIL_ADDRESS' in flask("doctor").output


def test_showing_the_preset_lists_inboxes_and_heads(flask) -> None:
    assert "pupr@bengkulukota.example" in flask("preset", "show").output


def test_an_account_is_opened_for_budi(flask, session: Session) -> None:
    words = ["--name", "Budi", "--role", "officer", "--agency", "pupr", "--password", "rahasia-sekali"]
    assert flask("user", "create", "budi@bengkulukota.example", *words).exit_code == 0
    assert session.scalars(select(Account)).one().role == "officer"


def test_a_forgotten_password_is_replaced_and_a_leaver_shut_out(flask, session: Session) -> None:
    words = ["--name", "Dewi", "--role", "desk", "--password", "rahasia-sekali"]
    flask("user", "create", "dewi@bengkulukota.example", *words)
    assert flask("user", "password", "dewi@bengkulukota.example", "--password", "lebih-rahasia").exit_code == 0
    assert flask("user", "close", "dewi@bengkulukota.example").exit_code == 0
    assert "(closed)" in flask("user", "list").output
    assert flask("user", "reopen", "dewi@bengkulukota.example").exit_code == 0
    assert "(closed)" not in flask("user", "list").output
    assert flask("user", "close", "nobody@bengkulukota.example").exit_code == 1


def test_an_officer_without_an_agency_is_refused(flask) -> None:
    result = flask("user", "create", "x@y.example", "--name", "X", "--role", "officer", "--password", "rahasia-sekali")
    assert result.exit_code == 1
    assert "--agency" in result.output


def test_the_sweep_does_what_is_due(flask, directory: Directory, session: Session, clock: FakeClock) -> None:
    opened(directory)
    clock.advance(hours=13)
    assert flask("deadlines", "sweep").output == "1 steps done.\n"
    assert "reminder" in [kind for kind, _ in mails(session)]


def test_quarantine_is_listed_shown_and_put_back(flask, session: Session, clock: FakeClock) -> None:
    folder = FakeFolder()
    folder.deliver(b"Subject: tanpa pengirim\r\n\r\nIsi", clock())
    poll.take_lease(transaction, "box", "test")
    poll.turn(transaction, folder, "box", "test", first=True)
    process.turn(transaction)
    assert "tanpa alamat pengirim" in flask("quarantine", "list").output
    assert "tanpa pengirim" in flask("quarantine", "show", "1").output
    assert flask("quarantine", "retry", "--all").output == "1 put back.\n"
    assert flask("quarantine", "show", "1").exit_code == 1


def test_dead_letters_are_listed_and_put_back(flask, directory: Directory, session: Session) -> None:
    opened(directory)
    session.execute(text("UPDATE outbound_mail SET status = 'dead'"))
    session.commit()
    assert "sari@warga.example" in flask("outbox", "list").output
    assert flask("outbox", "retry", "--all").output == "2 put back.\n"
    assert set(session.scalars(select(OutboundMail.status))) == {"queued"}


def test_a_digest_is_shown_and_nothing_is_sent(
    flask, directory: Directory, session: Session, clock: FakeClock, tmp_path: Path
) -> None:
    opened(directory)
    clock.advance(hours=30)
    sweep_all()
    clock.instant = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
    shown = flask("digest", "preview", "--week", "2026-W48", "--agency", "pupr").output
    assert "Dinas Pekerjaan Umum dan Penataan Ruang" in shown
    file = tmp_path / "digest.eml"
    flask("digest", "preview", "--week", "2026-W48", "--eml", str(file))
    assert parse(file.read_bytes()).attachments[0].filename == "grafik.png"
    assert not [kind for kind, _ in mails(session) if kind.startswith("digest")]


def test_sending_a_digest_sends_what_was_not_sent(flask, directory: Directory, clock: FakeClock) -> None:
    opened(directory)
    clock.instant = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
    sweep_all()
    expected = len(directory.agencies()) + 3
    assert f"{expected} digests" in flask("digest", "send", "--week", "2026-W48").output
    assert "0 digests" in flask("digest", "send", "--week", "2026-W48").output


@pytest.mark.parametrize("week", ["2026-W48", "pekan lalu"])
def test_a_week_that_is_not_over_or_no_week_is_refused(flask, directory: Directory, week: str) -> None:
    assert flask("digest", "send", "--week", week).exit_code == 1


def test_the_doctor_names_every_fault_at_once(flask) -> None:
    result = flask("doctor")
    assert result.exit_code == 1
    assert "ok     database and migrations" in result.output
    for fault in ("FAULT  redis", "FAULT  mailbox: IMAP_URL is not set", "FAULT  smtp"):
        assert fault in result.output
