"""From a mail in a folder to an act."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from service.agencies.directory import Directory
from service.complaints.history import messages_of
from service.complaints.records import Complaint
from service.config import settings
from service.database import transaction
from service.intake import correspondent, poll, process, quarantine
from service.intake.records import InboundMail, Mailbox
from service.notifications.links import bounce_address
from service.notifications.render import render
from service.notifications.undelivered import tell_desk
from service.outbox import delivery
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.fakes.smtp import FakeSmtp
from tests.mails import mail

LAPOR = "lapor@bengkulukota.example"
SARI = "Sari Wulandari <sari@warga.example>"
NAME, OWNER = "lapor@imap/INBOX", "test"


@pytest.fixture
def folder() -> FakeFolder:
    return FakeFolder()


def receive(folder: FakeFolder, clock: FakeClock, *raws: bytes | None, first: bool = False) -> None:
    """Deliver mails into the folder, poll it, and process what came."""
    for raw in raws:
        folder.deliver(raw, clock())
    assert poll.take_lease(transaction, NAME, OWNER)
    poll.turn(transaction, folder, NAME, OWNER, first=first)
    while process.turn(transaction):
        pass


def deliver(smtp: FakeSmtp) -> None:
    while delivery.turn(transaction, smtp, render, tell_desk, bounce_address):
        pass


def only_case(session: Session) -> Complaint:
    return session.scalars(select(Complaint)).one()


def test_a_mail_becomes_a_complaint_that_is_acknowledged_and_assigned(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    receive(folder, clock, mail(SARI, LAPOR, "Lampu jalan mati", "Lampu jalan di Jalan Salak padam tiga hari."))
    deliver(smtp)
    case = only_case(session)
    assert case.received_at == clock()
    assert case.reporter_name == "Sari Wulandari"
    acknowledgement = smtp.to("sari@warga.example")[0]
    assert case.number in acknowledgement.subject
    assert f"/lacak/{case.token}" in acknowledgement.text
    assert "Selasa, 24 November 2026 pukul 08.00 WIB" in acknowledgement.text
    assignment = smtp.to(directory.by_code["dishub"].inbox)[0]
    assert "Lampu jalan di Jalan Salak padam tiga hari." in assignment.text
    assert "sari@warga.example" not in str(assignment.headers) + assignment.text
    assert folder.archived == [1]


def test_a_plus_address_names_the_agency(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock, mail(SARI, "lapor+dinkes@bengkulukota.example", "Halo", "Tolong dibantu."))
    assert directory.unit(only_case(session).agency_id).code == "dinkes"


def _answer(directory: Directory, smtp: FakeSmtp, sender: str, words: str, code: str = "pupr") -> bytes:
    assignment = smtp.to(directory.by_code[code].inbox)[0]
    quoted = "\n".join(f"> {line}" for line in assignment.text.splitlines())
    text = f"{words}\n\nPada Sen, 23 Nov 2026 pukul 08.00 Pengaduan <{LAPOR}> menulis:\n{quoted}\n"
    return mail(sender, assignment.reply_to[0], "Re: " + assignment.subject, text, In_Reply_To=assignment.message_id)


@pytest.fixture
def assigned(directory: Directory, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp) -> None:
    """Sari's mail about a road lies with PUPR, and both have their mails."""
    receive(folder, clock, mail(SARI, LAPOR, "Jalan rusak", "Jalan berlubang di depan pasar. Mohon diperbaiki."))
    deliver(smtp)
    assert smtp.to(directory.by_code["pupr"].inbox)


