"""Words that do not count, and answers by rote, on the pages."""

from collections.abc import Callable

from service.complaints.history import events_of
from service.complaints.records import Complaint, Event
from service.database import transaction
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase, present
from tests.web.test_agency import link

THANKS = "Terima kasih atas laporannya, segera kami tindak lanjuti."
ROTE = (
    "Petugas kami sudah memeriksa lokasi dan menjadwalkan perbaikan dalam pekan ini sesuai urutan laporan yang masuk."
)


def last_event(case: Complaint) -> Event:
    with transaction() as session:
        event = events_of(session, case)[-1]
        session.expunge(event)
        return event


def test_the_officer_reads_before_sending_that_it_will_not_count(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    answer = sari.post(link(case) + "/jawab", text=THANKS)
    assert answer.status_code == 422
    assert "belum akan dihitung sebagai jawaban" in answer.text
    assert THANKS in answer.text
    assert present(case.number).events == case.events


def test_the_officer_may_send_it_all_the_same(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    assert sari.post(link(case) + "/jawab", text=THANKS, anyway="1").status_code == 303
    assert (last_event(case).kind, present(case.number).state) == ("remark", "assigned")
    page = sari.get(f"/lacak/{case.token}").text
    assert THANKS in page
    assert "tidak dihitung sebagai jawaban" in page


def test_a_question_in_the_answers_place_is_warned_of_and_then_asked(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    assert "Hanya bertanya kepada pelapor" in sari.post(link(case) + "/jawab", text="Di gang mana, Bu?").text
    sari.post(link(case) + "/jawab", text="Di gang mana, Bu?", anyway="1")
    assert last_event(case).kind == "ask"


def test_nobody_is_warned_once_the_case_is_answered(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    sari.post(link(case) + "/jawab", text="Sudah ditambal.")
    assert sari.post(link(case) + "/jawab", text="Sama-sama, Bu.").status_code == 303
    assert last_event(case).kind == "remark"


def test_the_desk_is_warned_too(dewi: Browser, opened: OpenCase) -> None:
    case = opened("Saya bingung harus ke mana.", category="")
    page = dewi.post(f"/meja/kasus/{case.number}/jawab", text="Baik, terima kasih.")
    assert page.status_code == 422
    assert "belum akan dihitung" in page.text
    dewi.post(f"/meja/kasus/{case.number}/jawab", text="Baik, terima kasih.", anyway="1")
    assert (last_event(case).kind, present(case.number).state) == ("remark", "received")


def test_the_inspector_lets_words_count(
    sari: Browser, opened: OpenCase, browser_of: Callable[[str], Browser], clock: FakeClock
) -> None:
    case = opened()
    sari.post(link(case) + "/jawab", text=THANKS, anyway="1")
    at = clock()
    clock.advance(hours=3)
    ina, seq = browser_of("ina"), last_event(case).seq
    assert "Nyatakan terhitung" in ina.get(f"/meja/kasus/{case.number}").text
    address = f"/kota/terhitung/{case.number}/{seq}"
    ina.post(address, reason=" ")
    assert present(case.number).state == "assigned"
    ina.post(address, reason="Pelapor tahu yang dimaksud.")
    assert (present(case.number).state, present(case.number).responded_at) == ("responded", at)
    assert (
        "Tidak jadi"
        in ina.open(
            address, method="POST", data={"csrf_token": ina.token(), "reason": "Lagi."}, follow_redirects=True
        ).text
    )
    assert "Pelapor tahu yang dimaksud." in sari.get(link(case)).text
    assert "Pelapor tahu yang dimaksud." not in sari.get(f"/lacak/{case.token}").text


def test_only_the_inspector_sees_the_button(dewi: Browser, sari: Browser, opened: OpenCase) -> None:
    case = opened()
    sari.post(link(case) + "/jawab", text=THANKS, anyway="1")
    assert "Nyatakan terhitung" not in dewi.get(f"/meja/kasus/{case.number}").text


def test_head_and_inspector_see_alike_answers_side_by_side(
    sari: Browser, opened: OpenCase, browser_of: Callable[[str], Browser], clock: FakeClock
) -> None:
    first, second = opened(), opened("Lubang di Jalan Salak.", reporter_email="tono@contoh.example")
    sari.post(link(first) + "/jawab", text=ROTE)
    clock.advance(hours=1)
    sari.post(link(second) + "/jawab", text=ROTE + " Hubungi 081277889900.")
    assert present(second.number).state == "responded"
    for reader, address in (("hendra", "/opd/mirip"), ("ina", "/kota/mirip")):
        page = browser_of(reader).get(address).text
        for words in (first.number, second.number, "% sama", "nomor telepon disamarkan"):
            assert words in page
    assert f"dengan jawaban atas {first.number}" in browser_of("budi").get(f"/opd/{second.number}").text
    assert first.number not in sari.get(f"/lacak/{second.token}").text


def test_a_head_sees_only_what_the_own_agency_said(
    sari: Browser, opened: OpenCase, browser_of: Callable[[str], Browser], clock: FakeClock
) -> None:
    for text in ("Sampah menumpuk.", "Sampah berserakan."):
        case = opened(text, category="sampah")
        sari.post(link(case) + "/jawab", text=ROTE)
        clock.advance(hours=1)
    assert "Tidak ada jawaban yang mirip" in browser_of("hendra").get("/opd/mirip").text
    assert "% sama" in browser_of("ina").get("/kota/mirip").text
