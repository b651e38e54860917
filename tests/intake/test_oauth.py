"""Logging in with tokens: Dovecot asks a real HTTP server about them, and so do we for new ones."""

import base64
import json
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from flask import Flask
from imapclient.exceptions import LoginError

from service import oauth
from service.config import Settings, load
from service.intake.mailbox import ImapMailbox
from service.oauth import TokenError, TokenSource
from service.outbox.smtp import SmtpConnection
from tests.intake.dovecot import USER, Dovecot, dovecot
from tests.intake.reading import letters, read, stored
from tests.road.parts import free_port


class TokenServer:
    """Gives tokens to a client that names itself rightly, and tells Dovecot which of them are good."""

    def __init__(self) -> None:
        self.good: set[str] = set()
        self.asked: list[dict[str, list[str]]] = []
        self.life = 3600
        self.broken = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
                code, answer = outer.answer(self.path, form)
                body = json.dumps(answer).encode() if not outer.broken else outer.broken.encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str, form: dict[str, list[str]]) -> tuple[int, dict[str, object]]:
        if path == "/introspect":
            good = form.get("token", [""])[0] in self.good
            return 200, {"active": good, "username": USER} if good else {"active": False}
        self.asked.append(form)
        if form.get("client_secret") != ["rahasia"]:
            return 401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret"}
        token = f"tok-{len(self.asked)}"
        self.good.add(token)
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.life}


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    server = TokenServer()
    yield server
    server.stop()


def given(tokens: TokenServer | None, **more: str) -> Settings:
    """Settings that get tokens by client credentials, or as `more` says."""
    credentials = {
        "OAUTH_TOKEN_URL": f"{tokens.url}/token" if tokens else "",
        "OAUTH_CLIENT_ID": "tuntas",
        "OAUTH_CLIENT_SECRET": "rahasia",
        "OAUTH_SCOPE": "https://outlook.office365.com/.default",
    }
    return load(dict(os.environ) | credentials | more)


@pytest.fixture
def source(tokens: TokenServer, monkeypatch: pytest.MonkeyPatch) -> TokenSource:
    """The tokens of this process, for the time of a test."""
    made = TokenSource(given(tokens))
    monkeypatch.setattr(oauth, "source", lambda: made)
    return made


@pytest.fixture
def server(tokens: TokenServer, app: Flask) -> Iterator[Dovecot]:
    with dovecot(SETTINGS.replace("INTROSPECTION", f"{tokens.url}/introspect"), query="?auth=xoauth2") as running:
        yield running


SETTINGS = """\
auth_mechanisms = xoauth2 oauthbearer plain
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = HOME/oauth.conf
}
passdb {
  driver = static
  mechanisms = plain
  args = nopassword=y
}
"""