@pytest.mark.usefixtures("assigned")
def test_budi_answers_by_replying_and_sari_gets_his_words_only(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    arrived = clock.advance(hours=3)
    receive(
        folder, clock, _answer(directory, smtp, directory.by_code["pupr"].inbox, "Besok tim kami menambal jalan itu.")
    )
    deliver(smtp)
    case = only_case(session)
    assert (case.state, case.responded_at) == ("responded", arrived)
    answer = smtp.to("sari@warga.example")[-1]
    assert "Besok tim kami menambal jalan itu." in answer.text
    assert "menulis:" not in answer.text
    assert directory.by_code["pupr"].inbox not in answer.text


@pytest.mark.usefixtures("assigned")
def test_saris_reply_goes_back_to_the_agency(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    acknowledgement = smtp.to("sari@warga.example")[0]
    receive(
        folder,
        clock,
        mail(SARI, acknowledgement.reply_to[0], "Re: " + acknowledgement.subject, "Lokasinya dekat masjid."),
    )
    deliver(smtp)
    assert "Lokasinya dekat masjid." in smtp.to(directory.by_code["pupr"].inbox)[-1].text
    assert session.scalar(select(func.count()).select_from(Complaint)) == 1


@pytest.mark.usefixtures("assigned")
def test_rina_of_another_agency_cannot_answer_even_with_the_signed_address(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    receive(folder, clock, _answer(directory, smtp, directory.by_code["dlh"].inbox, "Ini sudah beres."))
    assert only_case(session).state == "assigned"
    assert [row.reason for row in quarantine.waiting(session)] == ["Pengirim adalah alamat OPD lain"]


@pytest.mark.usefixtures("assigned")
def test_a_reply_that_our_server_calls_forged_waits_for_the_desk(
    directory: Directory,
    session: Session,
    folder: FakeFolder,
    clock: FakeClock,
    smtp: FakeSmtp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trusting = replace(settings(), trusted_authserv="mx.kota.example")
    monkeypatch.setattr(correspondent, "settings", lambda: trusting)
    raw = _answer(directory, smtp, directory.by_code["pupr"].inbox, "Sudah beres.")
    receive(folder, clock, b"Authentication-Results: mx.kota.example; dmarc=fail\r\n" + raw)
    assert only_case(session).state == "assigned"
    assert "DMARC" in quarantine.waiting(session)[0].reason


@pytest.mark.usefixtures("assigned")
def test_an_officers_private_address_waits_for_the_desk_and_counts_from_its_arrival(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    arrived = clock.advance(hours=20)
    receive(folder, clock, _answer(directory, smtp, "budi@gmail.com", "Siap, besok kami kerjakan."))
    clock.advance(hours=30)
    with transaction() as other:
        row = quarantine.held(other, quarantine.waiting(other)[0].id)
        number = only_case(other).number
        quarantine.attach(other, directory, row, number, quarantine.ANSWER, "Kami telepon: benar Budi", "account:1")
    case = only_case(session)
    assert case.responded_at == arrived
    assert case.breached_at is None


@pytest.mark.usefixtures("assigned")
def test_an_out_of_office_reply_is_no_answer(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    assignment = smtp.to(directory.by_code["pupr"].inbox)[0]
    raw = mail(
        directory.by_code["pupr"].inbox,
        assignment.reply_to[0],
        "Sedang cuti",
        "Saya sedang cuti.",
        Auto_Submitted="auto-replied",
    )
    receive(folder, clock, raw)
    assert only_case(session).state == "assigned"
    row = session.scalars(select(InboundMail).where(InboundMail.verdict == "auto")).one()
    assert row.complaint_id == only_case(session).id


@pytest.mark.usefixtures("assigned")
def test_a_reply_of_nothing_but_quotation_is_no_answer(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    receive(folder, clock, _answer(directory, smtp, directory.by_code["pupr"].inbox, ""))
    assert only_case(session).state == "assigned"
    assert "kutipan" in quarantine.waiting(session)[0].reason


@pytest.mark.usefixtures("assigned")
def test_bukan_kewenangan_by_mail_returns_the_case_to_the_desk(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    words = "Bukan kewenangan kami, itu jalan nasional."
    receive(folder, clock, _answer(directory, smtp, directory.by_code["pupr"].inbox, words))
    deliver(smtp)
    assert only_case(session).state == "received"
    assert words in smtp.to(directory.desk.inbox)[-1].text


@pytest.mark.usefixtures("assigned")
def test_a_number_in_the_subject_ties_only_a_party_to_the_case(
    session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    number = only_case(session).number
    receive(
        folder, clock, mail("orang@lain.example", LAPOR, f"Re: {number}", "Saya juga mengeluh soal sampah menumpuk.")
    )
    receive(folder, clock, mail(SARI, LAPOR, f"Tanya {number}", "Bagaimana kabarnya?"))
    cases = session.scalars(select(Complaint).order_by(Complaint.id)).all()
    assert len(cases) == 2
    assert [message.author for message in messages_of(session, cases[0])] == ["citizen", "citizen"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "tanpa alamat pengirim"),
        (b"Subject: halo\r\n\r\nTolong", "tanpa alamat pengirim"),
        (b"From: sari@warga.example\r\n\r\n", "tanpa isi"),
        (None, "tidak dapat memberikan isi"),
    ],
)
def test_what_cannot_be_a_complaint_is_kept_where_the_desk_sees_it(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, raw: bytes | None, reason: str
) -> None:
    receive(folder, clock, raw)
    assert reason in quarantine.waiting(session)[0].reason


def test_a_mail_with_nul_bytes_becomes_a_complaint(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock, b"From: sari@warga.example\r\nSubject: Sampah\x00\r\n\r\nSampah menumpuk\x00 di pasar.\r\n")
    assert "\x00" not in only_case(session).subject


def test_a_mail_that_kills_its_worker_ends_in_quarantine(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.deliver(mail(SARI, LAPOR, "Halo", "Isi"), clock())
    poll.take_lease(transaction, NAME, OWNER)
    poll.turn(transaction, folder, NAME, OWNER, first=True)
    monkeypatch.setattr(process, "process", _die)
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            process.turn(transaction)
        session.execute(InboundMail.__table__.update().values(leased_until=None))
        session.commit()
        if session.scalars(select(InboundMail.attempts)).one() == process.MOST_ATTEMPTS:
            break
    process.turn(transaction)
    assert quarantine.waiting(session)[0].reason == "Berulang kali gagal diolah"


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_same_bytes_fetched_twice_are_one_complaint(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    raw = mail(SARI, LAPOR, "Sampah", "Sampah menumpuk di pasar.")
    receive(folder, clock, raw)
    renumbered = FakeFolder(uidvalidity=2)
    renumbered.deliver(raw, clock())
    receive(renumbered, clock)
    only_case(session)


def test_one_mail_to_two_of_our_addresses_is_one_complaint(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    raw = mail(SARI, f"{LAPOR}, lapor+dlh@bengkulukota.example", "Sampah", "Sampah menumpuk di pasar.")
    receive(folder, clock, b"Delivered-To: " + LAPOR.encode() + b"\r\n" + raw)
    receive(folder, clock, b"Delivered-To: lapor+dlh@bengkulukota.example\r\n" + raw)
    only_case(session)


def test_one_mail_to_two_agencies_reaches_both(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    to = "lapor+pupr@bengkulukota.example, lapor+dlh@bengkulukota.example"
    raw = mail(SARI, to, "Drainase", "Sampah menyumbat drainase.")
    receive(folder, clock, b"Delivered-To: lapor+pupr@bengkulukota.example\r\n" + raw)
    receive(folder, clock, b"Delivered-To: lapor+dlh@bengkulukota.example\r\n" + raw)
    holders = [directory.unit(case.agency_id).code for case in session.scalars(select(Complaint))]
    assert sorted(holders) == ["dlh", "pupr"]


def test_what_a_crash_left_in_the_folder_is_archived_at_the_next_connection(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.deliver(mail(SARI, LAPOR, "Sampah", "Sampah menumpuk di pasar."), clock())
    poll.take_lease(transaction, NAME, OWNER)
    monkeypatch.setattr(folder, "archive", _die)
    with pytest.raises(KeyboardInterrupt):
        poll.turn(transaction, folder, NAME, OWNER, first=True)
    monkeypatch.undo()
    receive(folder, clock, first=True)
    assert folder.archived == [1]
    only_case(session)


def test_the_watermark_says_until_when_the_mailbox_was_read(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock)
    assert session.scalars(select(Mailbox)).one().read_until == clock()
    clock.advance(hours=1)
    folder.fault = OSError("network is down")
    folder.deliver(b"x", clock())
    with pytest.raises(OSError, match="network"):
        poll.turn(transaction, folder, NAME, OWNER, first=False)
    session.rollback()
    assert session.scalars(select(Mailbox)).one().read_until == clock() - timedelta(hours=1)


def test_one_poller_reads_a_mailbox_and_the_other_stands_by(app: object) -> None:
    assert poll.take_lease(transaction, NAME, "first")
    assert not poll.take_lease(transaction, NAME, "second")
    poll.give_up_lease(transaction, NAME, "first")
    assert poll.take_lease(transaction, NAME, "second")


def test_a_flood_from_one_sender_waits_for_the_desk(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock, *[mail(SARI, LAPOR, f"Sampah {n}", f"Sampah menumpuk nomor {n}.") for n in range(25)])
    assert session.scalar(select(func.count()).select_from(Complaint)) == 21
    assert len(quarantine.waiting(session)) == 4


@pytest.mark.usefixtures("assigned")
def test_thanks_by_mail_are_passed_on_but_are_no_answer_and_budi_is_told_at_once(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    inbox = directory.by_code["pupr"].inbox
    receive(folder, clock, _answer(directory, smtp, inbox, "Baik Bu, segera kami tindak lanjuti. Terima kasih."))
    deliver(smtp)
    case = only_case(session)
    assert (case.state, case.responded_at) == ("assigned", None)
    assert "segera kami tindak lanjuti" in smtp.to("sari@warga.example")[-1].text
    told = smtp.to(inbox)[-1]
    assert "BELUM DIHITUNG SEBAGAI JAWABAN" in told.text
    row = session.scalars(select(InboundMail).order_by(InboundMail.id.desc())).first()
    assert row is not None
    assert row.reason.endswith("tidak dihitung sebagai jawaban")
    receive(folder, clock, mail(inbox, told.reply_to[0], "Re: " + told.subject, "Besok tim kami menambal jalan itu."))
    session.expire_all()
    assert only_case(session).state == "responded"
