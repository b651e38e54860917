"""What an officer's words may be: an answer, a question, a report that the work is done. By the link, and signed in."""

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from service.agencies.directory import Directory
from service.complaints.history import events_of
from service.complaints.records import Complaint
from service.database import transaction
from service.pacts import registry
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase, present
from tests.web.test_agency import link, move
from tests.web.test_form import photo
from tests.web.test_verdict import last

QUESTION, DONE = "Lubangnya di sebelah mana gerbang sekolah?", "Lubang sudah ditambal pagi ini."


@pytest.fixture(params=["by the link", "signed in"])
def desk_of_budi(
    request: pytest.FixtureRequest, sari: Browser, browser_of: Callable[[str], Browser]
) -> Callable[[Complaint], tuple[Browser, str]]:
    """Budi's browser and the address of the case's page: he came by the mail's link, or he signed in."""
    if request.param == "signed in":
        return lambda case: (browser_of("budi"), f"/opd/{case.number}")
    return lambda case: (sari, link(case))


Place = Callable[[Complaint], tuple[Browser, str]]


def chosen(page: str) -> list[str]:
    """Which of the three kinds is ticked."""
    return re.findall(r'name="kind" value="(\w+)" checked', page)


def test_the_page_offers_three_kinds_with_the_answer_ticked(desk_of_budi: Place, opened: OpenCase) -> None:
    browser, home = desk_of_budi(opened())
    page = browser.get(home).text
    assert re.findall(r'name="kind" value="(\w+)"', page) == ["answer", "resolve", "ask"]
    assert chosen(page) == ["answer"]


def test_a_question_reaches_sari_and_leaves_the_promise_running(
    desk_of_budi: Place, sari: Browser, opened: OpenCase, clock: FakeClock
) -> None:
    case = opened()
    browser, home = desk_of_budi(case)
    clock.advance(hours=2)
    assert browser.post(home + "/jawab", kind="ask", text=QUESTION).status_code == 303
    after = present(case.number)
    assert (after.state, after.responded_at, after.asked_at) == ("assigned", None, clock.instant)
    assert last(case)[2]["counts"] is False
    page = browser.get(home).text
    assert "Pertanyaan sudah dikirim kepada pelapor." in page
    assert "menunggu balasan pelapor" in page
    page = sari.get(f"/lacak/{case.token}").text
    assert QUESTION in page
    assert "menunggu keterangan dari Anda" in page
    assert "Sisa 22 jam" in page


def test_saris_reply_ends_the_wait(desk_of_budi: Place, sari: Browser, opened: OpenCase) -> None:
    case = opened()
    browser, home = desk_of_budi(case)
    browser.post(home + "/jawab", kind="ask", text=QUESTION)
    sari.post(f"/lacak/{case.token}", text="Sebelah kiri gerbang.")
    assert present(case.number).asked_at is None
    page = browser.get(home).text
    assert "Sebelah kiri gerbang." in page
    assert "menunggu balasan pelapor" not in page


def test_work_reported_done_is_the_answer_too_and_sari_is_asked(
    desk_of_budi: Place, sari: Browser, opened: OpenCase, clock: FakeClock
) -> None:
    case = opened()
    browser, home = desk_of_budi(case)
    clock.advance(hours=2)
    files = [(io.BytesIO(photo()), "selesai.jpg")]
    assert browser.post(home + "/jawab", kind="resolve", text=DONE, files=files).status_code == 303
    after = present(case.number)
    assert (after.state, after.responded_at, after.resolved_at) == ("resolved", clock.instant, clock.instant)
    page = browser.get(home).text
    assert "Pelapor sudah diberi tahu bahwa pekerjaan selesai." in page
    assert chosen(page) == []  # nothing is asked or finished any more; a word may still be added
    page = sari.get(f"/lacak/{case.token}").text
    assert "Benarkah?" in page
    assert DONE in page


def test_the_event_says_who_wrote(opened: OpenCase, sari: Browser, browser_of: Callable[[str], Browser]) -> None:
    first, second = opened(), opened("Aspal terkelupas di Jalan Salak.")
    sari.post(link(first) + "/jawab", kind="resolve", text=DONE)
    browser_of("budi").post(f"/opd/{second.number}/jawab", kind="ask", text=QUESTION)
    assert last(first)[:2] == ("resolve", "agency:pupr")
    assert last(second)[0] == "ask"
    assert last(second)[1].startswith("account:")


