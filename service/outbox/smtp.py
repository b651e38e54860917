"""The way out: one SMTP connection, kept open between mails."""

import smtplib
import ssl
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Outcome:
    """What the server said. `permanent` only by a 5xx that speaks of this mail (RFC 5321 §4.2.1);
    `reachable` is False when no server would talk to us at all."""

    sent: bool
    permanent: bool
    words: str
    reachable: bool = True


class SmtpConnection:
    """Sends mails over `SMTP_URL` (`smtp://user:pass@host:587?starttls=required`, `smtps://…:465`).

    Opened at the first mail, reused, reopened after any fault. Use as a context manager.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._url = urlsplit(url)
        self._starttls = parse_qs(self._url.query).get("starttls", [""])[0]
        self._timeout = timeout
        self._client: smtplib.SMTP | None = None

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
        if self._client is not None and not self._alive():
            self.close()
        client = self._client = self._client or self._open()
        for code, words in self._dialogue(client, sender, recipient, raw):
            if code >= 400:
                client.rset()
                return Outcome(False, code >= 500, f"{code} {_text(words)}")
        return Outcome(True, False, f"{code} {_text(words)}")

    def _dialogue(self, client: smtplib.SMTP, sender: str, recipient: str, raw: bytes):
        yield client.mail(sender, [f"size={len(raw)}"] if client.has_extn("size") else [])
        yield client.rcpt(recipient)
        try:
            yield client.data(raw)
        except smtplib.SMTPDataError as error:
            yield error.smtp_code, error.smtp_error

    def _alive(self) -> bool:
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
        if self._starttls == "required" or (self._starttls != "no" and client.has_extn("starttls") and port == 587):
            client.starttls(context=context)
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


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
