"""The simulated city goes on when the web or the mail is away, and ends at once when asked."""

import smtplib
import threading
import time
from datetime import timedelta
from itertools import repeat
from zoneinfo import ZoneInfo

import pytest

from demo import city as cities
from demo import stories
from demo.acts import FillForm, Post
from demo.browser import Browser
from demo.city import City
from demo.clients import Letter
from demo.desk import Desk
from demo.form import Form
from demo.people import People, Town
from demo.schedule import Telling
from service import clock

NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens


class Flaky(Form):
    """A form that fails twice before it takes a complaint."""

    def __init__(self) -> None:
        super().__init__(NOWHERE, {})
        self.tries = 0

    def fill_in(self, story: stories.Story, photo: bytes | None) -> str:
        self.tries += 1
        if self.tries < 3:
            raise OSError("the web is away")
        return "/terima/x"


def play(said: list[str], form: Form) -> tuple[City, threading.Thread]:
    town = Town({}, "meja@x.example", "lapor@x.example", ZoneInfo("Asia/Jakarta"))
    far = clock.now() + timedelta(days=30)
    city = City(
        people=People(town, (), seed=1),
        tellings=repeat(Telling(far, stories.stories()[0], 0)),
        form=form,
        desk=Desk(NOWHERE, "", ""),
        smtp_url="smtp://127.0.0.1:9",
        public_url=NOWHERE,
        say=said.append,
    )
    thread = threading.Thread(target=city.run)
    thread.start()
    return city, thread


def wait_for(condition, seconds: float = 5.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cities, "PAUSE_SECONDS", 0.01)


def test_a_form_that_was_not_taken_is_sent_again() -> None:
    said: list[str] = []
    form = Flaky()
    city, thread = play(said, form)
    city.plan(FillForm(clock.now(), stories.stories()[0], "Andika mengisi formulir"))
    wait_for(lambda: said)
    city.stopping.set()
    thread.join(2)
    assert form.tries == 3
    assert said[0].endswith("Andika mengisi formulir")


def test_a_mail_that_cannot_be_sent_is_given_up_in_the_end_and_the_city_goes_on() -> None:
    said: list[str] = []
    city, thread = play(said, Flaky())
    letter = Letter("Sari", "sari@x.example", "lapor@x.example", "Lampu", "Lampu mati.", clock.now())
    city.plan(Post(clock.now(), "gmail", letter, "Sari menulis"))
    wait_for(lambda: said)
    assert "tidak jadi" in said[0]
    assert thread.is_alive()
    city.stopping.set()
    thread.join(2)


def test_the_city_ends_at_once() -> None:
    city, thread = play([], Flaky())
    time.sleep(0.2)
    began = time.monotonic()
    city.stopping.set()
    thread.join(2)
    assert not thread.is_alive()
    assert time.monotonic() - began < 1


def test_a_page_that_is_away_is_a_passing_fault() -> None:
    with pytest.raises(cities.PASSING):
        Browser(NOWHERE).get("/")
    assert issubclass(smtplib.SMTPServerDisconnected, cities.PASSING)
