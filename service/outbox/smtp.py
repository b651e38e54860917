"""The way out: SMTP connections, kept open between mails."""

import re
import select
import smtplib
import ssl
import time
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

from service.config import needs_tls

TIMEOUT_SECONDS = 30
# A connection that was silent this long is asked whether it still lives before a mail is trusted to it.
IDLE_SECONDS = 10
# How long a server that could not be reached is passed over, while there is another one.
AVOID_SECONDS = 60
_ENHANCED = re.compile(r"^(?P<class>[245])\.(?P<subject>\d{1,3})\.(?P<detail>\d{1,3})\b")


@dataclass(frozen=True)
class Outcome:
    """What the server said. `permanent` only when it speaks of this mail for good;
    `reachable` is False when no server would talk to us at all."""

    sent: bool
    permanent: bool
    words: str
    reachable: bool = True


def is_permanent(code: int, words: str) -> bool:
    """Whether a refusal is for good: by the enhanced status code where there is one (RFC 3463), else by the reply
    code (RFC 5321 §4.2.1). A full mailbox (X.2.2) is a persistent *transient* failure by RFC 3463 §3.3, whatever
    its class."""
    found = _ENHANCED.match(words.strip())
    if not found:
        return code >= 500
    if (found["subject"], found["detail"]) == ("2", "2"):
        return False
    return found["class"] == "5"


class SmtpRoute:
    """Several servers, the preferred one first: a mail goes to the first that can be reached.

    Used like a connection; `urls` is what `SMTP_URL` holds, separated by commas.
    """

    def __init__(self, urls: str) -> None:
        self._servers = [SmtpConnection(url.strip()) for url in urls.split(",") if url.strip()]
        self._avoided: dict[SmtpConnection, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for server in self._servers:
            server.close()

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        """Hand one mail to the first server that talks to us; never raises for what servers can do."""
        now = time.monotonic()
        fit = [server for server in self._servers if self._avoided.get(server, 0) <= now] or self._servers
        for server in fit:
            outcome = server.send(sender, recipient, raw)
            if outcome.reachable:
                return outcome
            self._avoided[server] = now + AVOID_SECONDS
        return outcome


class SmtpConnection:
    """Sends mails over `SMTP_URL` (`smtp://user:pass@host:587?starttls=required`, `smtps://…:465`).

    Opened at the first mail, reused, reopened after any fault. Use as a context manager.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._url = urlsplit(url)
        self._timeout = timeout
        self._client: smtplib.SMTP | None = None
        self._spoke_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        """Hand one mail to the server; never raises for what a server or network can do."""
        try:
            return self._send(sender, recipient, raw)
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            return Outcome(False, False, f"disconnected: {error}", reachable=False)
        except smtplib.SMTPResponseException as error:
            # Said while connecting, logging in or before any recipient: not about this mail.
            self.close()
            return Outcome(False, False, f"{error.smtp_code} {_text(error.smtp_error)}", reachable=False)
        except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
            self.close()
            return Outcome(False, False, f"{type(error).__name__}: {error}", reachable=False)

    def _send(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        client = self._ready()
        code, words = client.mail(sender, [f"size={len(raw)}"] if client.has_extn("size") else [])
        if code >= 400:  # about us as a sender, not about this mail or its recipient
            client.rset()
            return Outcome(False, False, f"{code} {_text(words)}")
        code, words = client.rcpt(recipient)
        if code < 400:
            try:
                code, words = client.data(raw)
            except smtplib.SMTPDataError as error:
                code, words = error.smtp_code, error.smtp_error
        said = _text(words)
        if code < 400:
            return Outcome(True, False, f"{code} {said}")
        client.rset()
        return Outcome(False, is_permanent(code, said), f"{code} {said}")

    def _ready(self) -> smtplib.SMTP:
        """The open connection, or a new one where the server has closed it meanwhile."""
        if self._client is not None and not self._alive():
            self.close()
        self._client = self._client or self._open()
        self._spoke_at = time.monotonic()
        return self._client

    def _alive(self) -> bool:
        if time.monotonic() - self._spoke_at < IDLE_SECONDS:
            return not _has_news(self._client)
        try:
            return self._client is not None and self._client.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _open(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port
        context = ssl.create_default_context()
        if self._url.scheme == "smtps":
            client: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=self._timeout, context=context)
        else:
            client = smtplib.SMTP(host, port or 25, timeout=self._timeout)
        client.ehlo_or_helo_if_needed()
        if self._url.scheme == "smtp" and needs_tls(self._url):
            client.starttls(context=context)  # raises when the server has none: no silent fallback to plain text
            client.ehlo()
        if self._url.username:
            client.login(unquote(self._url.username), unquote(self._url.password or ""))
        return client

    def probe(self) -> None:
        """Connect and log in; raises what smtplib raises."""
        self._client = self._open()
        self.close()

    def close(self) -> None:
        """End the connection, whatever state it is in."""
        if self._client is None:
            return
        try:
            self._client.quit()
        except (OSError, smtplib.SMTPException):
            self._client.close()
        self._client = None


def _has_news(client: smtplib.SMTP | None) -> bool:
    """Whether a server that owes us no answer has sent something, or hung up."""
    return client is not None and client.sock is not None and bool(select.select([client.sock], [], [], 0)[0])


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
