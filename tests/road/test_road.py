"""The whole road, on either set of parts."""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.road.city import City
from tests.road.people import ANSWER, PUPR, PUPR_HEAD, ROAD, complaint_mail, reply, somebody

JAKARTA = ZoneInfo("Asia/Jakarta")
REMINDED_AFTER_HOURS = (12, 19.2, 22.8)
OFFICIALS = ["inspektur@bengkulukota.example", "sekda@bengkulukota.example", "walikota@bengkulukota.example"]


def test_a_form_is_assigned_answered_by_mail_and_the_answer_reaches_the_citizen(either_city: City) -> None:
    city, sari, last = either_city, somebody(), either_city.last_letter()
    city.run()
    browser = city.browser()
    token = browser.complain(text=ROAD, category="jalan", name="Sari Wulandari", email=sari)
    case = city.case_of(sari)
    assert case.number in browser.get(f"/terima/{token}")
    assert case.number in browser.get(f"/lacak/{token}")
    assert case.number in city.wait_for_letter(case.id, "acknowledgement", sari).subject
    assignment = city.wait_for_letter(case.id, "assignment", PUPR)
    assert ROAD in " ".join(assignment.text.split())
    assert sari not in assignment.text

    before = time.time()
    raw, address = reply(assignment, PUPR)
    city.parts.send(raw, PUPR, address)
    after = time.time()
    answer = city.wait_for_letter(case.id, "answer", sari)
    assert ANSWER in answer.text
    assert "menulis:" not in answer.text
    case = city.case_of(sari)
    assert case.state == "responded"
    # The moment of arrival at the mail server, not that of our reading; IMAP knows whole seconds.
    assert before - 1 <= case.responded_at.timestamp() <= after + 1
    assert case.responded_at == city.one("SELECT received_at FROM inbound_mail WHERE complaint_id = %s", case.id)
    assert ANSWER in browser.get(f"/lacak/{token}")
    assert sorted(city.letters(case.id)) == [("acknowledgement", sari), ("answer", sari), ("assignment", PUPR)]
    assert set(city.copies(last).values()) == {1}


def test_a_mail_that_nobody_answers_goes_all_the_way_to_the_digest(
    either_city: City, record_property: Callable[[str, object], None]
) -> None:
    city, sari, last = either_city, somebody(), either_city.last_letter()
    city.run()
    began = time.monotonic()
    city.parts.send(complaint_mail(sari), sari, "lapor@bengkulukota.example")
    case = city.wait_until(lambda: city.case_of(sari), "the mail to become a complaint")
    acknowledgement = city.wait_for_letter(case.id, "acknowledgement", sari)
    record_property("acknowledged_after_seconds", round(time.monotonic() - began, 2))
    city.wait_for_letter(case.id, "assignment", PUPR)
    record_property("assigned_after_seconds", round(time.monotonic() - began, 2))
    assert case.number in acknowledgement.subject
    assert re.search(r"/lacak/\S+", acknowledgement.text)

    for hours in REMINDED_AFTER_HOURS:
        pass_time(city, case.received_at + timedelta(hours=hours), "worker")
        percent = round(hours / 24 * 100)
        city.wait_until(lambda: percent in reminded(city, case.id), f"the reminder at {percent} %")  # noqa: B023
    assert reminded(city, case.id) == [50, 80, 95]
    pass_time(city, case.due_at)
    city.wait_for_letter(case.id, "breach", PUPR)
    city.wait_for_letter(case.id, "breach", PUPR_HEAD)
    assert city.case_of(sari).breached_at == case.due_at
    week = week_of(case.due_at)
    pass_time(city, max(week + timedelta(days=7, hours=7), case.received_at + timedelta(hours=97)))
    for official in OFFICIALS:
        city.wait_for_letter(case.id, "escalation", official)
    name = f"{week:%G-W%V}"
    digests = "SELECT to_address FROM outbound_mail WHERE ledger_key LIKE %s AND status = 'sent'"
    city.wait_until(lambda: city.sql(digests, f"digest:{name}:%"), "the digest")
    copies = city.copies(last)
    told = [row.to_address for row in city.sql(digests, f"digest:{name}:%")]
    assert {*OFFICIALS, PUPR_HEAD} <= set(told)
    heads = city.one("SELECT count(*) FROM agency_head WHERE valid_until IS NULL")
    assert len(told) == len(set(told)) == heads + len(OFFICIALS)
    assert set(copies.values()) == {1}
    assert city.letters(case.id) == [
        ("assignment", PUPR), ("acknowledgement", sari), *[("reminder", PUPR)] * 3,
        ("breach", PUPR), ("breach", PUPR_HEAD), *[("escalation", official) for official in OFFICIALS],
    ]  # fmt: skip
    city.rest()


def pass_time(city: City, instant: datetime, *names: str) -> None:
    """Start the processes that go by the clock anew, a minute before `instant`, at sixty times its speed."""
    city.processes.end(list(names or ("worker", "poller")))
    city.set_clock(instant - timedelta(minutes=1))
    city.run("worker", "poller", "schedule")


def reminded(city: City, case_id: int) -> list[int]:
    query = "SELECT context FROM outbound_mail WHERE complaint_id = %s AND kind = 'reminder' ORDER BY id"
    return [row.context["percent"] for row in city.sql(query, case_id)]


def week_of(instant: datetime) -> datetime:
    """The Monday 00.00 in Bengkulu that begins the week of `instant`."""
    local = instant.astimezone(JAKARTA)
    monday = local - timedelta(days=local.weekday())
    return monday.replace(hour=0, minute=0, second=0, microsecond=0)
