"""How a due time came about, for each who may ask."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from service.agencies.directory import Directory
from service.casework.ask import ask
from service.casework.assign import assign
from service.casework.cases import locked
from service.casework.decline import decline
from service.casework.dispute import dispute
from service.casework.follow_up import follow_up
from service.casework.reject import reject
from service.casework.reopen import reopen
from service.casework.respond import respond
from service.casework.uphold import uphold
from service.complaints.history import events_of
from service.complaints.records import Complaint
from service.database import db, transaction
from service.deadlines import rules
from service.notifications.links import agency_token
from tests.casework.test_acts import sweep_all
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase


def late_case(directory: Directory, opened: OpenCase, clock: FakeClock) -> Complaint:
    """PUPR keeps it for twenty hours and sends it back; the desk gives it to DLH; nobody answers."""
    case = opened()
    clock.advance(hours=20)
    with transaction() as session:
        decline(session, directory, locked(session, case.id), reason="Jalan provinsi.", actor="agency:pupr")
    clock.advance(hours=1)
    with transaction() as session:
        unit = directory.by_code["dlh"]
        assign(session, directory, locked(session, case.id), unit, reason="Rahasia antarkantor.", actor="system")
    clock.advance(hours=4)
    sweep_all()
    return case


def test_the_desk_sees_who_held_it_how_long_and_why_it_is_accountable(
    directory: Directory, opened: OpenCase, clock: FakeClock, dewi: Browser
) -> None:
    case = late_case(directory, opened, clock)
    page = dewi.get(f"/meja/kasus/{case.number}/waktu").text
    assert "Selasa, 24 November 2026 pukul 08.00.00 WIB" in page
    assert "24 jam, semua jam dihitung" in page
    assert "karena paling lama memegang kasus sampai batas" in page
    assert "20 jam" in page
    assert "saat formulir tiba, menurut jam server" in page
    assert "14 hari kerja; hari pengaduan masuk tidak dihitung" in page
    assert "tidak sama dengan batas yang tersimpan" not in page


def test_the_citizen_reads_the_same_times_without_words_between_offices(
    directory: Directory, opened: OpenCase, clock: FakeClock, sari: Browser
) -> None:
    case = late_case(directory, opened, clock)
    page = sari.get(f"/lacak/{case.token}/waktu").text
    assert "Selasa, 24 November 2026 pukul 08.00.00 WIB" in page
    assert "Rahasia antarkantor" not in page
    assert sari.get("/lacak/salah/waktu").status_code == 404


def test_an_agency_sees_all_that_is_written_to_it_and_else_only_its_own_time(
    directory: Directory, opened: OpenCase, clock: FakeClock, browser_of: Callable[[str], Browser]
) -> None:
    case = late_case(directory, opened, clock)
    holder, accountable = browser_of("rina"), browser_of("hendra")
    for browser in (holder, accountable):
        page = browser.get(f"/opd/{case.number}/waktu").text
        assert "tercatat di sini" in page
        assert "Dinas Lingkungan Hidup" in page
    other = opened("Trotoar amblas.")
    with transaction() as session:
        decline(session, directory, locked(session, other.id), reason="Bukan kami.", actor="agency:pupr")
    clock.advance(hours=1)
    with transaction() as session:
        unit = directory.by_code["inspektorat"]
        assign(session, directory, locked(session, other.id), unit, reason="Aduan aparatur.", actor="system")
    page = accountable.get(f"/opd/{other.number}/waktu").text
    assert unit.name not in page
    assert holder.get(f"/opd/{other.number}/waktu").status_code == 404


def test_the_link_of_a_mail_opens_it_and_the_leader_may_look(
    opened: OpenCase, sari: Browser, browser_of: Callable[[str], Browser]
) -> None:
    case = opened(confidential=True)
    assert "Batas jawaban" in sari.get(f"/opd/kasus/{agency_token(case.id, case.agency_id)}/waktu").text
    page = browser_of("arif").get(f"/meja/kasus/{case.number}/waktu").text
    assert "Batas jawaban" in page
    assert "SDN 20" not in page


def test_waits_and_a_reopened_run_are_told(
    directory: Directory, opened: OpenCase, clock: FakeClock, dewi: Browser
) -> None:
    case = opened()
    with transaction() as session:
        ask(session, directory, locked(session, case.id), text="Di RT berapa?", arrived_at=clock(), actor="agency:pupr")
    clock.advance(days=2)
    with transaction() as session:
        follow_up(session, directory, locked(session, case.id), text="RT 4.", at=clock())
    page = dewi.get(f"/meja/kasus/{case.number}/waktu").text
    assert "ditambah 2 hari kerja menunggu balasan pelapor" in page
    assert "Menunggu balasan pelapor atas pertanyaan Dinas Pekerjaan Umum" in page
    assert "tidak sama dengan batas yang tersimpan" not in page
    with transaction() as session:
        reject(session, directory, locked(session, case.id), reason="Sudah ditangani.", actor="account:1")
    clock.advance(days=1)
    with transaction() as session:
        reopen(session, directory, locked(session, case.id), text="Belum!", at=clock(), actor="citizen")
    page = dewi.get(f"/meja/kasus/{case.number}/waktu").text
    assert "Sejak dibuka kembali (putaran 2)" in page
    assert "tidak sama dengan batas yang tersimpan" not in page


def test_what_a_voided_answer_held_up_was_not_sent_and_the_answer_counts_no_more(
    directory: Directory, opened: OpenCase, clock: FakeClock, sari: Browser
) -> None:
    case = opened()
    clock.advance(hours=2)
    with transaction() as session:
        text = "Kami tambal besok."
        respond(session, directory, locked(session, case.id), text=text, arrived_at=clock(), actor="agency:pupr")
    assert '<li class="answer">' in sari.get(f"/lacak/{case.token}").text
    clock.advance(hours=48)
    with transaction() as session:
        changing = locked(session, case.id)
        answer = next(event.seq for event in events_of(session, changing) if event.kind == "respond")
        dispute(session, directory, changing, response=answer, text="Belum menjawab.", at=clock())
    with transaction() as session:
        uphold(session, directory, locked(session, case.id), reason="Hanya basa-basi.", actor="account:1")
    sweep_all()
    page = sari.get(f"/lacak/{case.token}/waktu").text
    assert "menunggu semua surat masuk terbaca" not in page
    assert page.count("tidak dikirim") == 4  # three reminders and the first report
    assert '<li class="answer">' not in sari.get(f"/lacak/{case.token}").text


def test_a_due_time_that_is_not_the_explained_one_is_said(
    opened: OpenCase, dewi: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = opened()
    monkeypatch.setattr(
        "service.deadlines.explain.due_at", lambda *facts: rules.due_at(*facts) + rules.timedelta(hours=1)
    )
    assert "tidak sama dengan batas yang tersimpan" in dewi.get(f"/meja/kasus/{case.number}/waktu").text


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_the_page_asks_as_often_for_a_long_history_as_for_a_short_one(
    app: Flask, directory: Directory, opened: OpenCase, clock: FakeClock, sari: Browser
) -> None:
    case = opened()
    address = f"/lacak/{case.token}/waktu"
    sari.get(address)
    with counted_queries() as short:
        sari.get(address)
    for number in range(30):
        clock.advance(minutes=10)
        with transaction() as session:
            locked_case = locked(session, case.id)
            text = f"Sudah ada petugas ke lokasi, laporan ke-{number}."
            respond(session, directory, locked_case, text=text, arrived_at=clock(), actor=f"account:{number}")
            follow_up(session, directory, locked_case, text="Terima kasih.", at=clock())
    with counted_queries() as long:
        assert sari.get(address).status_code == 200
    assert len(long) <= len(short) + 1  # whose accounts those were
    assert len(long) <= 8
