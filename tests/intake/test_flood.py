"""The flood guard: what is too much waits for the desk, with the reason, and nothing is dropped."""

import pytest
from sqlalchemy import func, select

from service.agencies.directory import Directory
from service.intake import quarantine
from service.intake.records import InboundMail
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.intake.road import LAPOR, cases, numbered, receive
from tests.mails import mail


@pytest.fixture
def folder() -> FakeFolder:
    return FakeFolder()


def reasons(session: Session) -> set[str]:
    return {row.reason for row in quarantine.waiting(session)}


def complaint(sender: str, number: int) -> bytes:
    return mail(sender, LAPOR, "Sampah", f"Sampah menumpuk di gang {number} dekat masjid, sudah seminggu lebih.")


def test_a_school_class_of_forty_from_one_domain_is_heard(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock, *(complaint(f"siswa{n}@smp5.sch.example", n) for n in range(40)))
    assert len(cases(session)) == 40


def test_a_domain_that_invents_senders_waits_after_a_hundred(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock, *(complaint(f"orang{n}@banjir.example", n) for n in range(130)))
    assert len(cases(session)) == 101
    assert reasons(session) == {"Lebih dari 100 pengaduan dalam satu jam dari domain banjir.example"}
    assert session.scalar(select(func.count()).select_from(InboundMail)) == 130
    clock.advance(hours=2)
    receive(folder, clock, complaint("lain@banjir.example", 999))
    assert len(cases(session)) == 102


def test_a_provider_where_anyone_may_have_an_address_is_no_domain(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock, *(complaint(sender, n) for n, sender in enumerate(numbered(110))))
    assert len(cases(session)) == 110


def test_the_same_words_from_many_senders_wait_after_twenty(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    words = "Kami menolak pembangunan pasar baru di lapangan Merdeka. Nomor petisi {}."
    receive(
        folder, clock, *(mail(s, LAPOR, f"Petisi {n}", words.format(90000 + n)) for n, s in enumerate(numbered(25)))
    )
    assert len(cases(session)) == 21
    (reason,) = reasons(session)
    assert "kampanye" in reason


def test_flagged_spam_waits_with_the_mark_that_flagged_it(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock, b"X-Spam-Flag: YES\r\n" + complaint("promo@toko.example", 1))
    assert cases(session) == []
    (reason,) = reasons(session)
    assert reason.startswith("Ditandai sebagai spam")
