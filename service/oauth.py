"""Tokens instead of passwords, for mail servers that take no passwords any more (Gmail, Microsoft 365).

A URL with `?auth=xoauth2` is logged in to with SASL XOAUTH2. The token comes from a command of the administrator
(OAUTH_TOKEN_COMMAND), or by the client-credentials grant (RFC 6749 §4.4) from OAUTH_TOKEN_URL.
"""

import json
import shlex
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from service.config import Settings, settings

TIMEOUT_SECONDS = 20
# A token is not used in its last minutes: it must outlive the login, and clocks differ.
MARGIN_SECONDS = 120
# How long a token is kept whose end nobody has told us.
UNKNOWN_LIFE_SECONDS = 300 + MARGIN_SECONDS


class TokenError(ConnectionError):
    """No token can be had. A ConnectionError: no server can be spoken to, and no mail is at fault for it."""


class Sasl:
    """One SASL XOAUTH2 conversation, as `imaplib` and `smtplib` want it: called with each challenge.

    The first call gives the token. A second one means that the server refuses and says why; it waits for an empty
    answer before it ends the exchange with its NO.
    """

    def __init__(self, user: str, token: str) -> None:
        self._answers = [f"user={user}\1auth=Bearer {token}\1\1"]
        self.said = ""

    def __call__(self, challenge: bytes | None = None) -> str:
        if self._answers:
            return self._answers.pop()
        self.said = (challenge or b"").decode("utf-8", "replace")
        return ""


class TokenSource:
    """Gives tokens, each kept until shortly before its end. Safe for several threads."""

    def __init__(self, given: Settings) -> None:
        self._settings = given
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[str, float]] = {}  # token and its end, by user

    def token(self, user: str, refused: str = "") -> str:
        """A token for `user`; a new one when the last was `refused`. Raises TokenError."""
        with self._lock:
            kept, end = self._kept.get(user, ("", 0.0))
            if kept and kept != refused and time.monotonic() < end - MARGIN_SECONDS:
                return kept
            asked_at = time.monotonic()
            token, life = self._by_command(user) if self._settings.oauth_token_command else self._by_credentials()
            if not token or any(not 32 < ord(sign) < 127 for sign in token):
                raise TokenError("what was given instead of an OAuth token is none")
            self._kept[user] = (token, asked_at + life)
            return token

    def _by_command(self, user: str) -> tuple[str, float]:
        """What the command prints: the token, or JSON as token endpoints give it. `{user}` in its words is replaced;
        no shell sees it."""
        words = [word.replace("{user}", user) for word in shlex.split(self._settings.oauth_token_command)]
        try:
            done = subprocess.run(  # noqa: S603 - the administrator's own command
                words, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            raise TokenError(f"OAUTH_TOKEN_COMMAND took more than {TIMEOUT_SECONDS} s") from None
        except (OSError, ValueError) as error:
            raise TokenError(f"OAUTH_TOKEN_COMMAND cannot be run: {error}") from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [""])[-1][:200]
            raise TokenError(f"OAUTH_TOKEN_COMMAND ended with {done.returncode}: {last}")
        said = done.stdout.strip()
        if not said.startswith("{"):
            return said, UNKNOWN_LIFE_SECONDS
        try:
            return _read(json.loads(said))
        except ValueError as error:
            raise TokenError("OAUTH_TOKEN_COMMAND printed JSON that cannot be read") from error

    def _by_credentials(self) -> tuple[str, float]:
        # Imported here: it takes 15 MB, and most servers still take passwords.
        from authlib.common.errors import AuthlibBaseError
        from authlib.integrations.requests_client import OAuth2Session
        from requests import RequestException

        given = self._settings
        # requests has its own list of authorities; the administrator's (SSL_CERT_FILE) must count here too.
        authorities = ssl.get_default_verify_paths().cafile or True
        try:
            with OAuth2Session(
                given.oauth_client_id,
                given.oauth_client_secret,
                scope=given.oauth_scope or None,
                token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
            ) as session:
                answer = session.fetch_token(
                    given.oauth_token_url,
                    grant_type="client_credentials",
                    timeout=TIMEOUT_SECONDS,
                    verify=authorities,
                )
        except (AuthlibBaseError, RequestException, ValueError) as error:
            raise TokenError(f"OAUTH_TOKEN_URL gives no token: {' '.join(str(error).split())[:300]}") from error
        return _read(answer)


def _read(answer: Any) -> tuple[str, float]:
    """Token and seconds of life from a token endpoint's JSON (RFC 6749 §5.1)."""
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
        raise TokenError("the answer holds no access_token")
    try:
        return answer["access_token"], float(answer.get("expires_in") or UNKNOWN_LIFE_SECONDS)
    except (TypeError, ValueError):
        return answer["access_token"], UNKNOWN_LIFE_SECONDS


@cache
def source() -> TokenSource:
    """The tokens of this process."""
    return TokenSource(settings())


def log_in(user: str, attempt: Callable[[Sasl], object], refusal: type[Exception]) -> None:
    """Log in by `attempt`, which hands the conversation to `imaplib` or `smtplib` and raises `refusal` when the server
    says no. Then the token may have been withdrawn before its end: it is tried once more with a new one.

    Raises TokenError, and `refusal` with the server's words.
    """
    tokens = source()
    token = tokens.token(user)
    try:
        attempt(Sasl(user, token))
    except refusal:
        new = tokens.token(user, refused=token)
        if new == token:
            raise
        attempt(Sasl(user, new))
