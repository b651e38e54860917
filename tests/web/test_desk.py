"""Dewi at the desk."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from service.agencies.directory import Directory
from service.casework.cases import locked
from service.casework.decline import decline
from service.complaints.history import messages_of
from service.complaints.records import Event
from service.database import transaction
from service.outbox.records import DEAD, QUEUED, OutboundMail
from tests.fakes.bell import FakeBell
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase, present
from tests.web.held import hold


def test_a_case_without_an_agency_waits_with_its_reason(dewi: Browser, opened: OpenCase) -> None:
    case = opened(text="Saya bingung harus ke mana.", category="")
    page = dewi.get("/meja").text
    assert case.number in page
    assert "Tidak ada kata yang menunjuk suatu OPD" in page


def test_the_desk_gives_a_case_to_an_agency(dewi: Browser, opened: OpenCase, directory: Directory) -> None:
    case = opened(text="Saya bingung harus ke mana.", category="")
    home = f"/meja/kasus/{case.number}"
    assert dewi.post(home + "/teruskan", agency="dlh", reason="").status_code == 422
    assert dewi.post(home + "/teruskan", agency="tidak-ada", reason="Sampah").status_code == 422
    assert dewi.post(home + "/teruskan", agency="dlh", reason="Soal sampah").status_code == 303
    after = present(case.number)
    assert (after.state, after.agency_id) == ("assigned", directory.by_code["dlh"].id)
    assert dewi.post(home + "/teruskan", agency="dlh", reason="Soal sampah").status_code == 303
    assert present(case.number).events == after.events


def test_a_declined_case_stands_apart(dewi: Browser, opened: OpenCase, directory: Directory) -> None:
    case = opened()
    with transaction() as session:
        row = locked(session, case.id)
        assert row
        decline(session, directory, row, reason="Jalan nasional", actor="agency:pupr")
    page = dewi.get("/meja").text
    assert page.index("Dikembalikan dinas</h2>") < page.index(case.number)
    assert "Jalan nasional" in dewi.get(f"/meja/kasus/{case.number}").text


def test_the_agency_that_declined_is_not_proposed_again(dewi: Browser, opened: OpenCase, directory: Directory) -> None:
    case = opened(text="Jalan berlubang penuh sampah, lalu lampu jalan mati.")
    codes = [candidate[0] for candidate in case.candidates]
    assert "pupr" in codes
    declined_by(directory, case.id, "pupr")
    guesses = dewi.get("/meja").text.partition("Mungkin:")[2].partition("</span>")[0]
    assert directory.by_code["pupr"].acronym not in guesses
    assert any(directory.by_code[code].acronym in guesses for code in codes)


def declined_by(directory: Directory, case_id: int, agency: str) -> None:
    """Let this agency, which holds the case, send it back."""
    with transaction() as session:
        row = locked(session, case_id)
        assert row
        decline(session, directory, row, reason="Bukan urusan kami", actor=f"agency:{agency}")


@pytest.mark.parametrize(
    ("text", "category"),
    [("Oknum petugas jalan berlubang minta uang pelicin.", ""), ("Jalan berlubang, ada yang minta uang.", "pungli")],
)
def test_a_case_against_officials_is_not_given_to_another_agency_unawares(
    dewi: Browser, opened: OpenCase, directory: Directory, text: str, category: str
) -> None:
    case = opened(text=text, category=category)
    declined_by(directory, case.id, "inspektorat")
    home, queue = f"/meja/kasus/{case.number}", dewi.get("/meja").text
    page = dewi.get(home).text
    assert "Mungkin menyangkut aparatur." in page
    assert "Mungkin:" not in queue
    assert "Paling mungkin" not in page
    assert page.index('value="inspektorat"') < page.index('value="pupr"')
    refused = dewi.post(home + "/teruskan", agency="pupr", reason="Soal jalan")
    assert (refused.status_code, 'value="Soal jalan"' in refused.text) == (422, True)
    assert present(case.number).agency_id is None
    ticked = dewi.post(home + "/teruskan", agency="pupr", reason="Soal jalan", not_about_officials="1")
    assert (ticked.status_code, present(case.number).agency_id) == (303, directory.by_code["pupr"].id)
    assert last_event(case.id).payload == {"holder": "pupr", "reason": "Soal jalan", "not_about_officials": True}
    assert "Meja menyatakan: bukan pengaduan tentang aparatur." in dewi.get(home).text


def test_a_case_against_officials_goes_to_the_inspectorate_without_a_tick(
    dewi: Browser, opened: OpenCase, directory: Directory
) -> None:
    case = opened(text="Oknum petugas minta uang pelicin.", category="")
    declined_by(directory, case.id, "inspektorat")
    sent = dewi.post(f"/meja/kasus/{case.number}/teruskan", agency="inspektorat", reason="Tetap Inspektorat")
    assert (sent.status_code, present(case.number).state) == (303, "assigned")
    assert "not_about_officials" not in last_event(case.id).payload


def last_event(case_id: int) -> Event:
    """What was done last to this case."""
    with transaction() as session:
        event = session.scalars(select(Event).where(Event.complaint_id == case_id).order_by(Event.seq.desc())).first()
        assert event
        session.expunge(event)
        return event


def test_what_the_citizen_wrote_stands_before_what_the_desk_may_do(dewi: Browser, opened: OpenCase) -> None:
    page = dewi.get(f"/meja/kasus/{opened().number}").text
    assert page.count("Jalan depan SDN 20 berlubang.") == 2  # as the title and as the words, not in the history again
    assert page.index('<div class="words">') < page.index("Teruskan ke dinas")


def test_the_desk_rejects_with_a_reason_that_the_citizen_reads(dewi: Browser, sari: Browser, opened: OpenCase) -> None:
    case = opened(text="Kapan konsernya?", category="")
    home = f"/meja/kasus/{case.number}"
    assert dewi.post(home + "/tolak", reason=" ").status_code == 422
    assert dewi.post(home + "/tolak", reason="Ini bukan pengaduan.").status_code == 303
    for page in (sari.get(f"/lacak/{case.token}").text, dewi.get(home).text):
        assert "Ini bukan pengaduan." in page
        assert "badge ended" in page
        assert "Dijawab dalam" not in page
    assert dewi.post(home + "/tolak", reason="Sekali lagi.").status_code == 409


def test_the_desk_answers_only_what_it_holds(dewi: Browser, opened: OpenCase) -> None:
    mine, theirs = opened(text="Kapan konsernya?", category=""), opened()
    assert dewi.post(f"/meja/kasus/{mine.number}/jawab", text="Sabtu.").status_code == 303
    assert present(mine.number).state == "responded"
    assert dewi.post(f"/meja/kasus/{theirs.number}/jawab", text="Sabtu.").status_code == 409


def test_an_anonymous_reporter_is_shown_only_behind_a_button(
    dewi: Browser, opened: OpenCase, browser_of: Callable[[str], Browser]
) -> None:
    case = opened(anonymous=True)
    home = f"/meja/kasus/{case.number}"
    assert "sari@contoh.example" not in dewi.get(home).text
    assert "sari@contoh.example" in dewi.post(home + "/identitas").text
    assert browser_of("ina").post(home + "/identitas").status_code == 403


def test_the_inspector_reads_and_is_offered_no_button(
    opened: OpenCase, browser_of: Callable[[str], Browser], clock: FakeClock
) -> None:
    case, mail_id, ina = opened(text="Bingung.", category=""), hold(clock), browser_of("ina")
    for address in ("/meja", f"/meja/kasus/{case.number}", f"/meja/karantina/{mail_id}", "/meja/surat-gagal"):
        page = ina.get(address)
        assert page.status_code == 200
        assert page.text.count('method="post"') == 1  # to sign out


def test_dead_letters_go_out_again_one_or_all(dewi: Browser, opened: OpenCase, bell: FakeBell) -> None:
    opened()
    with transaction() as session:
        for row in session.scalars(select(OutboundMail)):
            row.status, row.log = DEAD, [{"at": "x", "words": "550 no such user"}]
    assert "550 no such user" in dewi.get("/meja/surat-gagal").text
    dewi.post("/meja/surat-gagal/1/ulang")
    dewi.post("/meja/surat-gagal/9999/ulang")
    assert statuses() == {DEAD, QUEUED}
    dewi.post("/meja/surat-gagal/ulang")
    assert statuses() == {QUEUED}
    assert "worker.jobs.deliver_mail" in bell.rung


def statuses() -> set[str]:
    """Of all mails."""
    with transaction() as session:
        return set(session.scalars(select(OutboundMail.status)))


def test_the_desk_reads_identity_numbers_that_agencies_do_not(dewi: Browser, opened: OpenCase) -> None:
    case = opened(text="NIK saya 1771012345670001")
    assert "1771012345670001" in dewi.get(f"/meja/kasus/{case.number}").text
    with transaction() as session:
        assert messages_of(session, case)
