"""Officers at their cases: by the link of a mail, and signed in."""

import io
from collections.abc import Callable

import pytest
from sqlalchemy import select

from service.agencies.directory import Directory
from service.casework.assign import assign
from service.casework.cases import locked
from service.casework.follow_up import follow_up
from service.complaints.history import events_of, messages_of
from service.complaints.records import Complaint
from service.database import transaction
from service.notifications.links import agency_token
from service.outbox.records import OutboundMail
from tests.casework.test_acts import sweep_all
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase, present
from tests.web.test_form import photo

SECRETS = ("sari@contoh.example", "0812", "1771012345670001", "7788")


def link(case: Complaint, agency_id: int | None = None) -> str:
    """The address in the assignment mail."""
    return f"/opd/kasus/{agency_token(case.id, agency_id or case.agency_id)}"


def move(directory: Directory, case: Complaint, code: str) -> None:
    """The desk gives the case to another agency."""
    with transaction() as session:
        row = locked(session, case.id)
        assert row
        assign(session, directory, row, directory.by_code[code], reason="Urusan dinas lain", actor="account:1")


def test_the_link_shows_the_case_and_does_nothing(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    page = sari.get(link(case))
    assert page.status_code == 200
    assert "Jalan depan SDN 20 berlubang." in page.text
    assert "Sisa 1 hari" in page.text
    assert present(case.number).events == case.events


def test_an_answer_by_the_link_goes_to_the_citizen_and_stops_the_clock(
    sari: Browser, opened: OpenCase, clock: FakeClock
) -> None:
    case = opened()
    clock.advance(hours=2)
    files = [(io.BytesIO(photo()), "selesai.jpg")]
    assert sari.post(link(case) + "/jawab", text="Sudah ditambal.", files=files).status_code == 303
    after = present(case.number)
    assert (after.state, after.responded_at) == ("responded", clock.instant)
    with transaction() as session:
        assert session.scalars(select(OutboundMail.kind).where(OutboundMail.kind == "answer")).all() == ["answer"]
        assert events_of(session, after)[-1].actor == "agency:pupr"


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_answer_does_not_count(sari: Browser, opened: OpenCase, text: str) -> None:
    case = opened()
    assert sari.post(link(case) + "/jawab", text=text).status_code == 422
    assert present(case.number).state == "assigned"


def test_an_answer_is_kept_on_the_page_when_its_file_is_refused(sari: Browser, opened: OpenCase) -> None:
    answer = sari.post(link(opened()) + "/jawab", text="Sudah ditambal.", files=[(io.BytesIO(b"MZ"), "x.exe")])
    assert answer.status_code == 422
    assert "Sudah ditambal." in answer.text


def test_a_second_click_answers_once(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    for _ in range(2):
        sari.post(link(case) + "/jawab", text="Sudah ditambal.", seen=case.events)
    with transaction() as session:
        assert len(messages_of(session, case)) == 2


def test_a_case_that_is_not_ours_goes_back_to_the_desk(sari: Browser, opened: OpenCase) -> None:
    case = opened()
    assert sari.post(link(case) + "/bukan", reason="").status_code == 422
    assert sari.post(link(case) + "/bukan", reason="Ini jalan nasional.").status_code == 303
    assert (present(case.number).state, present(case.number).agency_id) == ("received", None)


def test_an_agency_reads_no_contact_and_no_identity_numbers(
    sari: Browser, opened: OpenCase, browser_of: Callable[[str], Browser]
) -> None:
    case = opened(
        text="Jalan rusak. NIK saya 1771012345670001, HP 0812-7788-9900.",
        place="RT 04, hubungi 081277889900",
        reporter_phone="081277889900",
    )
    budi = browser_of("budi")
    for page in (sari.get(link(case)).text, budi.get(f"/opd/{case.number}").text, budi.get("/opd").text):
        assert [secret for secret in SECRETS if secret in page] == []
    assert "Sari Wulandari" in sari.get(link(case)).text


def test_an_anonymous_reporter_has_no_name_before_an_agency(
    sari: Browser, opened: OpenCase, browser_of: Callable[[str], Browser]
) -> None:
    case = opened(anonymous=True)
    sari.post(f"/lacak/{case.token}", text="Foto.", files=[(io.BytesIO(photo()), "KTP Sari Wulandari.jpg")])
    budi = browser_of("budi")
    for page in (sari.get(link(case)), budi.get(f"/opd/{case.number}"), budi.get("/opd")):
        assert "Wulandari" not in page.text
    file = sari.get(link(case) + "/berkas/1")
    assert file.status_code == 200
    assert "Sari" not in file.headers["Content-Disposition"]


def test_who_passed_a_case_on_reads_what_was_until_then_and_cannot_act(
    sari: Browser, opened: OpenCase, directory: Directory, clock: FakeClock
) -> None:
    case = opened()
    old = link(case)
    move(directory, case, "inspektorat")
    with transaction() as session:
        row = locked(session, case.id)
        assert row
        follow_up(session, directory, row, text="Kadis PUPR minta uang.", at=clock())
    page = sari.get(old).text
    assert "tidak lagi dipegang" in page
    assert "Kadis PUPR minta uang." not in page
    assert sari.post(old + "/jawab", text="Sudah.").status_code == 409
    assert sari.post(old + "/bukan", reason="Bukan.").status_code == 409
    assert "Kadis PUPR minta uang." in sari.get(link(present(case.number))).text


def test_what_was_typed_is_given_back_when_the_case_has_moved(
    sari: Browser, opened: OpenCase, directory: Directory
) -> None:
    case = opened()
    old = link(case)
    move(directory, case, "dlh")
    assert "Jawaban panjang kami." in sari.post(old + "/jawab", text="Jawaban panjang kami.").text


def test_an_old_or_forged_link_gets_a_clear_page(sari: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    address = link(case)
    assert sari.get(address + "x").status_code == 404
    clock.advance(days=91)
    answer = sari.get(address)
    assert answer.status_code == 404
    assert "Tautan tidak berlaku" in answer.text


def test_the_desks_link_leads_to_the_desk(sari: Browser, opened: OpenCase) -> None:
    case = opened(text="Tidak jelas.", category="")
    answer = sari.get(f"/opd/kasus/{agency_token(case.id, None)}")
    assert answer.location == f"/meja/kasus/{case.number}"


def test_the_list_has_the_next_due_first_and_marks_late_ones(
    browser_of: Callable[[str], Browser], opened: OpenCase, clock: FakeClock
) -> None:
    first = opened()
    clock.advance(hours=20)
    second = opened(text="Aspal terkelupas.")
    clock.advance(hours=5)
    page = browser_of("budi").get("/opd").text
    assert page.index(first.number) < page.index(second.number)
    assert "Terlambat 1 jam" in page
    assert "1 kasus sudah lewat batas waktu." in page
    assert first.number not in browser_of("rina").get("/opd").text


def test_a_signed_in_officer_answers_under_the_account(
    browser_of: Callable[[str], Browser], opened: OpenCase, cast: dict[str, object]
) -> None:
    case = opened()
    budi = browser_of("budi")
    assert budi.post(f"/opd/{case.number}/jawab", text="Sudah ditambal.").status_code == 303
    assert case.number in budi.get("/opd?tab=dijawab").text
    with transaction() as session:
        assert events_of(session, case)[-1].actor == f"account:{cast['budi'].id}"  # type: ignore[attr-defined]


def test_rina_of_another_agency_finds_nothing(browser_of: Callable[[str], Browser], opened: OpenCase) -> None:
    case, rina = opened(), browser_of("rina")
    assert rina.get(f"/opd/{case.number}").status_code == 404
    assert rina.get(f"/opd/{case.number}/berkas/1").status_code == 404
    assert rina.post(f"/opd/{case.number}/jawab", text="Halo").status_code == 404
    assert rina.post(f"/opd/{case.number}/bukan", reason="Halo").status_code == 404


def test_a_head_reads_the_agencys_figures_with_the_late_cases(
    browser_of: Callable[[str], Browser], opened: OpenCase, clock: FakeClock
) -> None:
    case = opened()
    clock.advance(hours=30)
    sweep_all()
    page = browser_of("hendra").get("/opd/kinerja").text
    assert case.number in page
    assert "Bagaimana angka ini dihitung?" in page
    assert "23–29 Nov 2026" in page
