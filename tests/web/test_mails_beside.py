"""What the desk sees on a case's page of mails that did nothing in it."""

from service.agencies.directory import Directory
from service.casework.cases import locked
from service.complaints.history import record
from service.database import transaction
from service.intake.records import IGNORED, InboundMail
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase
from tests.web.held import hold

OUT_OF_OFFICE = "Balasan otomatis: Auto-Submitted: auto-replied"


def automatic(clock: FakeClock, complaint_id: int, party: str, sender: str) -> None:
    held = hold(clock, complaint_id, party, sender=sender, reason=OUT_OF_OFFICE)
    with transaction() as session:
        row = session.get_one(InboundMail, held)
        row.status, row.verdict = IGNORED, "auto"


def test_an_automatic_answer_is_shown_with_the_reason_why_it_did_not_count(
    dewi: Browser, opened: OpenCase, clock: FakeClock
) -> None:
    case = opened()
    automatic(clock, case.id, "pupr", "pupr@bengkulukota.example")
    shown = dewi.get(f"/meja/kasus/{case.number}").text.partition('id="surat-lain"')[2]
    assert OUT_OF_OFFICE in shown
    assert "Dinas Pekerjaan Umum dan Penataan Ruang" in shown


def test_a_mail_that_waits_is_shown_with_the_way_to_it(dewi: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    mail_id = hold(clock, case.id, "pupr", reason="Alamat pengirim palsu")
    shown = dewi.get(f"/meja/kasus/{case.number}").text
    assert "Alamat pengirim palsu" in shown
    assert f"/meja/karantina/{mail_id}" in shown


def test_an_automatic_answer_does_not_say_who_is_behind_an_anonymous_case(
    dewi: Browser, opened: OpenCase, clock: FakeClock
) -> None:
    case = opened(anonymous=True)
    automatic(clock, case.id, "citizen", "sari.rahasia@warga.example")
    automatic(clock, case.id, "", "sari.kantor@warga.example")
    shown = dewi.get(f"/meja/kasus/{case.number}").text
    assert OUT_OF_OFFICE in shown
    assert "sari." not in shown.partition('id="surat-lain"')[2]


def test_a_case_without_such_mails_does_not_speak_of_them(dewi: Browser, opened: OpenCase) -> None:
    assert 'id="surat-lain"' not in dewi.get(f"/meja/kasus/{opened().number}").text


def test_the_history_names_the_letters_that_did_not_arrive_before_a_breach(
    dewi: Browser, opened: OpenCase, directory: Directory
) -> None:
    case = opened()
    lost = [{"unit": "pupr", "letter": "assignment"}]
    with transaction() as session:
        row = locked(session, case.id)
        assert row
        payload = {"accountable": "pupr", "held": {"pupr": 86400}, "answered": None, "undelivered": lost}
        record(session, row, "breach", at=row.due_at, actor="system", payload=payload)
    page = dewi.get(f"/meja/kasus/{case.number}").text
    assert "surat ini tidak sampai: penugasan kepada OPD (Dinas Pekerjaan Umum" in page
