"""Several processes of each role at once: every act once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from tests.road.city import City
from tests.road.parts import MAIL_ADDRESS
from tests.road.people import PUPR, PUPR_HEAD, ROAD, complaint_mail, somebody
from tests.road.test_road import OFFICIALS, week_of

PAIRS = ("web", "web-2", "worker", "worker-2", "poller", "poller-2", "schedule", "schedule-2")
WORKERS, POLLERS = ("worker", "worker-2"), ("poller", "poller-2")
MAILS = FORMS = 30
ESCALATED = 4


def test_two_of_each_do_everything_once(own_city: City) -> None:
    city = own_city
    city.run(*PAIRS)
    citizens = everybody_complains(city)
    cases = city.sql("SELECT * FROM complaint ORDER BY received_at")
    assert sorted(case.reporter_email for case in cases) == sorted(citizens)
    assert len({case.number for case in cases}) == MAILS + FORMS
    assert said(city) == {"acknowledgement": 60, "assignment": 60}

    pass_time(city, cases[-1].received_at + timedelta(hours=12), *WORKERS)
    await_letters(city, "reminder", 60)
    pass_time(city, cases[-1].due_at, *WORKERS, *POLLERS)
    await_letters(city, "breach", 120)
    stop_most_clocks(city)
    week = week_of(cases[0].due_at)
    pass_time(city, week + timedelta(days=7, hours=7), *WORKERS, *POLLERS)
    await_letters(city, "escalation", 3 * ESCALATED)
    city.wait_until(lambda: city.one("SELECT count(*) FROM frozen_week"), "the week to be published")
    city.processes.end(["schedule", "schedule-2"])

    assert set(city.copies().values()) == {1}
    reminded = Counter(
        (row.complaint_id, row.context["percent"])
        for row in city.sql("SELECT complaint_id, context FROM outbound_mail WHERE kind = 'reminder'")
    )
    told = Counter(city.sql("SELECT complaint_id, to_address FROM outbound_mail WHERE kind = 'breach'"))
    escalated = Counter(city.sql("SELECT complaint_id, to_address FROM outbound_mail WHERE kind = 'escalation'"))
    digests = [row.to_address for row in city.sql("SELECT to_address FROM outbound_mail WHERE kind LIKE 'digest_%%'")]
    assert set(reminded.values()) == {1}
    assert [percent for _, percent in reminded].count(50) == 60
    assert set(told.values()) == {1}
    assert {row.to_address for row in told} == {PUPR, PUPR_HEAD}
    assert len(told) == 120
    assert set(escalated.values()) == {1}
    assert len(digests) == len(set(digests)) > len(OFFICIALS)
    per_case = city.sql("SELECT complaint_id, kind, payload FROM event WHERE kind IN ('open', 'assign', 'breach')")
    assert set(Counter((row.complaint_id, row.kind) for row in per_case).values()) == {1}
    assert {row.sent for row in city.sql("SELECT count(*) AS sent FROM inbound_mail GROUP BY sha256")} == {1}


def everybody_complains(city: City) -> list[str]:
    """30 mails and 30 forms at the same time; returns who wrote, once everybody has been acknowledged."""
    citizens = [somebody() for _ in range(MAILS + FORMS)]

    def by_mail(sari: str) -> None:
        city.parts.send(complaint_mail(sari), sari, MAIL_ADDRESS)

    def by_form(sari: str) -> None:
        web = ("web", "web-2")[hash(sari) % 2]
        city.browser(web).complain(text=f"{ROAD} {sari}", category="jalan", email=sari)

    with ThreadPoolExecutor(8) as crowd:
        ways: list[Callable[[str], None]] = [by_mail, by_form]
        for done in [crowd.submit(ways[n % 2], sari) for n, sari in enumerate(citizens)]:
            done.result()
    city.wait_until(lambda: city.one("SELECT count(*) FROM complaint") >= len(citizens), "every complaint", 60)
    city.copies()
    return citizens


def stop_most_clocks(city: City) -> None:
    """Leave a few cases to be escalated: 180 letters more would show nothing new."""
    few = "SELECT id FROM complaint ORDER BY id LIMIT %s"
    city.sql(f"UPDATE deadline SET next_at = NULL WHERE complaint_id NOT IN ({few})", ESCALATED)  # noqa: S608


def pass_time(city: City, instant: datetime, *names: str) -> None:
    """These start anew, a minute before `instant`, at sixty times its speed."""
    city.processes.end(list(names))
    city.set_clock(instant - timedelta(minutes=1))
    city.run(*PAIRS)


def await_letters(city: City, kind: str, number: int) -> None:
    city.wait_until(lambda: said(city).get(kind, 0) >= number, f"{number} letters of kind {kind}", 60)


def said(city: City) -> dict[str, int]:
    """How many letters of each kind were sent."""
    rows = city.sql("SELECT kind, count(*) AS number FROM outbound_mail WHERE status = 'sent' GROUP BY kind")
    return {row.kind: row.number for row in rows}
