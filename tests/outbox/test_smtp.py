"""The way out, against a real SMTP server in this process."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from service.config import needs_tls
from service.outbox.smtp import SmtpConnection, SmtpRoute, is_crowded, is_permanent
from tests.road.parts import free_port

RAW = b"Subject: x\r\n\r\nIsi\r\n"


class Server:
    """Takes mails into a list, or says what `answer` holds."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.answer = ""
        self.sender_answer: Callable[[str], str] = lambda _: ""
        self.senders: list[str] = []

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, sender: str, opts: list[str]
    ) -> str:
        self.senders.append(sender)
        if refusal := self.sender_answer(sender):
            return refusal
        envelope.mail_from = sender
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]) -> str:
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.got.append(envelope.content or b"")
        return "250 2.0.0 taken"


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


def test_mails_go_over_one_connection(url: str, server: Server) -> None:
    with SmtpConnection(url) as smtp:
        assert smtp.send("a@b.example", "c@d.example", RAW).sent
        assert smtp.send("a@b.example", "c@d.example", RAW).sent
    assert len(server.got) == 2


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        ("550 5.1.1 no such user", True),
        ("550 no such user", True),
        ("451 4.7.1 greylisted", False),
        ("552 5.2.2 mailbox full", False),
        ("550 4.2.1 busy", False),
    ],
)
def test_a_refusal_is_for_good_only_when_its_code_says_so(
    url: str, server: Server, answer: str, permanent: bool
) -> None:
    server.answer = answer
    with SmtpConnection(url) as smtp:
        outcome = smtp.send("a@b.example", "c@d.example", RAW)
        assert (outcome.sent, outcome.permanent, outcome.reachable) == (False, permanent, True)
        server.answer = ""
        assert smtp.send("a@b.example", "c@d.example", RAW).sent


def test_a_server_that_is_away_is_no_fault_of_the_mail() -> None:
    with SmtpConnection(f"smtp://127.0.0.1:{free_port()}") as smtp:
        outcome = smtp.send("a@b.example", "c@d.example", RAW)
    assert (outcome.permanent, outcome.reachable) == (False, False)


def test_the_second_server_takes_over_while_the_first_is_away(url: str, server: Server) -> None:
    with SmtpRoute(f"smtp://127.0.0.1:{free_port()},{url}") as route:
        outcomes = [route.send("a@b.example", "c@d.example", RAW) for _ in range(2)]
    assert [outcome.sent for outcome in outcomes] == [True, True]
    assert all("127.0.0.1: ConnectionRefusedError" in outcome.passed_over for outcome in outcomes)
    assert len(server.got) == 2


def test_while_the_first_server_takes_mail_nothing_is_said_of_the_second(url: str) -> None:
    with SmtpRoute(f"{url},smtp://127.0.0.1:{free_port()}") as route:
        assert route.send("a@b.example", "c@d.example", RAW).passed_over == ""


def test_a_refused_mail_is_not_offered_to_the_second_server(url: str, server: Server) -> None:
    server.answer = "550 5.1.1 no such user"
    with SmtpRoute(f"{url},smtp://127.0.0.1:{free_port()}") as route:
        assert route.send("a@b.example", "c@d.example", RAW).permanent


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        (554, "", True),
        (421, "", False),
        (550, "5.2.2 full", False),
        (552, "Requested mail action aborted: mailbox full", False),
        (550, "User's mailbox is over quota", False),
        (554, "recipient has exceeded mailbox quota", False),
        (552, "message exceeds fixed maximum message size", True),
        (550, "5.1.1 the account quota of mailboxes is full: no such user", True),
        (550, "user full.name is unknown here", True),
        (550, "sending quota of your host reached, go away", True),
    ],
)
def test_codes_are_read_as_the_standards_say(code: int, words: str, expected: bool) -> None:
    assert is_permanent(code, words) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.kota.go.id:587?starttls=required", True),
        ("smtp://lapor:x@mail.kota.go.id:587", True),
        ("smtp://lapor:x@mail.kota.go.id:587?starttls=no", False),
        ("smtp://lapor:x@127.0.0.1:25", False),
        ("smtp://mail.kota.go.id", False),
    ],
)
def test_a_password_crosses_no_network_in_plain_text_unless_told_so(url: str, expected: bool) -> None:
    assert needs_tls(urlsplit(url)) is expected


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        (421, "4.7.0 Too many connections", True),
        (421, "closing", True),
        (450, "4.7.1 Error: too much mail from 10.0.0.1", True),
        (451, "4.7.28 unusual rate of mail", True),
        (451, "4.7.500 Server busy", True),
        (451, "4.7.1 Greylisting in action, please come back later", False),
        (451, "4.7.1 Try again later", False),
        (452, "4.2.2 mailbox full", False),
        (550, "5.7.1 too many", False),
    ],
)
def test_a_server_that_wants_less_mail_is_told_from_one_that_greylists(code: int, words: str, expected: bool) -> None:
    assert is_crowded(code, words) is expected


def test_a_server_that_hangs_up_with_421_is_reached_anew_for_the_next_mail(url: str, server: Server) -> None:
    server.answer = "421 4.7.0 too many"
    with SmtpConnection(url) as smtp:
        outcome = smtp.send("a@b.example", "c@d.example", RAW)
        assert (outcome.sent, outcome.permanent, outcome.reachable, outcome.crowded) == (False, False, True, True)
        server.answer = ""
        assert smtp.send("a@b.example", "c@d.example", RAW).sent


def test_a_server_that_takes_no_mail_from_us_is_no_fault_of_the_mail(url: str, server: Server) -> None:
    server.sender_answer = lambda _: "550 5.7.1 sender not allowed"
    with SmtpConnection(url) as smtp:
        outcome = smtp.send("a@b.example", "c@d.example", RAW)
    assert (outcome.permanent, outcome.reachable) == (False, False)


def test_where_only_the_bare_address_may_send_it_does(url: str, server: Server) -> None:
    server.sender_answer = lambda sender: "553 5.7.1 not yours" if "+" in sender else ""
    with SmtpConnection(url) as smtp:
        assert smtp.send("lapor+b-1-x@b.example", "c@d.example", RAW).sent
        assert smtp.send("lapor+b-2-x@b.example", "c@d.example", RAW).sent
    assert server.senders == ["lapor+b-1-x@b.example", "lapor@b.example", "lapor@b.example"]


def test_a_mail_that_is_too_large_is_refused_for_good(url: str, server: Server) -> None:
    server.sender_answer = lambda _: "552 5.3.4 too large"
    with SmtpConnection(url) as smtp:
        outcome = smtp.send("a@b.example", "c@d.example", RAW)
    assert (outcome.permanent, outcome.reachable) == (True, True)


def test_an_address_that_cannot_be_said_harms_nothing(url: str, server: Server) -> None:
    with SmtpConnection(url) as smtp:
        assert smtp.send("a@b.example", "särí@d.example", RAW).permanent
        assert smtp.send("a@b.example", "c@d.example", RAW).sent
