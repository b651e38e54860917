"""Hendra objects to a breach on his agency's record; Ina decides that, and what citizens dispute."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from service.agencies.directory import Directory
from service.agencies.records import Account
from service.casework.clocks import clock_of
from service.complaints.records import Complaint
from service.database import transaction
from service.deadlines.records import Deadline
from service.outbox.records import OutboundMail
from service.web.leadership.decisions import MOST_REASON
from service.web.public.parsing import MOST_TEXT
from tests.casework.test_acts import sweep_all
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase, present
from tests.web.test_agency import link
from tests.web.test_verdict import answer, kinds, last, said

People = Callable[[str], Browser]
QUEUE = "/kota/keputusan"
WHY = "Listrik kantor padam dua hari; surat PLN terlampir pada berkas."
REASON = "Surat PLN menunjukkan pemadaman sepanjang batas waktu."
LONG_TEXT, LONG_REASON = "x" * (MOST_TEXT + 1), "x" * (MOST_REASON + 1)


@pytest.fixture
def late(opened: OpenCase, clock: FakeClock) -> Complaint:
    """A case whose breach is on PUPR's record, and whose head was told an hour ago."""
    case = opened()
    clock.advance(hours=25)
    sweep_all()
    with transaction() as session:
        told = update(OutboundMail).where(OutboundMail.kind == "breach")
        session.execute(told.values(sent_at=clock(), status="sent"))
    clock.advance(hours=1)
    return present(case.number)


@pytest.fixture
def objected(late: Complaint, browser_of: People) -> Complaint:
    """Hendra has objected to that breach."""
    assert object_to(browser_of("hendra"), late).status_code == 303
    return present(late.number)


@pytest.fixture
def disputed(sari: Browser, opened: OpenCase) -> Complaint:
    """Sari says that an answer is none."""
    case = opened("Jalan <b>amblas</b> di gang kami.")
    seq = answer(sari, case, "Besok pagi kami periksa.")
    sari.post(f"/lacak/{case.token}/belum-menjawab", response=seq, text="Kemarin juga bilang besok.")
    return present(case.number)


def object_to(browser: Browser, case: Complaint, text: str = WHY, run: int = 1, **more: object):  # type: ignore[no-untyped-def]
    """Press the head's button."""
    return browser.post(f"/opd/{case.number}/keberatan/{run}", text=text, **more)


def run_of(case: Complaint) -> Deadline:
    """The present run's clock of the pact."""
    with transaction() as session:
        deadline = clock_of(session, session.get_one(Complaint, case.id))
        session.expunge(deadline)
        return deadline


def dispute_page(case: Complaint) -> str:
    return f"{QUEUE}/{case.number}/sanggahan"


def objection_page(case: Complaint, run: int = 1) -> str:
    return f"{QUEUE}/{case.number}/keberatan/{run}"


def other_head(directory: Directory, browser_of: People) -> Browser:
    """Rina, made head of the agency that she is an officer of."""
    browser = browser_of("rina")
    with transaction() as session:
        session.execute(update(Account).where(Account.email.like("rina@%")).values(role="head"))
    return browser


def test_hendra_sees_the_breach_and_objects(late: Complaint, browser_of: People) -> None:
    hendra = browser_of("hendra")
    page = hendra.get(f"/opd/{late.number}").text
    assert "Catatan keterlambatan" in page
    assert f'action="/opd/{late.number}/keberatan/1"' in page
    done = object_to(hendra, late)
    assert (done.status_code, done.location) == (303, f"/opd/{late.number}")
    kind, actor, payload = last(late)
    assert (kind, actor.partition(":")[0], payload["run"]) == ("object", "account", 1)
    assert run_of(late).objection == "open"
    page = hendra.get(f"/opd/{late.number}").text
    assert "Keberatan Anda sudah disampaikan kepada Inspektorat." in page
    assert "sedang diperiksa Inspektorat" in page
    assert "Kirim keberatan" not in page


@pytest.mark.parametrize(
    ("text", "fault"), [("", "Tuliskan mengapa"), (" \n ", "Tuliskan mengapa"), (LONG_TEXT, "Terlalu panjang")]
)
def test_an_objection_without_words_or_with_too_many_comes_back(
    late: Complaint, browser_of: People, text: str, fault: str
) -> None:
    again = object_to(browser_of("hendra"), late, text)
    assert again.status_code == 422
    assert fault in again.text
    assert text.strip() in again.text
    assert '<details class="choice" open>' in again.text
    assert last(late)[0] == "breach"


