"""Opening an IMAP connection: encrypted or not at all, and logged in."""

import contextlib
import socket
import ssl
from urllib.parse import SplitResult, unquote, urlsplit

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from service import oauth
from service.config import needs_tls, wants_oauth

# What a broken connection looks like; anything else that IMAPClient raises is about one command.
BROKEN = (IMAPClientAbortError, OSError, EOFError)
GOODBYE_SECONDS = 5


def connect(url: str, timeout: float) -> IMAPClient:
    """A connection that is logged in. `timeout` (seconds) holds for connecting and for each silence of the server.

    Certificates are verified against the system's authorities, or those of SSL_CERT_FILE. A server that offers no
    STARTTLS where it is needed is refused (`CapabilityError`): nothing falls back to plain text. Raises BROKEN errors,
    LoginError with the server's words, and `oauth.TokenError`.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "imaps"
    context = ssl.create_default_context()
    client = IMAPClient(
        parts.hostname or "localhost",
        port=parts.port or (993 if secure else 143),
        ssl=secure,
        ssl_context=context if secure else None,
        timeout=timeout,
    )
    try:
        if not secure and needs_tls(parts):
            client.starttls(context)
        # IMAPClient sends some commands in pieces; with Nagle's algorithm each would wait 40 ms. And a connection that
        # a router has forgotten must be noticed by the kernel, too.
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        _log_in(client, parts)
        client.normalise_times = False  # INTERNALDATE with its zone, as the server gives it
    except BaseException:
        disconnect(client)
        raise
    return client


def _log_in(client: IMAPClient, parts: SplitResult) -> None:
    user = unquote(parts.username or "")
    if not wants_oauth(parts):
        client.login(user, unquote(parts.password or ""))
        return

    def attempt(sasl: oauth.Sasl) -> None:
        try:
            client.sasl_login("XOAUTH2", sasl)
        except LoginError as error:
            raise LoginError(f"XOAUTH2: {error} {sasl.said}".strip()) from error

    oauth.log_in(user, attempt, LoginError)


def disconnect(client: IMAPClient) -> None:
    """End the connection, whatever state it is in, and do not wait long for an answer."""
    with contextlib.suppress(*BROKEN, IMAPClientError):
        client.socket().settimeout(GOODBYE_SECONDS)
        client.logout()
    with contextlib.suppress(*BROKEN, IMAPClientError):
        client.shutdown()
