"""Dewi at the desk."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from service.agencies.directory import Directory
from service.casework.cases import locked
from service.casework.decline import decline
from service.complaints.history import messages_of
from service.database import transaction
from service.intake.records import DISCARDED, DONE, QUARANTINED, STORED, InboundMail, Mailbox
from service.outbox.records import DEAD, QUEUED, OutboundMail
from tests.fakes.bell import FakeBell
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase, everything, present

MAIL = (
    b"From: Orang <orang@contoh.example>\r\nTo: lapor@bengkulukota.example\r\nSubject: Siring mampet\r\n"
    b"Content-Type: text/html\r\n\r\n<p>Airnya <b>bau</b>.</p><script>alert(1)</script><img src=//jahat.example/x>"
)


@pytest.fixture
def dewi(browser_of: Callable[[str], Browser]) -> Browser:
    """The operator's browser."""
    return browser_of("dewi")


def hold(clock: FakeClock, complaint_id: int | None = None, party: str = "") -> int:
    """A mail in quarantine; its id."""
    with transaction() as session:
        box = Mailbox(name="lapor@mail/INBOX", uidvalidity=1, last_uid=1, read_until=clock(), leased_by=None)
        session.add(box)
        session.flush()
        row = InboundMail(
            mailbox_id=box.id, uidvalidity=1, uid=1, received_at=clock(), sha256="0", message_id="<a@b>",
            sender="orang@contoh.example", subject="Siring mampet", size=len(MAIL), raw=MAIL, status=QUARANTINED,
            reason="Pengirim tidak dikenal", complaint_id=complaint_id, party=party,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def mail(mail_id: int) -> InboundMail:
    """The mail as it now is."""
    with transaction() as session:
        row = session.get_one(InboundMail, mail_id)
        session.expunge(row)
        return row


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


def test_a_case_against_officials_goes_to_the_inspectorate_without_a_tick(
    dewi: Browser, opened: OpenCase, directory: Directory
) -> None:
    case = opened(text="Oknum petugas minta uang pelicin.", category="")
    declined_by(directory, case.id, "inspektorat")
    sent = dewi.post(f"/meja/kasus/{case.number}/teruskan", agency="inspektorat", reason="Tetap Inspektorat")
    assert (sent.status_code, present(case.number).state) == (303, "assigned")


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


@pytest.mark.parametrize("asked", ["BKL-26-00001", "bkl-26-00001", "1", "00001", " BKL-26-00001 "])
def test_a_case_is_found_by_its_number(dewi: Browser, opened: OpenCase, asked: str) -> None:
    case = opened()
    assert dewi.get(f"/meja/cari?q={asked}").location == f"/meja/kasus/{case.number}"


@pytest.mark.parametrize("asked", ["", "BKL-26-99999", "%00", "9" * 30, "²"])
def test_a_number_that_is_none_leads_back_to_the_queue(dewi: Browser, asked: str) -> None:
    assert dewi.get(f"/meja/cari?q={asked}").location == "/meja"


def test_html_of_a_held_mail_is_text_and_nothing_else(dewi: Browser, clock: FakeClock) -> None:
    page = dewi.get(f"/meja/karantina/{hold(clock)}").text
    assert "Airnya bau." in page
    assert "alert(1)" not in page
    assert "jahat.example" not in page


def test_the_raw_mail_is_a_download(dewi: Browser, clock: FakeClock) -> None:
    answer = dewi.get(f"/meja/karantina/{hold(clock)}/asli")
    assert answer.data == MAIL
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_held_mail_becomes_a_complaint_once(dewi: Browser, clock: FakeClock) -> None:
    mail_id = hold(clock)
    assert dewi.post(f"/meja/karantina/{mail_id}/pengaduan").status_code == 303
    assert dewi.post(f"/meja/karantina/{mail_id}/pengaduan").status_code == 409
    (case,) = everything()
    assert (case.received_at, mail(mail_id).status) == (clock.instant, DONE)


def test_a_held_reply_is_taken_as_the_agencys_answer(dewi: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    mail_id = hold(clock, case.id, "pupr")
    assert dewi.post(f"/meja/karantina/{mail_id}/balasan").status_code == 303
    assert present(case.number).state == "responded"


def test_a_held_mail_of_no_case_cannot_be_a_reply(dewi: Browser, clock: FakeClock) -> None:
    mail_id = hold(clock)
    dewi.post(f"/meja/karantina/{mail_id}/balasan")
    assert mail(mail_id).status == QUARANTINED


def test_a_held_mail_is_judged_again(dewi: Browser, clock: FakeClock, bell: FakeBell) -> None:
    mail_id = hold(clock)
    dewi.post(f"/meja/karantina/{mail_id}/ulang")
    assert mail(mail_id).status == STORED
    assert bell.rung == ["worker.jobs.process_mail"]


def test_a_held_mail_is_set_aside_only_with_a_reason(dewi: Browser, clock: FakeClock) -> None:
    mail_id = hold(clock)
    assert dewi.post(f"/meja/karantina/{mail_id}/sisihkan", reason=" ").status_code == 422
    assert dewi.post(f"/meja/karantina/{mail_id}/sisihkan", reason="Iklan").status_code == 303
    assert (mail(mail_id).status, "Iklan" in mail(mail_id).reason) == (DISCARDED, True)


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