@pytest.fixture(autouse=True)
def introspection(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write what Dovecot asks, and whom, beside its settings."""
    if "server" not in request.fixturenames:
        return
    url = request.getfixturevalue("tokens").url
    start = Dovecot.start

    def write_and_start(self: Dovecot) -> None:
        (self.folder / "oauth.conf").write_text(
            f"introspection_mode = post\nintrospection_url = {url}/introspect\n"
            "username_attribute = username\nactive_attribute = active\nactive_value = true\n"
        )
        start(self)

    monkeypatch.setattr(Dovecot, "start", write_and_start)


@pytest.mark.real
def test_a_mailbox_is_read_with_a_token_by_client_credentials(
    server: Dovecot, source: TokenSource, tokens: TokenServer
) -> None:
    server.deliver(*letters(3))
    assert read(server.url) == 3
    assert read(server.url) == 0
    assert len(stored()) == 3
    (asked,) = tokens.asked  # the token of the first connection served the second
    assert asked["grant_type"] == ["client_credentials"]
    assert asked["scope"] == ["https://outlook.office365.com/.default"]
    assert "method=XOAUTH2" in (server.folder / "dovecot.log").read_text()


@pytest.mark.real
def test_a_token_that_was_withdrawn_before_its_end_is_replaced_at_once(
    server: Dovecot, source: TokenSource, tokens: TokenServer
) -> None:
    read(server.url)
    tokens.good.clear()
    assert read(server.url) == 0
    assert len(tokens.asked) == 2


@pytest.mark.real
def test_a_refusal_is_told_with_the_servers_words(
    server: Dovecot, source: TokenSource, tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "token", lambda user, refused="": "of-somebody-else")
    with pytest.raises(LoginError, match=r"XOAUTH2.*AUTHENTICATIONFAILED"):
        ImapMailbox(server.url)


@pytest.mark.real
def test_doctor_names_what_is_wrong_with_the_tokens(
    server: Dovecot, tokens: TokenServer, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = given(
        tokens,
        IMAP_URL=server.url,
        SMTP_URL="smtp://lapor@127.0.0.1:1?auth=xoauth2",
        OAUTH_CLIENT_SECRET="salah",
    )
    monkeypatch.setattr("service.cli.doctor.settings", lambda: wrong)
    made = TokenSource(wrong)
    monkeypatch.setattr(oauth, "source", lambda: made)
    said = app.test_cli_runner().invoke(args=["doctor"]).output
    (line,) = [line for line in said.splitlines() if line.startswith("FAULT  mailbox lapor@")]
    assert "OAUTH_TOKEN_URL gives no token" in line
    assert "AADSTS7000215: Invalid client secret" in line


def test_a_token_is_kept_until_shortly_before_its_end(tokens: TokenServer) -> None:
    source = TokenSource(given(tokens))
    assert [source.token("a"), source.token("a")] == ["tok-1", "tok-1"]
    assert source.token("b") == "tok-2"
    tokens.life = int(oauth.MARGIN_SECONDS)
    short = TokenSource(given(tokens))
    assert short.token("a") != short.token("a")


@pytest.mark.parametrize("broken", ["<html>", "[]", '{"token": 1}', '{"access_token": "a\\r\\nb"}', ""])
def test_a_token_server_that_talks_nonsense_gives_a_token_error(tokens: TokenServer, broken: str) -> None:
    tokens.broken = broken or " "
    with pytest.raises(TokenError):
        TokenSource(given(tokens)).token("a")


def test_a_token_server_that_is_away_gives_a_token_error() -> None:
    with pytest.raises(TokenError, match="OAUTH_TOKEN_URL gives no token"):
        TokenSource(given(None, OAUTH_TOKEN_URL=f"http://127.0.0.1:{free_port()}/token")).token("a")


def by_command(tmp_path: Path, code: str) -> TokenSource:
    script = tmp_path / "token.py"
    script.write_text(code)
    return TokenSource(given(None, OAUTH_TOKEN_COMMAND=f"{sys.executable} {script} '{{user}}' $HOME"))


def test_a_token_comes_from_the_command_without_a_shell(tmp_path: Path) -> None:
    source = by_command(tmp_path, "import sys; print('.'.join(sys.argv[1:]))")
    assert source.token("lapor@kota.go.id") == "lapor@kota.go.id.$HOME"


def test_a_command_may_print_json_with_the_end_of_its_token(tmp_path: Path) -> None:
    count = tmp_path / "count"
    source = by_command(
        tmp_path,
        f"p = __import__('pathlib').Path({str(count)!r}); p.open('a').write('x');"
        'print(\'{"access_token": "t%d", "expires_in": "3599"}\' % len(p.read_text()))',
    )
    assert (source.token("a"), source.token("a"), source.token("a", refused="t1")) == ("t1", "t1", "t2")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise SystemExit('no such account')", "ended with 1: no such account"),
        ("print('two words')", "is none"),
        ("", "is none"),
        ("print('{')", "cannot be read"),
        ("import time; time.sleep(20)", "took more than"),
    ],
)
def test_a_command_that_gives_no_token_says_why(
    tmp_path: Path, code: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth, "TIMEOUT_SECONDS", 3)
    with pytest.raises(TokenError, match=words):
        by_command(tmp_path, code).token("a")


def test_a_command_that_is_not_there_says_so() -> None:
    with pytest.raises(TokenError, match="cannot be run"):
        TokenSource(given(None, OAUTH_TOKEN_COMMAND="/no/such/program")).token("a")


class Xoauth2Server:
    """Takes mails of those whose token is good."""

    def __init__(self, tokens: TokenServer) -> None:
        self.tokens = tokens
        self.got: list[bytes] = []

    async def auth_XOAUTH2(self, server: SMTP, words: list[str]) -> AuthResult:
        user, bearer = base64.b64decode(words[1]).decode().split("\1")[:2]
        if bearer.removeprefix("auth=Bearer ") in self.tokens.good:
            return AuthResult(success=True, auth_data=LoginPassword(user.encode(), b""))
        answer = await server.challenge_auth('{"status":"401","schemes":"Bearer"}')
        assert answer == b""
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if not session.authenticated:
            return "530 5.7.0 who are you"
        self.got.append(envelope.content or b"")
        return "250 OK"


@pytest.fixture
def smtp(tokens: TokenServer) -> Iterator[tuple[str, Xoauth2Server]]:
    handler, port = Xoauth2Server(tokens), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port, auth_require_tls=False)
    controller.start()
    yield f"smtp://{USER.replace('@', '%40')}@127.0.0.1:{port}?auth=xoauth2", handler
    controller.stop()


def test_mail_leaves_with_a_token(smtp: tuple[str, Xoauth2Server], source: TokenSource, tokens: TokenServer) -> None:
    url, handler = smtp
    for _ in range(2):
        with SmtpConnection(url) as connection:
            assert connection.send("a@b.example", "c@d.example", b"Subject: x\r\n\r\n").sent
        tokens.good.clear()  # the second connection finds its token withdrawn
    assert (len(handler.got), len(tokens.asked)) == (2, 2)


def test_without_a_token_no_mail_is_at_fault(
    smtp: tuple[str, Xoauth2Server], tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = TokenSource(given(tokens, OAUTH_CLIENT_SECRET="salah"))
    monkeypatch.setattr(oauth, "source", lambda: made)
    with SmtpConnection(smtp[0]) as connection:
        outcome = connection.send("a@b.example", "c@d.example", b"Subject: x\r\n\r\n")
    assert (outcome.sent, outcome.permanent, outcome.reachable) == (False, False, False)
    assert "Invalid client secret" in outcome.words
