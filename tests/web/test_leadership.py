"""Arif reads the city's figures; Fajar the state of the set-up; machines our health."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from service.config import settings
from service.database import transaction
from service.intake.mailbox import name_of
from service.intake.records import Mailbox
from service.web import health
from tests.casework.test_acts import sweep_all
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase

URL = "imap://lapor:x@mail.example/INBOX"


def test_the_leader_sees_figures_and_the_worst_cases_but_no_case_page(
    browser_of: Callable[[str], Browser], opened: OpenCase, clock: FakeClock
) -> None:
    case = opened(text="Jalan rusak, NIK 1771012345670001")
    clock.advance(hours=30)
    arif = browser_of("arif")
    page = arif.get("/kota").text
    assert "Terlambat 6 jam" in page
    assert case.number in page
    assert "1771012345670001" not in page
    assert f"/meja/kasus/{case.number}" not in page
    assert f"/meja/kasus/{case.number}" in browser_of("ina").get("/kota").text


def test_a_confidential_report_is_not_told_to_the_leader(
    browser_of: Callable[[str], Browser], opened: OpenCase, clock: FakeClock
) -> None:
    opened(text="Jalan rusak dekat rumah kadis.", confidential=True)
    clock.advance(hours=30)
    page = browser_of("arif").get("/kota").text
    assert "rumah kadis" not in page
    assert "(laporan rahasia)" in page


def test_a_rate_is_shown_only_with_enough_cases(
    browser_of: Callable[[str], Browser], opened: OpenCase, clock: FakeClock
) -> None:
    for number in range(4):
        opened(text=f"Jalan rusak {number}")
    clock.advance(hours=30)
    sweep_all()
    assert "kurang dari 5" in browser_of("arif").get("/kota").text


def test_the_administrator_reads_agencies_accounts_and_counts(
    browser_of: Callable[[str], Browser], opened: OpenCase
) -> None:
    opened()
    page = browser_of("fajar").get("/admin").text
    assert "pupr@bengkulukota.example" in page
    assert "dewi@kantor.example" in page
    assert "surat menunggu kirim" in page


def test_we_say_that_we_live_without_asking_anybody(sari: Browser) -> None:
    assert sari.get("/healthz").json == {"status": "ok"}


def test_without_redis_we_are_not_ready_and_say_why(sari: Browser) -> None:
    answer = sari.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"]["redis"] == "ConnectionError"
    assert (answer.json["checks"]["database"], answer.json["checks"]["mailbox"]) == ("ok", "ok")
    assert answer.json["dead_letters"] == 0


def test_a_mailbox_that_was_not_read_for_a_minute_is_told(
    sari: Browser, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "settings", lambda: replace(settings(), imap_urls=(URL,)))
    assert sari.get("/readyz").json["checks"]["mailbox"] == "never read"
    with transaction() as session:
        box = Mailbox(name=name_of(URL), uidvalidity=1, last_uid=1, read_until=clock(), leased_by=None)
        session.add(box)
    assert sari.get("/readyz").json["checks"]["mailbox"] == "ok"
    clock.advance(seconds=61)
    assert "last read" in sari.get("/readyz").json["checks"]["mailbox"]


def test_open_cases_are_labelled_as_of_now_in_the_past_week_too(
    opened: OpenCase, browser_of: Callable[[str], Browser]
) -> None:
    opened()
    assert browser_of("arif").get("/kota").text.count(">Terbuka saat ini</th>") == 2
