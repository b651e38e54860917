"""Every process of the road, killed at each of its transaction boundaries."""

import contextlib
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.road.browser import GONE
from tests.road.city import City
from tests.road.killed import armed, died
from tests.road.parts import MAIL_ADDRESS
from tests.road.people import PUPR, ROAD, complaint_mail, reply, somebody

ONCE = {"assignment", "acknowledgement", "answer"}


@pytest.fixture
def home(city: City) -> Path:
    folder = Path(city.environment["TUNTAS_HOME"])
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(params=["web", "worker", "poller"])
def mortal(request: pytest.FixtureRequest, city: City) -> str:
    """One role runs so that it can be told when to die; the others are ordinary."""
    role = request.param
    city.run("schedule", *{"worker", "poller"} - {role})
    if role == "web":
        city.start("web-mortal", ["tests.road.killed:web()"])
    else:
        city.start(f"{role}-mortal", ["-m", "tests.road.killed", role])
    city.run(*city.processes.running)
    return role


def test_whoever_dies_at_a_boundary_nothing_is_lost_and_nothing_said_twice(
    city: City, home: Path, mortal: str, record_property: Callable[[str, object], None]
) -> None:
    repeats = 0
    for boundary in count(1):
        last = city.last_letter()
        armed(home, mortal).write_text(str(boundary))
        sari = somebody()
        travel(city, home, mortal, sari)
        case = city.case_of(sari)
        copies = city.copies(last)
        kinds = [kind for kind, _ in city.letters(case.id)]
        assert sorted(kinds) == sorted(ONCE if mortal != "web" else ONCE - {"answer"}), (boundary, kinds)
        assert len(copies) == len(kinds)
        # Between the server's 250 and our commit: there, and only there, a letter may go twice, as the same letter.
        assert sorted(copies.values())[:-1] == [1] * (len(copies) - 1), (boundary, copies)
        assert max(copies.values()) == 1 or (mortal == "worker" and max(copies.values()) == 2), (boundary, copies)
        repeats += max(copies.values()) - 1
        if armed(home, mortal).exists():
            armed(home, mortal).unlink()
            break
        assert boundary < 60
    record_property("boundaries", boundary - 1)
    record_property("repeats", repeats)
    assert boundary > {"web": 2, "poller": 8, "worker": 16}[mortal]
    # Letters that leave together in one turn are three such instants; on a busy machine they may leave one by one.
    assert repeats in ((3, 4) if mortal == "worker" else (0,))


def travel(city: City, home: Path, mortal: str, sari: str) -> None:
    """Sari complains; but for the web's part of the road, Budi answers and she has the answer."""
    if mortal == "web":
        browser = city.browser("web-mortal")
        fields = browser.open_form() | {"text": ROAD, "category": "jalan", "email": sari}
        city.wait_until(lambda: _sent(browser, fields), "the web to take the form")
        return
    city.parts.send(complaint_mail(sari), sari, MAIL_ADDRESS)
    case = wait(city, home, mortal, lambda: city.case_of(sari))
    assignment = wait(city, home, mortal, lambda: city.arrived(case.id, "assignment", PUPR))
    raw, address = reply(assignment, PUPR)
    city.parts.send(raw, PUPR, address)
    wait(city, home, mortal, lambda: city.case_of(sari).state == "responded")
    wait(city, home, mortal, lambda: not waiting_letters(city))
    answered = city.case_of(sari).responded_at
    arrivals = city.sql("SELECT received_at, status FROM inbound_mail WHERE complaint_id = %s ORDER BY id", case.id)
    assert [row.status for row in arrivals] == ["done", "done"]
    assert answered == arrivals[-1].received_at


def wait(city: City, home: Path, mortal: str, condition):
    """Wait for `condition`; when the process dies meanwhile, let its leases lapse and have it born again."""

    def look():
        if died(home, mortal).exists():
            city.lapse_leases()
            died(home, mortal).unlink()
        return condition()

    return city.wait_until(look, "the road to go on")


def waiting_letters(city: City) -> int:
    return city.one("SELECT count(*) FROM outbound_mail WHERE status <> 'sent'")


def _sent(browser, fields: dict[str, str]) -> str:
    with contextlib.suppress(*GONE):
        return browser.send_form(fields)
    return ""
