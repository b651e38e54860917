"""What the desk sees and does when an agency's inbox refuses mail."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from service.agencies import directory as directories
from service.agencies import inboxes
from service.agencies.directory import Unit
from service.database import transaction
from service.notifications import known
from service.notifications.links import bounce_address
from service.notifications.render import render
from service.notifications.undelivered import tell_desk
from service.outbox import delivery
from service.outbox.records import OutboundMail
from service.outbox.smtp import Outcome
from tests.fakes.smtp import FakeSmtp
from tests.web.conftest import Browser, OpenCase

WORDS = "550 5.1.1 kotak tidak ada"
WARNING = "menolak surat"


def send(smtp: FakeSmtp) -> None:
    while delivery.turn(transaction, smtp, render, tell_desk, bounce_address, known.gather):
        pass


def pupr() -> Unit:
    directories.forget()
    with transaction() as session:
        return directories.current(session).by_code["pupr"]


@pytest.fixture
def refusing(opened: OpenCase, smtp: FakeSmtp) -> str:
    """PUPR's inbox has refused an assignment; returns the number of the case."""
    case = opened()
    smtp.refuse[pupr().inbox] = Outcome(False, True, WORDS)
    send(smtp)
    assert pupr().inbox_problem == WORDS
    return case.number


@pytest.mark.parametrize("name", ["dewi", "ina"])
def test_queue_case_and_shelf_say_that_the_inbox_refuses_mail(
    refusing: str, browser_of: Callable[[str], Browser], name: str
) -> None:
    browser = browser_of(name)
    for address in ("/meja", f"/meja/kasus/{refusing}", "/meja/surat-gagal"):
        shown = browser.open(address, follow_redirects=True)
        assert shown.status_code == 200
        assert WARNING in shown.text, address
    assert WORDS in browser.get("/meja/surat-gagal").text


def test_the_button_takes_the_flag_away_and_sends_what_waited(
    refusing: str, browser_of: Callable[[str], Browser], smtp: FakeSmtp
) -> None:
    dewi = browser_of("dewi")
    smtp.refuse.clear()
    assert dewi.post("/meja/surat-gagal/kotak/pupr").status_code == 303
    assert pupr().inbox_problem == ""
    assert WARNING not in dewi.get(f"/meja/kasus/{refusing}").text
    send(smtp)
    assert refusing in smtp.to(pupr().inbox)[0].subject
    with transaction() as session:
        assert "dead" not in session.scalars(select(OutboundMail.status)).all()


def test_an_office_that_is_none_is_not_found(browser_of: Callable[[str], Browser]) -> None:
    assert browser_of("dewi").post("/meja/surat-gagal/kotak/tidak-ada").status_code == 404


def test_without_a_flag_nothing_is_said(opened: OpenCase, browser_of: Callable[[str], Browser]) -> None:
    with transaction() as session:
        inboxes.clear(session, pupr().id or 0)
    assert WARNING not in browser_of("dewi").get(f"/meja/kasus/{opened().number}").text