def test_an_objection_is_made_once(late: Complaint, browser_of: People) -> None:
    hendra = browser_of("hendra")
    for _ in range(2):
        assert object_to(hendra, late, seen=late.events).status_code == 303
    refused = object_to(hendra, late, "Dan satu alasan lagi.")
    assert refused.status_code == 409
    assert "Dan satu alasan lagi." in refused.text
    assert kinds(late).count("object") == 1


def test_after_a_week_it_is_too_late_to_object(late: Complaint, browser_of: People, clock: FakeClock) -> None:
    hendra = browser_of("hendra")
    clock.advance(days=7)
    assert "Waktu untuk berkeberatan sudah lewat." in hendra.get(f"/opd/{late.number}").text
    refused = object_to(hendra, late)
    assert refused.status_code == 409
    assert WHY in refused.text


def test_a_case_that_is_not_late_has_nothing_to_object_to(opened: OpenCase, browser_of: People) -> None:
    case, hendra = opened(), browser_of("hendra")
    assert "Catatan keterlambatan" not in hendra.get(f"/opd/{case.number}").text
    assert object_to(hendra, case).status_code == 404
    assert object_to(hendra, case, run=7).status_code == 404
    assert object_to(hendra, case, run=9_999_999_999).status_code == 404


def test_only_the_head_who_is_to_account_objects(
    late: Complaint, browser_of: People, sari: Browser, directory: Directory
) -> None:
    for name in ("budi", "arif", "ina", "dewi", "fajar"):
        assert object_to(browser_of(name), late).status_code == 403, name
    other = other_head(directory, browser_of)
    for text in (WHY, ""):
        assert object_to(other, late, text).status_code == 404
    stranger = object_to(sari, late)
    assert (stranger.status_code, stranger.location) == (303, "/masuk")
    assert sari.post(link(late) + "/keberatan/1", text=WHY).status_code == 404  # a link may be passed on: sign in
    assert "Kirim keberatan" not in browser_of("budi").get(f"/opd/{late.number}").text
    assert "Kirim keberatan" not in sari.get(link(late)).text
    assert last(late)[0] == "breach"


def test_sari_does_not_read_the_heads_reasons(objected: Complaint, sari: Browser) -> None:
    assert WHY not in sari.get(f"/lacak/{objected.token}").text


def test_ina_finds_both_lists_with_what_was_said(objected: Complaint, disputed: Complaint, browser_of: People) -> None:
    page = browser_of("ina").get(QUEUE).text
    for words in (WHY, "Besok pagi kami periksa.", "Kemarin juga bilang besok.", "&lt;b&gt;amblas&lt;/b&gt;"):
        assert words in page
    assert objected.number in page
    assert disputed.number in page


def test_an_empty_queue_says_so(browser_of: People) -> None:
    page = browser_of("ina").get(QUEUE).text
    assert "Tidak ada sanggahan yang menunggu." in page
    assert "Tidak ada keberatan yang menunggu." in page


@pytest.mark.parametrize(
    ("verdict", "event", "state"), [("uphold", "uphold", "assigned"), ("dismiss",) * 2 + ("responded",)]
)
def test_ina_decides_a_dispute_and_all_read_why(
    disputed: Complaint, browser_of: People, sari: Browser, verdict: str, event: str, state: str
) -> None:
    ina = browser_of("ina")
    done = ina.post(dispute_page(disputed), verdict=verdict, reason="Tidak menyebut hasilnya.")
    assert (done.status_code, done.location) == (303, QUEUE)
    assert last(disputed)[:1] == (event,)
    after = present(disputed.number)
    assert (after.state, after.disputed_at) == (state, None)
    page = ina.get(QUEUE).text
    assert f"Keputusan atas {disputed.number} sudah dicatat" in page
    assert "Tidak ada sanggahan yang menunggu." in page
    for reader, address in ((sari, f"/lacak/{disputed.token}"), (browser_of("budi"), f"/opd/{disputed.number}")):
        assert "Tidak menyebut hasilnya." in reader.get(address).text


@pytest.mark.parametrize("verdict", ["refuse", "outage", "undelivered", "misassigned", "force_majeure"])
def test_ina_decides_an_objection_and_hendra_reads_why(objected: Complaint, browser_of: People, verdict: str) -> None:
    ina = browser_of("ina")
    assert ina.post(objection_page(objected), verdict=verdict, reason=REASON).status_code == 303
    deadline = run_of(objected)
    assert deadline.breached_at is not None
    assert deadline.objection == ("refused" if verdict == "refuse" else "granted")
    assert deadline.excuse == ("" if verdict == "refuse" else verdict)
    page = browser_of("hendra").get(f"/opd/{objected.number}").text
    assert REASON in page
    assert ("Keberatan ditolak" if verdict == "refuse" else "Dikecualikan") in page
    assert "Tidak ada keberatan yang menunggu." in ina.get(QUEUE).text


