"""Processes that end: in order, with work in their hands; and by force, with another one standing by."""

import time

from tests.road.city import City
from tests.road.parts import MAIL_ADDRESS
from tests.road.people import complaint_mail, somebody

MAILS = 40


def test_told_to_end_while_busy_they_do_so_in_ten_seconds_and_lose_nothing(city: City) -> None:
    city.run("worker", "poller", "schedule")
    last = city.last_letter()
    citizens = [somebody() for _ in range(MAILS)]
    for sari in citizens:
        city.parts.send(complaint_mail(sari), sari, MAIL_ADDRESS)
    city.wait_until(lambda: opened(city, citizens), "the first of the mails to be opened")
    assert opened(city, citizens) < MAILS, "they are not busy"
    began = time.monotonic()
    for name in ("worker", "poller", "schedule"):
        city.processes.running[name].terminate()
    for name in ("worker", "poller", "schedule"):
        assert (name, city.processes.wait(name)) == (name, 0)
    assert time.monotonic() - began < 10
    city.run("worker", "poller", "schedule")
    city.wait_until(lambda: opened(city, citizens) == MAILS, "the rest of the mails")
    for sari in citizens:
        assert [kind for kind, _ in city.letters(city.case_of(sari).id)] == ["assignment", "acknowledgement"]
    assert set(city.copies(last).values()) == {1}


def opened(city: City, citizens: list[str]) -> int:
    return city.one("SELECT count(*) FROM complaint WHERE reporter_email = ANY(%s)", citizens)


def test_a_poller_that_stands_by_takes_over_from_a_killed_one(city: City) -> None:
    city.run("worker", "schedule", "poller", "poller-2")
    first = city.wait_until(lambda: reader(city), "a poller to read the mailbox")
    city.kill(first)
    sari = somebody()
    city.parts.send(complaint_mail(sari), sari, MAIL_ADDRESS)
    time.sleep(0.5)
    assert city.case_of(sari) is None, "a killed poller reads on"
    city.lapse_leases()
    case = city.wait_until(lambda: city.case_of(sari), "the other poller to take over", 10)
    city.wait_for_letter(case.id, "acknowledgement", sari)
    assert reader(city) == ({"poller", "poller-2"} - {first}).pop()
    assert city.letters(case.id)[0][0] == "assignment"


def test_a_poller_that_ends_in_order_is_followed_at_once(city: City) -> None:
    city.run("worker", "schedule", "poller", "poller-2")
    first = city.wait_until(lambda: reader(city), "a poller to read the mailbox")
    assert city.terminate(first) == 0
    sari = somebody()
    city.parts.send(complaint_mail(sari), sari, MAIL_ADDRESS)
    case = city.wait_until(lambda: city.case_of(sari), "the other poller to take over", 6)
    city.wait_for_letter(case.id, "acknowledgement", sari)


def reader(city: City) -> str:
    """The process that holds the lease of the mailbox; "" when it is none of ours."""
    rows = city.sql("SELECT leased_by FROM mailbox WHERE leased_until > clock_timestamp()")
    pid = int(rows[0].leased_by.rpartition(":")[2]) if rows else 0
    return next((name for name, process in city.processes.running.items() if process.pid == pid), "")
