"""Mails that share a transaction: as if each had come alone."""

import pytest
from sqlalchemy import func, select

from service.agencies.directory import Directory
from service.complaints.history import events_of, faults_of
from service.complaints.records import Complaint
from service.database import transaction
from service.intake import poll, process, quarantine
from service.intake.records import DONE, IGNORED, STORED, InboundMail
from service.mail.message import Message
from service.mail.parse import parse
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


def store(clock: FakeClock, *raws: bytes, uidvalidity: int = 1) -> None:
    """Have these mails read into the database."""
    folder = FakeFolder(uidvalidity)
    for raw in raws:
        folder.deliver(raw, clock())
    assert poll.take_lease(transaction, NAME, OWNER)
    poll.turn(transaction, folder, NAME, OWNER, first=True)


def citizens(count: int) -> list[bytes]:
    """Complaints of as many different citizens."""
    return [
        mail(f"warga{n}@warga.example", LAPOR, f"Sampah {n}", f"Sampah menumpuk di gang {n}.") for n in range(count)
    ]


def stumble(monkeypatch: pytest.MonkeyPatch, word: bytes, error: type[BaseException]) -> None:
    """Have the reading of a mail that holds `word` raise."""

    def read(raw: bytes) -> Message:
        if word in raw:
            raise error
        return parse(raw)

    monkeypatch.setattr(process, "parse", read)


def test_one_that_fails_is_left_and_the_others_become_complaints(
    directory: Directory, session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(clock, *citizens(5))
    stumble(monkeypatch, b"gang 2.", ValueError)
    assert process.turn(transaction) == 5
    assert session.scalar(select(func.count()).select_from(Complaint)) == 4
    failed = session.scalars(select(InboundMail).where(InboundMail.status == STORED)).one()
    assert failed.attempts == 1


def test_one_that_kills_its_worker_takes_no_other_along(
    directory: Directory, session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(clock, *citizens(5))
    stumble(monkeypatch, b"gang 2.", KeyboardInterrupt)
    for _ in range(20):
        try:
            if not process.turn(transaction):
                break
        except KeyboardInterrupt:
            session.execute(InboundMail.__table__.update().values(leased_until=None))
            session.commit()
    assert session.scalar(select(func.count()).select_from(Complaint)) == 4
    assert [row.subject for row in quarantine.waiting(session)] == [""]
    assert quarantine.waiting(session)[0].reason == "Berulang kali gagal diolah"


def test_two_answers_to_one_case_both_stand_in_its_history(
    directory: Directory, session: Session, clock: FakeClock, smtp: FakeSmtp
) -> None:
    store(clock, mail(SARI, LAPOR, "Jalan rusak", "Jalan berlubang di depan pasar."))
    process.turn(transaction)
    while delivery.turn(transaction, smtp, render, tell_desk, bounce_address):
        pass
    inbox = directory.by_code["pupr"].inbox
    address = smtp.to(inbox)[0].reply_to[0]
    answers = [mail(inbox, address, "Re: Jalan rusak", words) for words in ("Kami survei besok.", "Sudah ditambal.")]
    store(clock, *answers, *citizens(3), uidvalidity=2)
    process.turn(transaction)
    case = session.scalars(select(Complaint).where(Complaint.reporter_email == "sari@warga.example")).one()
    events = events_of(session, case)
    assert [event.kind for event in events] == ["open", "assign", "respond", "respond"]
    assert list(faults_of(case.number, events)) == []
    assert session.scalar(select(func.count()).select_from(Complaint)) == 4


def test_one_mail_to_two_of_our_addresses_is_one_complaint(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    raw = mail(SARI, f"{LAPOR}, lapor+dlh@bengkulukota.example", "Sampah", "Sampah menumpuk di pasar.")
    both = (b"Delivered-To: " + address + b"\r\n" + raw for address in (LAPOR.encode(), b"petugas@lain.example"))
    store(clock, *both, *citizens(2))
    assert process.turn(transaction) == 4
    assert session.scalar(select(func.count()).select_from(Complaint)) == 3
    states = session.scalars(select(InboundMail.status).where(InboundMail.sender == "sari@warga.example"))
    assert sorted(states) == [DONE, IGNORED]


def test_many_of_different_citizens_are_written_together(
    directory: Directory, session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(clock, *citizens(6))
    alone: list[int] = []
    monkeypatch.setattr(process, "_one", lambda _transaction, _directory, mail_id: alone.append(mail_id))
    process.turn(transaction)
    assert alone == []
    assert session.scalar(select(func.count()).select_from(Complaint)) == 6
