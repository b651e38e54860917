"""The way out: SMTP connections, kept open between mails."""

import re
import select
import smtplib
import ssl
import time
from dataclasses import dataclass
from functools import partial
from typing import Self
from urllib.parse import unquote, urlsplit

from service.config import needs_tls, wants_oauth
from service.mail.addresses import split_tag
from service.oauth import log_in

TIMEOUT_SECONDS = 30
# How long a server may think about a mail after its last line: filters take their time, and a mail given up here is
# sent again though it was taken (RFC 5321 §4.5.3.2.6). Less than the ten minutes asked for there: a lease lasts five.
VERDICT_SECONDS = 90
# A connection that was silent this long is asked whether it still lives before a mail is trusted to it.
IDLE_SECONDS = 10
# How long a server that could not be reached is passed over, while there is another one.
AVOID_SECONDS = 60
_ENHANCED = re.compile(r"^(?P<class>[245])\.(?P<subject>\d{1,3})\.(?P<detail>\d{1,3})\b")
_TOO_MANY = re.compile(r"too (?:many|much)|throttl|rate[- ]?limit|unusual rate|server (?:is )?busy", re.IGNORECASE)
_GREYLISTED = re.compile(r"gr[ea]y-?list", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """What the server said. `permanent` only when it speaks of this mail for good; `crowded` when it wants less mail
    for the recipient's domain; `unsure` when it was handed the mail and never said whether it took it; `reachable` is
    False when no server would take any mail from us at all."""

    sent: bool
    permanent: bool
    words: str
    reachable: bool = True
    crowded: bool = False
    unsure: bool = False


class NoVerdictError(Exception):
    """The connection broke, or the server fell silent, while it was given a mail."""


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


def is_crowded(code: int, words: str) -> bool:
    """Whether a refusal asks us to send less to this domain: 421, what speaks of rates, or 4.7.x.

    Not a greylisting server (also in the disguise of 4.7.1 without more words): that one asks for patience with one
    sender and recipient, and to wait with the whole domain would make each of its mailboxes wait for the last.
    """
    if code // 100 != 4 or _GREYLISTED.search(words):
        return False
    found = _ENHANCED.match(words.strip())
    policy = bool(found) and (found["class"], found["subject"]) == ("4", "7") and found["detail"] != "1"
    return code == 421 or policy or bool(_TOO_MANY.search(words))


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
        self._tagged_senders = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        """Hand one mail to the server; never raises for what a server or network can do."""
        try:
            client, refused = self._begun(sender, len(raw))
        except (OSError, smtplib.SMTPException) as error:
            # While connecting, logging in or before any recipient was named: not about this mail.
            self.close()
            return Outcome(False, False, _said(error), reachable=False)
        try:
            return refused or self._handed_over(client, recipient, raw)
        except NoVerdictError as error:
            self.close()
            return Outcome(False, False, str(error), unsure=True)
        except (OSError, smtplib.SMTPException) as error:
            # In the middle of this mail: it may be the mail that the server cannot stand.
            self.close()
            return Outcome(False, False, _said(error))
        except ValueError as error:  # an address that cannot be said in SMTP
            self.close()
            return Outcome(False, True, _said(error))

    def _begun(self, sender: str, size: int) -> tuple[smtplib.SMTP, Outcome | None]:
        """The connection, with a mail begun on it; or with an outcome, when the mail is too large for the server.

        Raises smtplib.SMTPSenderRefused when the server takes no mail from us.
        """
        client = self._ready()
        options = [f"size={size}"] if client.has_extn("size") else []
        base = split_tag(sender)[0]
        named = sender if self._tagged_senders else base
        code, words = client.mail(named, options)
        if code >= 500 and named != base and not _too_large(code, _text(words)):
            # Some servers let an account send as its bare address only. Bounces are then matched by Message-ID.
            client.rset()
            code, words = client.mail(base, options)
            self._tagged_senders = code >= 400
        if code < 400:
            return client, None
        said = _text(words)
        if not _too_large(code, said):
            raise smtplib.SMTPSenderRefused(code, said.encode(), sender)
        self._forget_mail(client)
        return client, Outcome(False, True, f"{code} {said}")

    def _handed_over(self, client: smtplib.SMTP, recipient: str, raw: bytes) -> Outcome:
        code, words = client.rcpt(recipient)
        if code < 400:
            code, words = self._data(client, raw)
        said = _text(words)
        line = f"{code} {said}"
        if code < 400:
            return Outcome(True, False, line)
        self._forget_mail(client)
        return Outcome(False, is_permanent(code, said), line, crowded=is_crowded(code, said))

    def _data(self, client: smtplib.SMTP, raw: bytes) -> tuple[int, bytes]:
        if client.sock is not None:
            client.sock.settimeout(max(self._timeout, VERDICT_SECONDS))
        try:
            return client.data(raw)
        except smtplib.SMTPDataError as error:
            return error.smtp_code, _text(error.smtp_error).encode()
        except (OSError, smtplib.SMTPException) as error:
            raise NoVerdictError(_said(error)) from error
        finally:
            if client.sock is not None:
                client.sock.settimeout(self._timeout)

    def _forget_mail(self, client: smtplib.SMTP) -> None:
        """Make room for the next mail. Servers may hang up after a refusal (421 always): that changes no verdict."""
        try:
            client.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _ready(self) -> smtplib.SMTP:
        """The open connection, or a new one where the server has closed it meanwhile."""
        if not self._alive():
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
        if wants_oauth(self._url):
            log_in(unquote(self._url.username or ""), partial(client.auth, "XOAUTH2"), smtplib.SMTPAuthenticationError)
        elif self._url.username:
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


def _too_large(code: int, words: str) -> bool:
    """Whether a server that hears the size of a mail finds it too large (RFC 1870, RFC 3463 X.3.4)."""
    return code == 552 or bool(re.match(r"5\.3\.4\b", words.strip()))


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
