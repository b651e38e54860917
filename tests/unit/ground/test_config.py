"""Settings and the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from service.clock import simulated
from service.config import ConfigError, load

GOOD = {
    "DATABASE_URL": "postgresql://localhost/tuntas",
    "REDIS_URL": "redis://localhost",
    "SMTP_URL": "smtp://localhost",
    "MAIL_ADDRESS": "Lapor@Kota.example",
    "PUBLIC_URL": "https://lapor.kota.example/",
    "SECRET_KEY": "s" * 32,
}


def test_good_settings_are_read_and_tidied() -> None:
    settings = load(GOOD | {"IMAP_URL": "imaps://a:b@mail/INBOX, imaps://c:d@mail"})
    assert settings.database_url == "postgresql+psycopg://localhost/tuntas"
    assert settings.mail_address == "lapor@kota.example"
    assert settings.public_url == "https://lapor.kota.example"
    assert len(settings.imap_urls) == 2
    assert settings.env == "production"


def test_all_faults_are_named_at_once() -> None:
    bad = {"DATABASE_URL": "mysql://x", "SECRET_KEY": "short", "TUNTAS_CLOCK": "2026", "POLL_SECONDS": "often"}
    with pytest.raises(ConfigError) as caught:
        load(bad | {"METRICS_TOKEN": "short"})
    for part in (
        "REDIS_URL is not set",
        "DATABASE_URL must start",
        "SECRET_KEY is shorter",
        "TUNTAS_CLOCK",
        "POLL_SECONDS",
        "METRICS_TOKEN is shorter",
    ):
        assert part in str(caught.value)


CREDENTIALS = {"OAUTH_TOKEN_URL": "https://login.example/token", "OAUTH_CLIENT_ID": "a", "OAUTH_CLIENT_SECRET": "b"}
TOKEN_MAILBOX = {"IMAP_URL": "imaps://lapor%40kota.example@mail/INBOX?auth=xoauth2"}


@pytest.mark.parametrize("more", [CREDENTIALS, {"OAUTH_TOKEN_COMMAND": "print-token {user}"}])
def test_a_mailbox_that_wants_tokens_is_told_where_they_come_from(more: dict[str, str]) -> None:
    assert load(GOOD | TOKEN_MAILBOX | more).oauth_client_id == more.get("OAUTH_CLIENT_ID", "")


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (TOKEN_MAILBOX, "needs OAUTH_TOKEN_COMMAND, or OAUTH_TOKEN_URL"),
        (CREDENTIALS | {"IMAP_URL": "imaps://mail/INBOX?auth=xoauth2"}, "must name the user"),
        (TOKEN_MAILBOX | CREDENTIALS | {"OAUTH_TOKEN_URL": "http://login.example/token"}, "OAUTH_TOKEN_URL must start"),
        ({"SMTP_URL": "smtp://a@b?auth=oauth"}, "auth=oauth is not known"),
    ],
)
def test_half_a_setting_of_tokens_is_refused(more: dict[str, str], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        load(GOOD | more)


def test_a_simulated_clock_counts_from_its_anchor_at_its_speed() -> None:
    since = datetime.now(UTC).timestamp() - 10
    clock = simulated(f"2026-11-23T08:00+07:00@600x;since={since}")
    passed = clock() - datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert timedelta(seconds=6000) <= passed < timedelta(seconds=7200)


@pytest.mark.parametrize("text", ["soon", "2026-11-23T08:00", "2026-11-23T08:00+07:00@fast"])
def test_a_clock_that_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"TUNTAS_CLOCK|isoformat"):
        simulated(text)
