"""Settings, read once from the environment (or `.env`) and refused when they make no sense."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from dotenv import dotenv_values


class ConfigError(Exception):
    """One or more settings are missing or wrong; the message names them all."""


@dataclass(frozen=True)
class Settings:
    """What the environment says. URLs may hold passwords: never log this object."""

    env: str
    database_url: str
    redis_url: str
    smtp_url: str
    imap_urls: tuple[str, ...]
    mail_address: str
    public_url: str
    secret_key: str
    blob_url: str
    home: Path
    preset: str
    clock: str
    sweep_seconds: int
    poll_seconds: int
    trusted_proxies: int
    trusted_authserv: str
    dkim_key_file: str
    dkim_selector: str
    metrics_token: str
    oauth_token_command: str
    oauth_token_url: str
    oauth_client_id: str
    oauth_client_secret: str
    oauth_scope: str

    @property
    def mail_domain(self) -> str:
        """The domain part of `mail_address`."""
        return self.mail_address.rpartition("@")[2]


NEEDED = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "MAIL_ADDRESS", "PUBLIC_URL", "SECRET_KEY")
SCHEMES = {
    "DATABASE_URL": ("postgresql", "postgresql+psycopg"),
    "REDIS_URL": ("redis", "rediss", "unix"),
    "SMTP_URL": ("smtp", "smtps"),
    "IMAP_URL": ("imap", "imaps"),
    "PUBLIC_URL": ("http", "https"),
    "BLOB_URL": ("file",),
}


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from `environ`; raises ConfigError naming every fault at once."""
    faults = [f"{name} is not set" for name in NEEDED if not environ.get(name)]
    faults += _scheme_faults(environ) + _oauth_faults(environ)
    env = environ.get("TUNTAS_ENV", "production")
    if env not in ("production", "local", "test"):
        faults.append(f"TUNTAS_ENV is {env!r}; it must be production, local or test")
    if environ.get("TUNTAS_CLOCK") and env == "production":
        faults.append("TUNTAS_CLOCK is for the demo and tests only")
    if env == "production" and 0 < len(environ.get("SECRET_KEY", "")) < 32:
        faults.append("SECRET_KEY is shorter than 32 characters")
    if environ.get("MAIL_ADDRESS") and "@" not in environ["MAIL_ADDRESS"]:
        faults.append("MAIL_ADDRESS is not an address")
    if 0 < len(environ.get("METRICS_TOKEN", "")) < 16:
        faults.append("METRICS_TOKEN is shorter than 16 characters")
    if environ.get("DKIM_KEY_FILE") and not os.access(environ["DKIM_KEY_FILE"], os.R_OK):
        faults.append("DKIM_KEY_FILE cannot be read")
    numbers = {}
    for name, default in (("SWEEP_SECONDS", 3), ("POLL_SECONDS", 4), ("TRUSTED_PROXIES", 0)):
        text = environ.get(name, str(default))
        if not text.isdigit():
            faults.append(f"{name} is {text!r}; it must be a whole number")
        numbers[name] = int(text) if text.isdigit() else default
    if faults:
        raise ConfigError("; ".join(faults))
    home = Path(environ.get("TUNTAS_HOME", "var")).resolve()
    return Settings(
        env=env,
        database_url=_psycopg(environ["DATABASE_URL"]),
        redis_url=environ["REDIS_URL"],
        smtp_url=environ["SMTP_URL"],
        imap_urls=tuple(url.strip() for url in environ.get("IMAP_URL", "").split(",") if url.strip()),
        mail_address=environ["MAIL_ADDRESS"].lower(),
        public_url=environ["PUBLIC_URL"].rstrip("/"),
        secret_key=environ["SECRET_KEY"],
        blob_url=environ.get("BLOB_URL") or f"file://{home / 'blobs'}",
        home=home,
        preset=environ.get("TUNTAS_PRESET", "kota-bengkulu"),
        clock=environ.get("TUNTAS_CLOCK", ""),
        sweep_seconds=max(1, numbers["SWEEP_SECONDS"]),
        poll_seconds=max(1, numbers["POLL_SECONDS"]),
        trusted_proxies=numbers["TRUSTED_PROXIES"],
        trusted_authserv=environ.get("TRUSTED_AUTHSERV", "").lower(),
        dkim_key_file=environ.get("DKIM_KEY_FILE", ""),
        dkim_selector=environ.get("DKIM_SELECTOR", "tuntas"),
        metrics_token=environ.get("METRICS_TOKEN", ""),
        oauth_token_command=environ.get("OAUTH_TOKEN_COMMAND", ""),
        oauth_token_url=environ.get("OAUTH_TOKEN_URL", ""),
        oauth_client_id=environ.get("OAUTH_CLIENT_ID", ""),
        oauth_client_secret=environ.get("OAUTH_CLIENT_SECRET", ""),
        oauth_scope=environ.get("OAUTH_SCOPE", ""),
    )


def _scheme_faults(environ: Mapping[str, str]) -> list[str]:
    faults = []
    for name, schemes in SCHEMES.items():
        for url in environ.get(name, "").split(","):
            if url.strip() and urlsplit(url.strip()).scheme not in schemes:
                faults.append(f"{name} must start with {' or '.join(s + '://' for s in schemes)}")
    return faults


OAUTH_CREDENTIALS = ("OAUTH_TOKEN_URL", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET")


def _oauth_faults(environ: Mapping[str, str]) -> list[str]:
    """What a URL with `?auth=xoauth2` needs, and other words after `auth=`."""
    urls = [url.strip() for name in ("IMAP_URL", "SMTP_URL") for url in environ.get(name, "").split(",") if url.strip()]
    asked = {method for url in urls for method in parse_qs(urlsplit(url).query).get("auth", [])}
    faults = [f"auth={method} is not known; only auth=xoauth2 is" for method in sorted(asked - {"xoauth2"})]
    if "xoauth2" not in asked:
        return faults
    if any(wants_oauth(urlsplit(url)) and not urlsplit(url).username for url in urls):
        faults.append("a URL with auth=xoauth2 must name the user")
    if not environ.get("OAUTH_TOKEN_COMMAND") and not all(environ.get(name) for name in OAUTH_CREDENTIALS):
        faults.append(f"auth=xoauth2 needs OAUTH_TOKEN_COMMAND, or {', '.join(OAUTH_CREDENTIALS)}")
    token_url = urlsplit(environ.get("OAUTH_TOKEN_URL", ""))
    if token_url.netloc and token_url.scheme != "https" and not _is_loopback(token_url.hostname or ""):
        faults.append("OAUTH_TOKEN_URL must start with https://")
    return faults


def wants_oauth(url: SplitResult) -> bool:
    """Whether to log in with a token instead of a password."""
    return parse_qs(url.query).get("auth") == ["xoauth2"]


def _psycopg(url: str) -> str:
    """The same URL with the driver that we install named."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def needs_tls(url: SplitResult) -> bool:
    """Whether a plain URL must be raised to TLS: when it says so (`?starttls=required`), or when a password would
    cross a network (`?starttls=no` allows even that)."""
    wish = parse_qs(url.query).get("starttls", [""])[0]
    return wish == "required" or (wish != "no" and bool(url.username) and not _is_loopback(url.hostname or ""))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def settings() -> Settings:
    """The settings of this process. The environment wins over `.env`."""
    file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return load({**file, **os.environ})
