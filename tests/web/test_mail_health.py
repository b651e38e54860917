"""What watches over us is shown: `/metrics`, `/readyz`, the administrator's page, the banner, the doctor."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update

from service import queues
from service.agencies.records import Agency
from service.config import settings
from service.database import transaction
from service.intake.mailbox import name_of
from service.intake.records import Mailbox
from service.monitoring import metrics as figures
from service.monitoring import pulse, rules, state
from service.monitoring.records import Alarm
from service.web import health, metrics
from service.web.troubles import TOLD
from tests.fakes.clock import FakeClock
from tests.web.conftest import CAST, Browser, OpenCase
from tests.web.test_desk import hold

URL = "imap://lapor:x@127.0.0.1/INBOX"
TOKEN = "a-token-of-sixteen-letters-or-more"


@pytest.fixture(autouse=True)
def _counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_counted_at", float("-inf"))
    monkeypatch.setattr(queues, "lengths", lambda: {"mail": 2})


def raise_alarm(clock: FakeClock, kind: str = rules.SMTP_DOWN, **changes: object) -> None:
    facts = {"about": "", "words": "Kata terakhir: 535 authentication failed", "since": clock() - timedelta(hours=1)}
    with transaction() as session:
        session.add(Alarm(kind=kind, raised_at=clock(), **facts | changes))


def fill(clock: FakeClock, opened: OpenCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something of everything."""
    monkeypatch.setattr(state, "settings", lambda: replace(settings(), imap_urls=(URL,)))
    opened()
    hold(clock)
    raise_alarm(clock)
    with transaction() as session:
        session.execute(text("UPDATE outbound_mail SET status = 'dead' WHERE agency_id IS NULL"))
        found = {"differences": 3, "words": "3 surat tidak tercatat."}
        box = Mailbox(name=name_of(URL), last_uid=0, read_until=clock(), reconciled_at=clock(), reconciliation=found)
        session.add(box)
        for part in (*pulse.JOBS, pulse.SMTP, pulse.WATCH, pulse.WATCH_BEGAN):
            pulse.beat(session, part)
        pulse.falter(session, "smtp", "535 authentication failed")
        agency = update(Agency).where(Agency.code == "dlh")
        session.execute(agency.values(inbox_problem="550 no such user", inbox_problem_at=clock()))


@pytest.fixture
def _dlh_is_well_again(app: Flask):
    yield
    with transaction() as session:
        session.execute(update(Agency).values(inbox_problem="", inbox_problem_at=None))


def sample(page: str, name: str, **labels: str) -> float:
    """The figure with this name and these labels; fails when there is not exactly one."""
    found = [
        one.value
        for family in text_string_to_metric_families(page)
        for one in family.samples
        if one.name == name and labels.items() <= one.labels.items()
    ]
    assert len(found) == 1, (name, labels)
    return found[0]


@pytest.mark.usefixtures("_dlh_is_well_again")
def test_the_figures_say_what_waits_and_since_when(
    sari: Browser, clock: FakeClock, opened: OpenCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(clock, opened, monkeypatch)
    clock.advance(minutes=10)
    page = sari.get("/metrics").text
    assert sample(page, "tuntas_inbound_mails", status="quarantined") == 1
    assert sample(page, "tuntas_quarantine_mails") == 1
    assert sample(page, "tuntas_quarantine_age_seconds") >= 600
    assert sample(page, "tuntas_outbound_mails", status="dead") == 1
    assert sample(page, "tuntas_outbound_dead") == 1
    assert sample(page, "tuntas_outbound_due") == 1
    assert sample(page, "tuntas_outbound_queued_age_seconds") == 600
    assert sample(page, "tuntas_mailbox_read_age_seconds", mailbox=name_of(URL)) == 600
    assert sample(page, "tuntas_mailbox_differences", mailbox=name_of(URL)) == 3
    assert sample(page, "tuntas_alarms_open", kind="smtp_down") == 1
    assert sample(page, "tuntas_complaints", state="assigned") == 1
    assert sample(page, "tuntas_deadline_steps_due") == 0
    assert sample(page, "tuntas_queue_jobs", queue="mail") == 2
    assert sample(page, "tuntas_success_age_seconds", part="smtp") == 600
    assert sample(page, "tuntas_smtp_failing_seconds") == 600


def test_the_figures_hold_no_personal_data(sari: Browser, clock: FakeClock, opened: OpenCase) -> None:
    opened()
    raise_alarm(clock)
    page = sari.get("/metrics").text
    for word in ("sari", "Sari", "pupr@", "authentication failed"):
        assert word not in page


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}é"])
def test_where_a_token_is_set_nobody_reads_without_it(
    given: str, sari: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "settings", lambda: replace(settings(), metrics_token=TOKEN))
    answer = sari.open("/metrics", headers={"Authorization": given})
    assert answer.status_code == 404
    assert "tuntas_" not in answer.text


