"""Redis loses everything between two steps of the road: what follows happens all the same."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.road.city import City
from tests.road.parts import MAIL_ADDRESS, Parts
from tests.road.people import PUPR, ROAD, complaint_mail, reply, somebody


@contextmanager
def loss(city: City) -> Iterator[None]:
    """What happens inside rings bells that nobody answers; then Redis loses them, and the worker wakes up."""
    city.freeze("worker")
    try:
        yield
        city.parts.flush_redis()
    finally:
        city.thaw("worker")


@contextmanager
def storm(parts: Parts) -> Iterator[None]:
    """Redis loses everything ten times a second."""
    over = threading.Event()

    def lose() -> None:
        while not over.wait(0.1):
            parts.flush_redis()

    thread = threading.Thread(target=lose)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def mails(city: City) -> Callable[[], bool]:
    """Whether one more mail has been stored than now."""
    before = city.one("SELECT count(*) FROM inbound_mail")
    return lambda: city.one("SELECT count(*) FROM inbound_mail") == before + 1


def check(city: City, sari: str) -> None:
    case = city.case_of(sari)
    assert sorted(kind for kind, _ in city.letters(case.id)) == ["acknowledgement", "answer", "assignment"]
    first = city.one("SELECT min(id) FROM outbound_mail WHERE complaint_id = %s", case.id)
    assert set(city.copies(first - 1).values()) == {1}


def complain(city: City, sari: str) -> int:
    city.parts.send(complaint_mail(sari), sari, MAIL_ADDRESS)
    return city.wait_until(lambda: city.case_of(sari), "the complaint").id


def answer(city: City, case_id: int) -> None:
    raw, address = reply(city.wait_for_letter(case_id, "assignment", PUPR), PUPR)
    city.parts.send(raw, PUPR, address)


def test_after_a_form_was_filed(city: City) -> None:
    city.run()
    sari = somebody()
    with loss(city):
        city.browser().complain(text=ROAD, category="jalan", email=sari)
    case = city.case_of(sari)
    city.wait_for_letter(case.id, "acknowledgement", sari)
    answer(city, case.id)
    city.wait_for_letter(case.id, "answer", sari)
    check(city, sari)


def test_after_a_mail_was_stored(city: City) -> None:
    city.run()
    sari = somebody()
    stored = mails(city)
    with loss(city):
        city.parts.send(complaint_mail(sari), sari, MAIL_ADDRESS)
        city.wait_until(stored, "the mail to be stored")
    case_id = city.wait_until(lambda: city.case_of(sari), "the complaint").id
    answer(city, case_id)
    city.wait_for_letter(case_id, "answer", sari)
    check(city, sari)


def test_after_each_mail_became_an_act(city: City) -> None:
    city.run()
    sari = somebody()
    case_id = complain(city, sari)
    city.parts.flush_redis()
    answer(city, case_id)
    city.wait_until(lambda: city.case_of(sari).state == "responded", "the answer to be read")
    city.parts.flush_redis()
    city.wait_for_letter(case_id, "answer", sari)
    check(city, sari)


def test_after_the_answer_was_stored(city: City) -> None:
    city.run()
    sari = somebody()
    case_id = complain(city, sari)
    city.wait_for_letter(case_id, "assignment", PUPR)
    stored = mails(city)
    with loss(city):
        answer(city, case_id)
        city.wait_until(stored, "the answer to be stored")
    city.wait_for_letter(case_id, "answer", sari)
    check(city, sari)


def test_again_and_again_at_any_instant(city: City) -> None:
    city.run()
    people = [somebody() for _ in range(5)]
    with storm(city.parts):
        for sari in people:
            answer(city, complain(city, sari))
        for sari in people:
            city.wait_for_letter(city.case_of(sari).id, "answer", sari)
    for sari in people:
        check(city, sari)
