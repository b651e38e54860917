"""Machines that answer us: the exchange ends by itself, whatever they say and whoever they say they are."""

from collections.abc import Callable
from email.message import EmailMessage
from itertools import count

import pytest

from service.agencies.directory import Directory
from service.intake import quarantine, rules
from service.intake.correspondent import STRANGER
from service.mail.message import Message
from service.mail.parse import parse
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.fakes.smtp import FakeSmtp
from tests.intake.road import LAPOR, SARI, SARIS, cases, count_letters, deliver, last_mail, letters, receive
from tests.mails import mail

_numbers = count(1)
Robot = Callable[[Message, int], bytes]
COMPLAINT = "Jalan berlubang di depan pasar Panorama, sudah dua motor jatuh. Mohon segera diperbaiki."
THANKS = "Terima kasih atas surat Anda. Kami akan membalas dalam dua hari kerja. Tiket Anda: {}."


@pytest.fixture
def folder() -> FakeFolder:
    return FakeFolder()


def _reply(letter: Message, sender: str, text: str, subject: str = "", threaded: bool = False) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = sender, LAPOR
    message["Subject"] = subject or f"Re: {letter.subject}"
    message["Message-ID"] = f"<{next(_numbers)}@robot.example>"
    if threaded:
        message["In-Reply-To"] = message["References"] = letter.message_id
    message.set_content(text)
    return message.as_bytes().replace(b"\n", b"\r\n")


def _elsewhere(number: int) -> str:
    return f"mesin@helpdesk-{number}.example"


ROBOTS: dict[str, Robot] = {
    "with all marks": lambda letter, n: (
        b"Auto-Submitted: auto-replied\r\n" + _reply(letter, _elsewhere(n), THANKS.format(n), threaded=True)
    ),
    "with References, from ever new addresses": lambda letter, n: _reply(
        letter, _elsewhere(n), f"Surat ke-{n} diterima.", threaded=True
    ),
    "with our subject alone, from ever new addresses": lambda letter, n: _reply(
        letter, _elsewhere(n), f"Surat ke-{n} sudah kami baca."
    ),
    "quoting us, with a subject of its own": lambda letter, n: _reply(
        letter, _elsewhere(n), f"Tiket {n}.\n\nPesan Anda:\n{letter.text}", subject=f"Tiket {n}"
    ),
    "with no mark but its words": lambda letter, n: _reply(
        letter, _elsewhere(n), THANKS.format(f"{880000 + n}"), subject="Surat diterima"
    ),
    "with ever new words from one domain": lambda letter, n: _reply(
        letter, f"tiket{n}@helpdesk.example", f"Tiket {n} dibuka oleh {n} orang pada hari ke {n}.", subject=f"Tiket {n}"
    ),
    "with ever new words from one address": lambda letter, n: _reply(
        letter, "mesin@helpdesk.example", f"Tiket {n} dibuka oleh {n} orang pada hari ke {n}.", subject=f"Tiket {n}"
    ),
    "with the same words from one address": lambda letter, n: _reply(
        letter, "mesin@helpdesk.example", THANKS.format(880000 + n), subject="Surat diterima"
    ),
    "replying as a person would": lambda letter, n: _reply(
        letter, SARIS, f"Saya sedang cuti sampai tanggal {n}.", threaded=True
    ),
}


@pytest.mark.parametrize("name", ROBOTS)
def test_a_robot_that_answers_every_letter_falls_silent(
    directory: Directory,
    session: Session,
    folder: FakeFolder,
    clock: FakeClock,
    smtp: FakeSmtp,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """A round a minute. The figures of the flood guard are small here, so that few rounds show what they do."""
    for figure in ("FLOOD_PER_HOUR", "DOMAIN_PER_HOUR", "SENDERS_OF_SAME_WORDS", "CASE_PER_HOUR"):
        monkeypatch.setattr(rules, figure, 5)
    receive(folder, clock, mail(SARI, LAPOR, "Jalan rusak", COMPLAINT))
    answered = 0
    agencies = {unit.inbox for unit in directory.units.values()} | {directory.desk.inbox}
    for _ in range(30):
        deliver(smtp)
        letters_to_it = [parse(raw) for recipient, raw in smtp.sent if recipient not in agencies]
        new = letters_to_it[answered:]
        if not new:
            break
        answered = len(letters_to_it)
        clock.advance(minutes=1)
        receive(folder, clock, *(ROBOTS[name](letter, next(_numbers)) for letter in new))
    else:
        pytest.fail("they still write to each other")
    assert answered <= 8


@pytest.mark.parametrize("name", [name for name in ROBOTS if "References" in name or "subject" in name])
def test_what_answers_our_letter_from_elsewhere_dies_after_one_round_and_lies_at_the_desk_with_its_case(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp, name: str
) -> None:
    receive(folder, clock, mail(SARI, LAPOR, "Jalan rusak", COMPLAINT))
    deliver(smtp)
    before = count_letters(session)
    receive(folder, clock, ROBOTS[name](smtp.to(SARIS)[0], next(_numbers)))
    assert count_letters(session) == before
    (case,) = cases(session)
    (held,) = quarantine.waiting(session)
    assert (held.reason, held.complaint_id) == (STRANGER, case.id)


def test_two_machines_that_answer_each_other_through_us_stop(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    receive(folder, clock, mail(SARI, LAPOR, "Jalan rusak", COMPLAINT))
    inbox, answered = directory.by_code["pupr"].inbox, 0
    for _ in range(200):
        deliver(smtp)
        new = [parse(raw) for _, raw in smtp.sent[answered:]]
        if not new:
            break
        answered = len(smtp.sent)
        clock.advance(seconds=1)
        senders = (inbox if inbox in letter.to else SARIS for letter in new)
        receive(
            folder,
            clock,
            *(
                _reply(letter, sender, f"Balasan nomor {next(_numbers)} untuk surat Anda hari ini.", threaded=True)
                for letter, sender in zip(new, senders, strict=True)
            ),
        )
    else:
        pytest.fail("they still write to each other")
    assert count_letters(session) < 60
    assert any("dalam satu pengaduan" in row.reason for row in quarantine.waiting(session))


@pytest.mark.parametrize("sender", ["noreply@portal.example", "MAILER-DAEMON@portal.example"])
def test_who_reads_no_mail_is_sent_none_and_what_he_sent_is_kept(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, sender: str
) -> None:
    receive(folder, clock, mail(sender, LAPOR, "Jalan rusak", COMPLAINT))
    assert letters(session, "acknowledgement") == []
    row = last_mail(session)
    assert row.status in ("done", "quarantined")
    assert row.complaint_id or "server surat" in row.reason


def test_the_null_return_path_is_not_answered(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock, b"Return-Path: <>\r\n" + mail(SARI, LAPOR, "Jalan rusak", COMPLAINT))
    assert len(cases(session)) == 1
    assert letters(session, "acknowledgement") == []


def test_a_portal_that_passes_a_complaint_on_names_the_citizen_in_reply_to(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    raw = mail("Portal <noreply@portal.example>", LAPOR, "Jalan rusak", COMPLAINT, Reply_To=f"{LAPOR}, {SARIS}")
    receive(folder, clock, raw)
    assert [letter.to_address for letter in letters(session, "acknowledgement")] == [SARIS]
