"""A citizen follows the case."""

import io

from service.agencies.directory import Directory
from service.casework.cases import locked
from service.casework.decline import decline
from service.casework.respond import respond
from service.complaints.history import messages_of
from service.database import transaction
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase, present
from tests.web.test_form import photo


def answer(directory: Directory, case_id: int, text: str, clock: FakeClock) -> None:
    """The holder answers."""
    with transaction() as session:
        case = locked(session, case_id)
        assert case
        respond(session, directory, case, text=text, arrived_at=clock(), actor="agency:pupr")


def test_the_page_says_in_words_how_the_case_stands(sari: Browser, opened: OpenCase) -> None:
    page = sari.get(f"/lacak/{opened().token}").text
    assert "Sedang ditangani oleh Dinas Pekerjaan Umum dan Penataan Ruang." in page
    assert "Sisa 1 hari" in page
    assert "Jalan depan SDN 20 berlubang." in page


def test_an_answer_is_shown_with_whether_the_promise_was_kept(
    sari: Browser, opened: OpenCase, directory: Directory, clock: FakeClock
) -> None:
    case = opened()
    clock.advance(hours=5)
    answer(directory, case.id, "Besok kami tambal.", clock)
    page = sari.get(f"/lacak/{case.token}").text
    assert "Besok kami tambal." in page
    assert "Dijawab dalam 5 jam" in page


def test_a_late_case_is_called_late(sari: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    clock.advance(hours=27)
    assert "Terlambat 3 jam" in sari.get(f"/lacak/{case.token}").text


def test_what_offices_tell_each_other_is_not_for_the_citizen(
    sari: Browser, opened: OpenCase, directory: Directory
) -> None:
    case = opened()
    with transaction() as session:
        row = locked(session, case.id)
        assert row
        decline(session, directory, row, reason="Hubungi Pak Joko di BPJN.", actor="agency:pupr")
    page = sari.get(f"/lacak/{case.token}").text
    assert "menyatakan ini bukan kewenangannya" in page
    assert "Pak Joko" not in page


def test_the_citizen_writes_again_with_a_photo(sari: Browser, opened: OpenCase, session: Session) -> None:
    case = opened()
    files = [(io.BytesIO(photo()), "lagi.jpg")]
    assert sari.post(f"/lacak/{case.token}", text="Makin dalam lubangnya.", files=files).status_code == 303
    page = sari.get(f"/lacak/{case.token}").text
    assert "Makin dalam lubangnya." in page
    assert "<img" in page


def test_a_second_click_writes_once_and_a_second_message_twice(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    for seen in (case.events, case.events):
        sari.post(f"/lacak/{case.token}", text="Halo?", seen=seen)
    with transaction() as session:
        assert [m.text for m in messages_of(session, case)][1:] == ["Halo?"]
    sari.post(f"/lacak/{case.token}", text="Halo?", seen=present(case.number).events)
    with transaction() as session:
        assert [m.text for m in messages_of(session, case)][1:] == ["Halo?", "Halo?"]


def test_an_empty_message_comes_back_with_a_sentence(sari: Browser, opened: OpenCase) -> None:
    answer = sari.post(f"/lacak/{opened().token}", text=" ")
    assert answer.status_code == 422
    assert "Tuliskan pesan Anda" in answer.text


def test_a_file_is_a_download_of_its_own_case_only(sari: Browser, opened: OpenCase) -> None:
    mine, other = opened(), opened(text="Lampu jalan mati.", category="pju")
    sari.post(f"/lacak/{mine.token}", text="Foto.", files=[(io.BytesIO(photo()), "a.jpg")])
    answer = sari.get(f"/lacak/{mine.token}/berkas/1")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert sari.get(f"/lacak/{other.token}/berkas/1").status_code == 404


def test_the_number_alone_opens_nothing(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    assert sari.get(f"/lacak/{case.number}").status_code == 404
    assert sari.get("/lacak").status_code == 200
