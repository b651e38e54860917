"""Ending the weekly digests: a page, one click in the mail program, or a mail; and the way back."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import func, select

from service.agencies.directory import Directory
from service.compliance import digest
from service.database import transaction
from service.intake import poll, process
from service.notifications.links import read_unsubscribe_token, unsubscribe_url
from service.notifications.render import render
from service.outbox import unsubscribed
from service.outbox.records import OutboundMail
from tests.casework.test_acts import everything_seen, opened, sweep_all
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.mails import mail
from tests.web.conftest import Browser


@pytest.fixture
def hendra(directory: Directory) -> str:
    head = directory.by_code["pupr"].head
    assert head
    return head.email


@pytest.fixture
def headers(directory: Directory, clock: FakeClock, hendra: str) -> dict[str, str]:
    """What the header of Hendra's digest says."""
    publish(directory, clock, weeks=1)
    with transaction() as session:
        query = select(OutboundMail).where(OutboundMail.kind == "digest_head", OutboundMail.to_address == hendra)
        written = message_from_bytes(render(session, session.scalars(query).one()), policy=default)
    return {"out": written["List-Unsubscribe"], "post": written["List-Unsubscribe-Post"], "from": written["From"]}


def publish(directory: Directory, clock: FakeClock, weeks: int) -> None:
    opened(directory)
    clock.instant = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=7 * weeks)
    sweep_all()
    digest.turn(transaction, everything_seen)


def digests(address: str) -> int:
    with transaction() as session:
        query = select(func.count()).where(OutboundMail.kind == "digest_head", OutboundMail.to_address == address)
        return session.scalar(query) or 0


def is_stopped(address: str) -> bool:
    with transaction() as session:
        return unsubscribed.is_stopped(session, address)


def page(headers: dict[str, str]) -> str:
    found = re.search(r"<http://lapor\.test(/berhenti/[^>]+)>", headers["out"])
    assert found
    return found[1]


def test_the_header_names_a_page_and_an_address(headers: dict[str, str]) -> None:
    assert headers["post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<http://[^>]+>, <mailto:lapor\+u-[^>]+@[^>]+\?subject=berhenti>", headers["out"])


def test_one_click_needs_no_session_and_no_token_and_ends_the_digests(
    sari: Browser, headers: dict[str, str], hendra: str, directory: Directory, clock: FakeClock
) -> None:
    address = page(headers)
    assert digests(hendra) == 1
    for _ in range(2):
        answer = sari.open(address, method="POST", data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.text) == (200, "OK")
    assert is_stopped(hendra)
    publish(directory, clock, weeks=2)
    assert digests(hendra) == 1


def test_looking_at_the_page_changes_nothing_and_it_says_what_still_comes(
    sari: Browser, headers: dict[str, str], hendra: str
) -> None:
    shown = sari.get(page(headers))
    assert shown.status_code == 200
    assert hendra in shown.text
    assert "Pemberitahuan keterlambatan" in shown.text
    assert not is_stopped(hendra)


def test_the_button_ends_them_and_another_brings_them_back(sari: Browser, headers: dict[str, str], hendra: str) -> None:
    sari.post(page(headers), wish="stop")
    assert is_stopped(hendra)
    assert "Terima lagi" in sari.get(page(headers)).text
    sari.post(page(headers), wish="again")
    assert not is_stopped(hendra)


def test_the_button_needs_our_token(sari: Browser, headers: dict[str, str], hendra: str) -> None:
    for data in ({"wish": "stop"}, {"wish": "again"}, {"List-Unsubscribe": "x"}):
        assert sari.open(page(headers), method="POST", data=data).status_code == 400
    assert not is_stopped(hendra)


@pytest.mark.parametrize("token", ["x", "Imhlbi4uLg.abc", "%00"])
def test_a_forged_link_ends_nothing(sari: Browser, token: str) -> None:
    assert sari.get(f"/berhenti/{token}").status_code == 404
    answer = sari.open(f"/berhenti/{token}", method="POST", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 404


def test_a_link_never_expires(clock: FakeClock) -> None:
    token = unsubscribe_url("hendra@pupr.example").rpartition("/")[2]
    clock.advance(days=4000)
    assert read_unsubscribe_token(token) == "hendra@pupr.example"
    assert read_unsubscribe_token(token[:-1]) is None


@pytest.fixture
def receive(directory: Directory, clock: FakeClock) -> Callable[[bytes], None]:
    folder = FakeFolder()

    def read(raw: bytes) -> None:
        folder.deliver(raw, clock())
        assert poll.take_lease(transaction, "lapor@imap/INBOX", "test")
        poll.turn(transaction, folder, "lapor@imap/INBOX", "test", first=False)
        while process.turn(transaction):
            pass

    return read


def test_a_mail_to_the_address_ends_them_too(
    headers: dict[str, str], hendra: str, receive: Callable[[bytes], None]
) -> None:
    found = re.search(r"mailto:([^?]+)", headers["out"])
    assert found
    forged = found[1].replace("+u-", "+u-9", 1)
    receive(mail(hendra, forged, "berhenti", "."))
    assert not is_stopped(hendra)
    receive(mail(hendra, found[1], "berhenti", "", Auto_Submitted="auto-generated"))
    assert is_stopped(hendra)
