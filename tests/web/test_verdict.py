"""What Sari may say of an answer and of the work, on the page of her case."""

from collections.abc import Callable

import pytest

from service.complaints.history import events_of, messages_of
from service.complaints.records import Complaint
from service.database import transaction
from service.tables import Document
from service.web.public.parsing import MOST_TEXT
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase, present
from tests.web.test_agency import link

BUTTONS = ("Sudah selesai, tutup pengaduan", "Kirim ke Inspektorat", "Buka kembali</button>")
CLOSE, DISPUTE, REOPEN = BUTTONS
LONG = "x" * (MOST_TEXT + 1)


def kinds(case: Complaint) -> list[str]:
    """What happened to the case, in order."""
    with transaction() as session:
        return [event.kind for event in events_of(session, case)]


def last(case: Complaint) -> tuple[str, str, Document]:
    """The last event: its kind, its actor, its payload."""
    with transaction() as session:
        event = events_of(session, case)[-1]
        return event.kind, event.actor, event.payload


def said(case: Complaint) -> list[str]:
    """All words that were written."""
    with transaction() as session:
        return [message.text for message in messages_of(session, case)]


def answer(browser: Browser, case: Complaint, text: str = "Besok pagi kami tambal.", kind: str = "answer") -> int:
    """The agency answers by the link of its mail; returns the seq of the event."""
    assert browser.post(link(case) + "/jawab", text=text, kind=kind).status_code == 303
    return present(case.number).events


def buttons(browser: Browser, case: Complaint) -> list[str]:
    """Which of the three the page offers."""
    page = browser.get(f"/lacak/{case.token}").text
    return [button for button in BUTTONS if button in page]