def test_a_record_that_was_wrong_is_taken_back(objected: Complaint, browser_of: People) -> None:
    assert browser_of("ina").post(objection_page(objected), verdict="withdrawn", reason=REASON).status_code == 303
    assert run_of(objected).breached_at is None
    assert kinds(objected)[-2:] == ["grant", "withdraw"]
    assert "Catatan keterlambatan</h2>" not in browser_of("hendra").get(f"/opd/{objected.number}").text


@pytest.mark.parametrize(
    ("verdict", "reason", "fault"),
    [
        ("uphold", " ", "Tuliskan alasannya."),
        ("", "Sebab.", "Pilih keputusan."),
        ("refuse", "Sebab.", "Pilih keputusan."),
        ("dismiss", LONG_REASON, "Terlalu panjang"),
    ],
)
def test_a_dispute_half_decided_comes_back_as_it_was(
    disputed: Complaint, browser_of: People, verdict: str, reason: str, fault: str
) -> None:
    again = browser_of("ina").post(dispute_page(disputed), verdict=verdict, reason=reason)
    assert again.status_code == 422
    assert fault in again.text
    assert reason.strip() in again.text
    assert again.text.count(" checked>") == (verdict in ("uphold", "dismiss"))
    assert last(disputed)[0] == "dispute"


@pytest.mark.parametrize(
    ("verdict", "reason", "fault"),
    [
        ("outage", "", "Tuliskan alasannya."),
        ("", REASON, "Pilih keputusan."),
        ("uphold", REASON, "Pilih keputusan."),
        ("refuse", LONG_REASON, "Terlalu panjang"),
    ],
)
def test_an_objection_half_decided_comes_back_as_it_was(
    objected: Complaint, disputed: Complaint, browser_of: People, verdict: str, reason: str, fault: str
) -> None:
    again = browser_of("ina").post(objection_page(objected), verdict=verdict, reason=reason)
    assert again.status_code == 422
    assert again.text.count(fault) == 1  # beside its own form alone
    assert reason in again.text
    assert again.text.count(" selected>") == (verdict in ("outage", "refuse"))
    assert last(objected)[0] == "object"


def test_what_is_decided_already_is_refused_and_the_reason_given_back(
    objected: Complaint, disputed: Complaint, browser_of: People
) -> None:
    ina = browser_of("ina")
    for address, verdict in ((dispute_page(disputed), "dismiss"), (objection_page(objected), "refuse")):
        ina.post(address, verdict=verdict, reason="Cukup jelas.")
        for chosen in (verdict, ""):
            again = ina.post(address, verdict=chosen, reason="Sekali lagi.")
            assert again.status_code == 409
            assert "Sekali lagi." in again.text
    assert said(disputed).count("Cukup jelas.") == 1


def test_nothing_is_decided_where_nothing_waits(opened: OpenCase, browser_of: People) -> None:
    case, ina = opened(), browser_of("ina")
    assert ina.post(dispute_page(case), verdict="uphold", reason="Sebab.").status_code == 409
    assert ina.post(objection_page(case), verdict="outage", reason="Sebab.").status_code == 409
    for run in (7, 9_999_999_999):
        assert ina.post(objection_page(case, run), verdict="outage", reason="Sebab.").status_code == 404
    for number in ("BKL-26-99999", "%00"):
        assert ina.post(f"{QUEUE}/{number}/sanggahan", verdict="uphold", reason="Sebab.").status_code == 404
    assert present(case.number).events == case.events


def test_nobody_but_the_inspector_decides(
    objected: Complaint, disputed: Complaint, browser_of: People, sari: Browser
) -> None:
    pages = ((dispute_page(disputed), "uphold"), (objection_page(objected), "outage"))
    for name in ("budi", "hendra", "rina", "arif", "dewi", "fajar"):
        browser = browser_of(name)
        assert browser.get(QUEUE).status_code == 403, name
        for address, verdict in pages:
            assert browser.post(address, verdict=verdict, reason="Sebab.").status_code == 403, name
    assert sari.get(QUEUE).location == "/masuk?next=/kota/keputusan"
    for address, verdict in pages:
        assert sari.post(address, verdict=verdict, reason="Sebab.").location == "/masuk"
    assert (last(objected)[0], last(disputed)[0]) == ("object", "dispute")


def test_the_inspector_is_written_to_of_both(objected: Complaint, disputed: Complaint, directory: Directory) -> None:
    with transaction() as session:
        inspector = directory.officials["inspector"].email
        query = select(OutboundMail.complaint_id, OutboundMail.kind).where(OutboundMail.to_address == inspector)
        told = {tuple(row) for row in session.execute(query)}
    assert {(objected.id, "objection"), (disputed.id, "disputed")} <= told