def test_the_token_opens_from_anywhere(sari: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "settings", lambda: replace(settings(), metrics_token=TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.9"}
    answer = sari.open("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")


@pytest.mark.parametrize("name", [*CAST, "a stranger"])
def test_without_a_token_no_role_reads_the_figures_from_elsewhere(
    name: str, browser_of: Callable[[str], Browser], sari: Browser
) -> None:
    browser = sari if name == "a stranger" else browser_of(name)
    assert browser.open("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 404


@pytest.mark.parametrize("header", metrics.FORWARDED)
def test_without_a_token_a_proxy_on_this_machine_opens_nothing(header: str, sari: Browser) -> None:
    assert sari.open("/metrics", headers={header: "127.0.0.1"}).status_code == 404
    assert sari.get("/metrics").status_code == 200


def beats(*names: str) -> None:
    with transaction() as session:
        for name in names:
            pulse.beat(session, name)


def test_we_are_ready_only_while_worker_sweeps_and_watch_show_life(sari: Browser, clock: FakeClock) -> None:
    assert sari.get("/readyz").json["checks"]["worker"] == "never"
    beats(*pulse.JOBS, pulse.WATCH)
    checks = sari.get("/readyz").json["checks"]
    assert (checks["worker"], checks["sweeps"], checks["watch"]) == ("ok", "ok", "ok")
    clock.advance(minutes=6)
    beats("process_mail", pulse.WATCH)
    checks = sari.get("/readyz").json["checks"]
    assert (checks["worker"], checks["sweeps"][:4], checks["watch"]) == ("ok", "last", "ok")


def test_open_alarms_are_counted_by_kind_and_make_us_no_less_ready(
    sari: Browser, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_redis", lambda: "ok")
    beats(*pulse.JOBS, pulse.WATCH)
    raise_alarm(clock, rules.QUARANTINE_WAITS)
    raise_alarm(clock, rules.MAILBOX_UNREAD, about="lapor@kota")
    answer = sari.get("/readyz")
    assert (answer.status_code, answer.json["alarms"]) == (200, {"mailbox_unread": 1, "quarantine_waits": 1})
    assert "lapor@kota" not in answer.text
    assert "authentication" not in answer.text


@pytest.mark.usefixtures("_dlh_is_well_again")
def test_the_administrator_sees_how_mail_fares(
    browser_of: Callable[[str], Browser], clock: FakeClock, opened: OpenCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(clock, opened, monkeypatch)
    raise_alarm(clock, rules.OUTBOX_STUCK, cleared_at=clock())
    raise_alarm(clock, rules.DEAD_LETTERS, calm_since=clock())
    page = browser_of("fajar").get("/admin/surat").text
    for words in (
        "Surat tidak dapat dikirim",
        "535 authentication failed",
        "Periksa server di SMTP_URL",
        "Surat keluar tertahan",
        "Tidak terlihat lagi sejak",
        name_of(URL),
        "3 surat tidak tercatat.",
        "550 no such user",
    ):
        assert words in page, words


def test_an_empty_service_is_shown_as_well(browser_of: Callable[[str], Browser]) -> None:
    page = browser_of("fajar").get("/admin/surat").text
    assert "Tidak ada gangguan." in page
    assert "Belum pernah diperiksa" in page


@pytest.mark.parametrize("name", [*CAST, "a stranger"])
def test_a_trouble_is_bannered_to_desk_inspector_and_administrator_alone(
    name: str, browser_of: Callable[[str], Browser], sari: Browser, clock: FakeClock
) -> None:
    raise_alarm(clock)
    browser = sari if name == "a stranger" else browser_of(name)
    role = CAST[name][0] if name in CAST else ""
    assert ("Surat tidak dapat dikirim" in browser.get("/sandi" if role else "/").text) == (role in TOLD)


def test_a_trouble_that_went_calm_or_is_over_is_not_bannered(
    browser_of: Callable[[str], Browser], clock: FakeClock
) -> None:
    raise_alarm(clock, calm_since=clock())
    raise_alarm(clock, cleared_at=clock())
    assert "Gangguan:" not in browser_of("dewi").get("/meja").text


def test_the_doctor_names_open_alarms(app: Flask, clock: FakeClock) -> None:
    raise_alarm(clock)
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 1
    assert "ALARM  smtp_down, since 2026-11-23 00:00 UTC: Kata terakhir: 535" in result.output