@pytest.mark.parametrize("kind", ["answer", "ask", "resolve"])
def test_empty_words_of_any_kind_are_asked_for_and_the_kind_stays(
    desk_of_budi: Place, opened: OpenCase, kind: str
) -> None:
    case = opened()
    browser, home = desk_of_budi(case)
    again = browser.post(home + "/jawab", kind=kind, text=" \n ")
    assert again.status_code == 422
    assert "Tuliskan jawaban untuk warga." in again.text
    assert chosen(again.text) == [kind]
    assert present(case.number).events == case.events


@pytest.mark.parametrize("kind", ["ask", "resolve"])
def test_words_and_kind_stay_when_a_file_is_refused(desk_of_budi: Place, opened: OpenCase, kind: str) -> None:
    case = opened()
    browser, home = desk_of_budi(case)
    again = browser.post(home + "/jawab", kind=kind, text=DONE, files=[(io.BytesIO(b"MZ"), "x.exe")])
    assert again.status_code == 422
    assert DONE in again.text
    assert chosen(again.text) == [kind]


def test_a_kind_that_nobody_knows_is_an_answer(desk_of_budi: Place, opened: OpenCase) -> None:
    case = opened()
    browser, home = desk_of_budi(case)
    browser.post(home + "/jawab", kind="<b>", text="Besok pagi kami tambal.")
    assert last(case)[0] == "respond"


@pytest.mark.parametrize("kind", ["ask", "resolve"])
def test_a_second_click_says_it_once(desk_of_budi: Place, opened: OpenCase, kind: str) -> None:
    case = opened()
    browser, home = desk_of_budi(case)
    for _ in range(2):
        assert browser.post(home + "/jawab", kind=kind, text=DONE, seen=case.events).status_code == 303
    with transaction() as session:
        assert [event.kind for event in events_of(session, case)] == ["open", "assign", kind]


@pytest.mark.parametrize("kind", ["ask", "resolve"])
def test_a_closed_case_takes_no_question_and_no_report_and_gives_the_words_back(
    desk_of_budi: Place, sari: Browser, opened: OpenCase, kind: str
) -> None:
    case = opened()
    browser, home = desk_of_budi(case)
    browser.post(home + "/jawab", kind="resolve", text=DONE)
    sari.post(f"/lacak/{case.token}/selesai")
    refused = browser.post(home + "/jawab", kind=kind, text=QUESTION)
    assert refused.status_code == 409
    assert QUESTION in refused.text


@pytest.mark.parametrize("kind", ["ask", "resolve"])
def test_other_agencies_officials_and_strangers_write_nothing(
    sari: Browser,
    opened: OpenCase,
    browser_of: Callable[[str], Browser],
    directory: Directory,
    kind: str,
) -> None:
    case = opened()
    address = f"/opd/{case.number}/jawab"
    assert browser_of("rina").post(address, kind=kind, text=DONE).status_code == 404
    for name in ("arif", "ina", "dewi", "fajar"):
        assert browser_of(name).post(address, kind=kind, text=DONE).status_code == 403, name
    stranger = sari.post(address, kind=kind, text=DONE)
    assert (stranger.status_code, stranger.location) == (303, "/masuk")
    assert sari.post(link(case) + "x/jawab", kind=kind, text=DONE).status_code == 404
    assert sari.post(link(case, directory.by_code["dlh"].id) + "/jawab", kind=kind, text=DONE).status_code == 404
    assert present(case.number).events == case.events


@pytest.mark.parametrize("kind", ["ask", "resolve"])
def test_who_passed_the_case_on_writes_nothing_more(
    desk_of_budi: Place, opened: OpenCase, directory: Directory, kind: str
) -> None:
    case = opened()
    browser, home = desk_of_budi(case)
    move(directory, case, "dlh")
    assert browser.post(home + "/jawab", kind=kind, text=DONE).status_code == 409
    assert last(case)[0] == "assign"


def test_where_the_pact_counts_a_question_the_page_says_so(
    desk_of_budi: Place, opened: OpenCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = opened()
    browser, home = desk_of_budi(case)
    assert "Batas waktu jawaban tetap berjalan." in browser.get(home).text
    by_id = registry.by_id
    monkeypatch.setattr(registry, "by_id", lambda *found: replace(by_id(*found), question_counts=True))
    assert "Menurut pakta dihitung sebagai jawaban." in browser.get(home).text
    browser.post(home + "/jawab", kind="ask", text=QUESTION)
    assert last(case)[2]["counts"] is True
    assert present(case.number).responded_at is not None
