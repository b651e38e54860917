"""`flask quarantine` and `flask outbox`, as an administrator types them."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from service.agencies import accounts
from service.agencies.directory import Directory
from service.complaints.records import Complaint, Event
from service.database import transaction
from service.intake.records import DISCARDED, DONE, QUARANTINED, STORED
from service.outbox.records import OutboundMail
from tests.casework.test_acts import opened
from tests.fakes.bell import FakeBell
from tests.fakes.clock import FakeClock
from tests.web.held import MAIL, hold, mail, with_attachments

Flasked = Callable[..., Result]
DEWI = "dewi@bengkulukota.example"


@pytest.fixture
def flask(app: Flask) -> Flasked:
    """Runs a command."""
    return lambda *words: app.test_cli_runner().invoke(app.cli, list(words))


@pytest.fixture(autouse=True)
def _dewi(app: Flask) -> None:
    with transaction() as session:
        accounts.create_account(session, DEWI, "Dewi", "desk", None, "rahasia-sekali")
        accounts.create_account(session, "ina@bengkulukota.example", "Ina", "inspector", None, "rahasia-sekali")


def events() -> list[Event]:
    """All events, in order."""
    with transaction() as session:
        found = list(session.scalars(select(Event).order_by(Event.id)))
        session.expunge_all()
        return found


def test_the_list_is_for_people_and_for_programs(flask: Flasked, clock: FakeClock) -> None:
    hold(clock, sender="a\x1b[31m@b", reason="Surat massal: List-Id")
    hold(clock, reason="Surat tanpa isi")
    lines = flask("quarantine", "list").output.splitlines()
    assert len(lines) == 2
    assert "\x1b" not in lines[0]
    assert "Surat massal: List-Id" in lines[0]
    listed = json.loads(flask("quarantine", "list", "--json", "--reason", "Surat tanpa isi").output)
    assert [(row["id"], row["sender"], row["reason"]) for row in listed] == [
        (2, "orang@contoh.example", "Surat tanpa isi")
    ]
    assert flask("quarantine", "list", "--json", "--reason", "tidak ada").output == "[]\n"


def test_a_mail_is_shown_as_text_that_no_terminal_obeys(flask: Flasked, clock: FakeClock) -> None:
    raw = with_attachments(("x.exe", "application/x-msdownload", b"MZ"), text="Halo \x1b]0;jahat\x07 \u202edunia")
    shown = flask("quarantine", "show", str(hold(clock, raw=raw))).output
    assert "Halo" in shown
    assert "reason: Pengirim tidak dikenal" in shown
    assert "attachment: x.exe, application/x-msdownload, 2 bytes" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    undelivered = flask("quarantine", "show", str(hold(clock, raw=b"", sha256="0"))).output
    assert "did not deliver this mail (UID 1)" in undelivered


def test_the_bytes_are_there_for_the_asking(flask: Flasked, clock: FakeClock) -> None:
    assert flask("quarantine", "show", "--raw", str(hold(clock))).stdout_bytes == MAIL


def test_what_is_not_in_quarantine_is_said_with_what_became_of_it(flask: Flasked, clock: FakeClock) -> None:
    mail_id = str(hold(clock))
    assert flask("quarantine", "open", mail_id, "--as", DEWI).output == "BKL-26-00001 opened.\n"
    for words in (["show", mail_id], ["open", mail_id, "--as", DEWI]):
        again = flask("quarantine", *words)
        assert again.exit_code == 1
        assert "not in quarantine, but done; open by account:1 at" in again.output
    unknown = flask("quarantine", "show", "99")
    assert (unknown.exit_code, "there is no such mail" in unknown.output) == (1, True)
    assert flask("quarantine", "show", "x").exit_code == 2


def test_put_back_are_those_that_can_be_and_the_others_are_named(
    flask: Flasked, clock: FakeClock, bell: FakeBell
) -> None:
    one, two = hold(clock), hold(clock)
    partly = flask("quarantine", "retry", str(one), "99")
    assert (partly.exit_code, partly.stdout) == (1, "1 put back.\n")
    assert "mail 99: there is no such mail" in partly.stderr
    assert flask("quarantine", "retry", "--all").stdout == "1 put back.\n"
    assert {mail(one).status, mail(two).status} == {STORED}
    assert "worker.jobs.process_mail" in bell.rung
    assert flask("quarantine", "retry").exit_code == 2
    assert flask("quarantine", "retry", "--all", "1").exit_code == 2


def test_a_mail_becomes_a_complaint_for_a_chosen_agency(flask: Flasked, clock: FakeClock, directory: Directory) -> None:
    mail_id = str(hold(clock))
    assert flask("quarantine", "open", mail_id, "--agency", "dlh", "--as", DEWI).exit_code == 2
    chosen = ["--reason", "Limbah", "--as", DEWI]
    assert flask("quarantine", "open", mail_id, "--agency", "tidak-ada", *chosen).exit_code == 1
    assert flask("quarantine", "open", mail_id, "--agency", "dlh", *chosen).exit_code == 0
    assert (events()[-1].kind, events()[-1].payload["holder"], events()[-1].actor) == ("assign", "dlh", "account:1")


def test_a_mail_against_officials_needs_a_statement(flask: Flasked, clock: FakeClock) -> None:
    raw = b"From: orang@contoh.example\r\n\r\nOknum petugas minta uang pelicin."
    words = ["quarantine", "open", str(hold(clock, raw=raw)), "--agency", "dlh", "--reason", "Limbah", "--as", DEWI]
    refused = flask(*words)
    assert (refused.exit_code, "may accuse officials" in refused.output, events()) == (1, True, [])
    assert flask(*words, "--not-about-officials").exit_code == 0
    assert events()[-1].payload["not_about_officials"] is True


def test_a_mail_is_attached_as_the_holders_answer(flask: Flasked, clock: FakeClock, directory: Directory) -> None:
    opened(directory)
    number = "BKL-26-00001"
    raw = b"From: budi@gmail.example\r\n\r\nSudah ditambal."
    mail_id = str(hold(clock, raw=raw))
    words = ["--from", "answer", "--reason", "Ditelepon", "--as", DEWI]
    unknown = flask("quarantine", "attach", mail_id, "BKL-26-99999", *words)
    assert (unknown.exit_code, "there is no case BKL-26-99999" in unknown.output) == (1, True)
    assert flask("quarantine", "attach", mail_id, number, *words).output == f"Attached to {number}.\n"
    assert events()[-1].payload["accepted_by"] == "account:1"
    assert mail(int(mail_id)).status == DONE
    with transaction() as session:
        assert session.scalars(select(Complaint.state)).one() == "responded"


@pytest.mark.parametrize("address", ["ina@bengkulukota.example", "nobody@bengkulukota.example"])
def test_only_somebody_of_the_desk_decides(flask: Flasked, clock: FakeClock, address: str) -> None:
    mail_id = str(hold(clock))
    for words in (["open", mail_id], ["discard", mail_id, "--reason", "Iklan"]):
        refused = flask("quarantine", *words, "--as", address)
        assert (refused.exit_code, "is no open account of the desk" in refused.output) == (1, True)
        assert flask("quarantine", *words).exit_code == 2
    assert mail(int(mail_id)).status == QUARANTINED


def test_mails_are_discarded_with_a_reason_and_come_back(flask: Flasked, clock: FakeClock) -> None:
    ids = [str(hold(clock)), str(hold(clock))]
    assert flask("quarantine", "discard", *ids, "--as", DEWI).exit_code == 2
    assert flask("quarantine", "discard", *ids, "--reason", " ", "--as", DEWI).exit_code == 1
    assert flask("quarantine", "discard", *ids, "--reason", "Iklan", "--as", DEWI).output == "2 discarded.\n"
    assert [line["reason"] for line in mail(1).decisions] == ["Iklan"]
    assert mail(1).status == DISCARDED
    assert flask("quarantine", "retry", *ids).output == "2 put back.\n"
    assert mail(1).status == STORED


@pytest.fixture
def dead(directory: Directory) -> list[tuple[int, str]]:
    """Two dead letters of one case: ids and recipients."""
    opened(directory)
    with transaction() as session:
        session.execute(text("UPDATE outbound_mail SET status = 'dead', log = '[{\"words\": \"550 \\u001b[2J no\"}]'"))
        rows = session.execute(select(OutboundMail.id, OutboundMail.to_address).order_by(OutboundMail.id))
        return [tuple(row) for row in rows]


def statuses() -> list[str]:
    """Of all outgoing mail."""
    with transaction() as session:
        return list(session.scalars(select(OutboundMail.status).order_by(OutboundMail.id)))


def test_dead_letters_are_listed_for_people_and_for_programs(flask: Flasked, dead: list[tuple[int, str]]) -> None:
    shown = flask("outbox", "list").output
    assert "550" in shown
    assert "\x1b" not in shown
    only = json.loads(flask("outbox", "list", "--json", "--to", dead[0][1].upper()).output)
    assert [(row["id"], row["to"]) for row in only] == [dead[0]]


def test_dead_letters_go_out_again_by_id_by_recipient_or_all(flask: Flasked, dead: list[tuple[int, str]]) -> None:
    one = flask("outbox", "retry", str(dead[0][0]), "99")
    assert (one.exit_code, one.stdout, "mail 99 is not on the shelf" in one.stderr) == (1, "1 put back.\n", True)
    assert statuses() == ["queued", "dead"]
    assert flask("outbox", "retry", "--to", dead[1][1]).output == "1 put back.\n"
    assert statuses() == ["queued", "queued"]
    assert flask("outbox", "retry", "--all").output == "0 put back.\n"
    for words in ([], ["--all", "1"], ["--all", "--to", "x@y"]):
        assert flask("outbox", "retry", *words).exit_code == 2
