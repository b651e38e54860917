"""Encrypted with a certificate that we trust, or not at all: IMAP on a real Dovecot, SMTP on a real server."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from imapclient.exceptions import CapabilityError

from service.intake.mailbox import ImapMailbox
from service.outbox.smtp import SmtpConnection
from tests.intake.certificates import Authority
from tests.intake.dovecot import dovecot
from tests.road.parts import free_port

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.mark.real
@pytest.mark.parametrize("scheme", ["imaps", "imap"])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("host", "days"), [("127.0.0.1", 30), ("mail.lain.example", 30), ("127.0.0.1", -1)])
def test_a_mailbox_is_opened_only_with_a_certificate_that_we_trust(
    app: Flask, authority: Authority, monkeypatch: pytest.MonkeyPatch, scheme: str, known: bool, host: str, days: int
) -> None:
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    certificate, key = authority.issue(host, days)
    with dovecot(f"ssl = required\nssl_cert = <{certificate}\nssl_key = <{key}\n") as server:
        url = server.url if scheme == "imap" else server.url.replace("imap:", "imaps:")
        url = url.replace(str(server.port), str(server.tls_port)) if scheme == "imaps" else f"{url}?starttls=required"
        if known and (host, days) == ("127.0.0.1", 30):
            ImapMailbox(url).close()
            return
        with pytest.raises(ssl.SSLCertVerificationError):
            ImapMailbox(url)
        assert "Login:" not in (server.folder / "dovecot.log").read_text()


class Stripped:
    """A server behind somebody who has taken STARTTLS out of what it offers. Writes down what it is told."""

    def __init__(self, greeting: bytes, answers: dict[str, str]) -> None:
        self.told: list[str] = []
        self._greeting, self._answers = greeting, answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Stripped":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(self._greeting)
            for line in lines:
                words = line.decode().strip()
                self.told.append(words)
                tag = words.partition(" ")[0]
                found = next(
                    (said for name, said in self._answers.items() if name in words.upper()), "{tag} BAD no\r\n"
                )
                client.sendall(found.format(tag=tag).encode())


@pytest.mark.parametrize("query", ["?starttls=required", ""])
def test_a_mailbox_whose_starttls_was_stripped_hears_no_password(query: str) -> None:
    answers = {
        "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n",
        "LOGOUT": "* BYE\r\n{tag} OK done\r\n",
        "LOGIN": "{tag} OK done\r\n",
    }
    host = "127.0.0.1" if query else "localhost.localdomain"
    with Stripped(b"* OK ready\r\n", answers) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", _to_loopback(socket.create_connection))
        with pytest.raises(CapabilityError):
            ImapMailbox(f"imap://lapor:rahasia@{host}:{server.port}/INBOX{query}", timeout=5)
    assert [words for words in server.told if "rahasia" in words] == []


def _to_loopback(real):
    return lambda address, *more, **named: real(("127.0.0.1", address[1]), *more, **named)


def test_an_smtp_server_whose_starttls_was_stripped_gets_no_mail() -> None:
    answers = {"EHLO": "250-mx\r\n250 SIZE 1000000\r\n", "QUIT": "221 bye\r\n"}
    with Stripped(b"220 mx\r\n", answers) as server:
        url = f"smtp://lapor:rahasia@127.0.0.1:{server.port}?starttls=required"
        with SmtpConnection(url, timeout=5) as smtp:
            outcome = smtp.send("a@b.example", "c@d.example", b"Subject: x\r\n\r\n")
    assert (outcome.sent, outcome.permanent) == (False, False)
    assert {words.split(" ")[0].upper() for words in server.told} <= {"EHLO", "QUIT"}


class Taking:
    async def handle_DATA(self, *_: object) -> str:
        return "250 OK"


@pytest.fixture
def smtps(authority: Authority) -> Iterator[int]:
    """An SMTP server with STARTTLS for 127.0.0.1."""
    certificate, key = authority.issue("127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    port = free_port()
    controller = Controller(Taking(), hostname="127.0.0.1", port=port, tls_context=context)
    controller.start()
    yield port
    controller.stop()


@pytest.mark.parametrize("known", [True, False])
def test_an_smtp_server_gets_mail_only_with_a_certificate_that_we_trust(
    smtps: int, authority: Authority, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with SmtpConnection(f"smtp://127.0.0.1:{smtps}?starttls=required", timeout=5) as smtp:
        outcome = smtp.send("a@b.example", "c@d.example", b"Subject: x\r\n\r\n")
    assert outcome.sent is known
    assert known or "CERTIFICATE_VERIFY_FAILED" in outcome.words