def test_the_page_offers_what_is_possible_and_nothing_else(sari: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    assert buttons(sari, case) == []
    answer(sari, case)
    assert buttons(sari, case) == [CLOSE, DISPUTE]
    answer(sari, case, "Sudah ditambal.", kind="resolve")
    assert buttons(sari, case) == [CLOSE, DISPUTE, REOPEN]
    sari.post(f"/lacak/{case.token}/selesai")
    assert buttons(sari, case) == [REOPEN]
    clock.advance(days=31)
    assert buttons(sari, case) == []


def test_an_answer_may_be_disputed_for_ten_days(sari: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    seq = answer(sari, case)
    clock.advance(days=11)
    assert DISPUTE not in buttons(sari, case)
    late = sari.post(f"/lacak/{case.token}/belum-menjawab", response=seq, text="Tidak menyebut kapan.")
    assert late.status_code == 409
    assert "Tidak menyebut kapan." in late.text


def test_a_disputed_answer_goes_to_the_inspector_in_saris_words(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    seq = answer(sari, case)
    page = sari.get(f"/lacak/{case.token}").text
    assert f'name="response" value="{seq}"' in page
    done = sari.post(f"/lacak/{case.token}/belum-menjawab", response=seq, text="Tidak menyebut kapan.")
    assert (done.status_code, done.location) == (303, f"/lacak/{case.token}#riwayat")
    kind, actor, payload = last(case)
    assert (kind, actor, payload["response"]) == ("dispute", "citizen", seq)
    page = sari.get(f"/lacak/{case.token}").text
    assert "Inspektorat memeriksa apakah jawaban itu dihitung." in page
    assert "Inspektorat sedang memeriksa" in page
    assert "Tidak menyebut kapan." in page
    assert buttons(sari, case) == []  # no closing while the inspector looks


def test_of_several_answers_sari_chooses_one(sari: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    first = answer(sari, case)
    clock.advance(hours=1)
    second = answer(sari, case, "Jadwalnya Kamis, oleh regu Pak Anton.")
    address = f"/lacak/{case.token}/belum-menjawab"
    again = sari.post(address, response=second, text=" ")
    assert again.status_code == 422
    assert f'<option value="{second}" selected>' in again.text
    sari.post(address, response=first, text="Tidak menyebut kapan.")
    assert last(case)[2]["response"] == first


@pytest.mark.parametrize("text", ["", " \r\n "])
def test_a_dispute_without_words_is_asked_for_them(sari: Browser, opened: OpenCase, text: str) -> None:
    case = opened()
    seq = answer(sari, case)
    again = sari.post(f"/lacak/{case.token}/belum-menjawab", response=seq, text=text)
    assert again.status_code == 422
    assert "Tuliskan apa yang belum dijawab." in again.text
    assert 'id="belum-menjawab" open>' in again.text
    assert last(case)[0] == "respond"


@pytest.mark.parametrize("act", ["belum-menjawab", "buka-kembali"])
def test_words_that_are_too_many_are_given_back_and_not_cut(sari: Browser, opened: OpenCase, act: str) -> None:
    case = opened()
    seq = answer(sari, case, kind="resolve")
    again = sari.post(f"/lacak/{case.token}/{act}", response=seq, text=LONG)
    assert again.status_code == 422
    assert LONG in again.text
    assert "Terlalu panjang" in again.text
    assert last(case)[0] == "resolve"


@pytest.mark.parametrize("response", ["", "1", "99", "-2", "dua", "9999999", "²"])
def test_only_an_answer_can_be_disputed(sari: Browser, opened: OpenCase, response: str) -> None:
    case = opened()
    answer(sari, case)
    refused = sari.post(f"/lacak/{case.token}/belum-menjawab", response=response, text="Belum dijawab.")
    assert refused.status_code in (400, 409)
    assert last(case)[0] == "respond"


def test_sari_closes_her_case(sari: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    answer(sari, case)
    clock.advance(hours=3)
    assert sari.post(f"/lacak/{case.token}/selesai").status_code == 303
    assert (present(case.number).state, present(case.number).closed_at) == ("closed", clock.instant)
    page = sari.get(f"/lacak/{case.token}").text
    assert "Pengaduan Anda ditutup." in page
    assert "Sudah selesai dan ditutup." in page


@pytest.mark.parametrize(
    ("act", "event"), [("selesai", "close"), ("belum-menjawab", "dispute"), ("buka-kembali", "reopen")]
)
def test_a_second_click_does_nothing_twice(sari: Browser, opened: OpenCase, act: str, event: str) -> None:
    case = opened()
    seq = answer(sari, case, kind="resolve")
    for _ in range(2):
        done = sari.post(f"/lacak/{case.token}/{act}", response=seq, text="Masih berlubang.", seen=seq)
        assert done.status_code == 303
    assert kinds(case) == ["open", "assign", "resolve", event]


@pytest.mark.parametrize("act", ["belum-menjawab", "buka-kembali"])
def test_what_is_said_again_later_is_refused_and_given_back(sari: Browser, opened: OpenCase, act: str) -> None:
    case = opened()
    seq = answer(sari, case, kind="resolve")
    sari.post(f"/lacak/{case.token}/{act}", response=seq, text="Masih berlubang.")
    refused = sari.post(f"/lacak/{case.token}/{act}", response=seq, text="Masih saja berlubang.")
    assert refused.status_code == 409
    assert "Masih saja berlubang." in refused.text


def test_before_an_answer_there_is_nothing_to_close_or_reopen(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    for act in ("selesai", "buka-kembali", "belum-menjawab"):
        refused = sari.post(f"/lacak/{case.token}/{act}", response=1, text="Halo, ini kata-kata saya.")
        assert refused.status_code == 409, act
        assert "Halo, ini kata-kata saya." in refused.text
    assert present(case.number).events == case.events


def test_a_case_reopened_has_a_new_due_time_and_says_so(sari: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    answer(sari, case, "Sudah ditambal.", kind="resolve")
    clock.advance(days=5)
    assert sari.post(f"/lacak/{case.token}/buka-kembali", text="Amblas lagi.").status_code == 303
    after = present(case.number)
    assert (after.state, after.run, after.reopened_at, after.responded_at) == ("assigned", 2, clock.instant, None)
    assert after.due_at > clock.instant
    page = sari.get(f"/lacak/{case.token}").text
    assert "dibuka kembali, dengan batas waktu baru" in page
    assert "Amblas lagi." in page
    assert "Sisa 1 hari" in page


def test_reopening_without_words_is_asked_for_them(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    answer(sari, case, kind="resolve")
    again = sari.post(f"/lacak/{case.token}/buka-kembali", text="  ")
    assert again.status_code == 422
    assert "Tuliskan apa yang belum beres." in again.text
    assert 'id="buka-kembali" open>' in again.text
    assert last(case)[0] == "resolve"


def test_the_agency_reads_that_its_answer_is_disputed_and_that_the_case_is_open_again(
    sari: Browser, opened: OpenCase, browser_of: Callable[[str], Browser]
) -> None:
    case = opened()
    seq = answer(sari, case, "Sudah ditambal.", kind="resolve")
    budi = browser_of("budi")
    sari.post(f"/lacak/{case.token}/belum-menjawab", response=seq, text="Tidak ada yang datang.")
    assert "Pelapor menyatakan belum dijawab" in budi.get(f"/opd/{case.number}").text
    sari.post(f"/lacak/{case.token}/buka-kembali", text="Masih berlubang.")
    assert "Masih berlubang." in budi.get(f"/opd/{case.number}").text


def test_words_of_a_hostile_citizen_are_words(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    seq = answer(sari, case)
    attack = "</textarea><script>alert(1)</script>\x00"
    sari.post(f"/lacak/{case.token}/belum-menjawab", response=seq, text=attack)
    assert said(case)[-1] == attack[:-1]
    assert "<script>alert" not in sari.get(f"/lacak/{case.token}").text
    too_long = sari.post(f"/lacak/{case.token}/belum-menjawab", response=seq, text=attack + LONG)
    assert "<script>alert" not in too_long.text


@pytest.mark.parametrize("act", ["selesai", "buka-kembali", "belum-menjawab"])
def test_nobody_acts_without_the_link(
    sari: Browser, opened: OpenCase, browser_of: Callable[[str], Browser], act: str
) -> None:
    case = opened()
    seq = answer(sari, case, kind="resolve")
    before = present(case.number).events
    for browser in (sari, browser_of("rina"), browser_of("budi")):
        for wrong in (case.number, case.token[:-1], case.token + "x", "%00"):
            for text in ("Saya.", ""):
                assert browser.post(f"/lacak/{wrong}/{act}", response=seq, text=text).status_code == 404, wrong
    assert present(case.number).events == before
