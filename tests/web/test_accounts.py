"""Signing in and out."""

from collections.abc import Callable

import pytest

from service.agencies import accounts
from service.agencies.records import Account
from service.database import transaction
from service.tables import Session
from service.web.limits import limiter
from tests.fakes.clock import FakeClock
from tests.web.conftest import PASSWORD, Browser

HOMES = {
    "dewi": "/meja",
    "budi": "/opd",
    "hendra": "/opd",
    "arif": "/kota",
    "ina": "/kota",
    "fajar": "/admin",
}


@pytest.mark.parametrize("name", HOMES)
def test_signing_in_leads_to_the_first_page_of_the_role(name: str, sari: Browser, cast: dict[str, Account]) -> None:
    answer = sari.post("/masuk", email=f" {name.upper()}@kantor.example ", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, HOMES[name])
    page = sari.get(answer.location)
    assert page.status_code == 200
    assert name.capitalize() in page.text


@pytest.mark.parametrize(
    ("email", "password"),
    [("dewi@kantor.example", "salah sekali"), ("siapa@kantor.example", PASSWORD), ("", ""), ("\0", "\0")],
)
def test_a_wrong_address_and_a_wrong_password_get_the_same_words(
    sari: Browser, cast: dict[str, Account], email: str, password: str
) -> None:
    answer = sari.post("/masuk", email=email, password=password)
    assert answer.status_code == 401
    assert "Email atau kata sandi tidak cocok." in answer.text


def test_a_shut_account_ends_at_once(browser_of: Callable[[str], Browser], cast: dict[str, Account]) -> None:
    dewi = browser_of("dewi")
    assert dewi.get("/meja").status_code == 200
    with transaction() as session:
        session.get_one(Account, cast["dewi"].id).active = False
    assert dewi.get("/meja").status_code == 303
    assert dewi.post("/masuk", email="dewi@kantor.example", password=PASSWORD).status_code == 401


def test_after_signing_out_nothing_opens(browser_of: Callable[[str], Browser]) -> None:
    dewi = browser_of("dewi")
    dewi.post("/keluar")
    assert dewi.get("/meja").location.startswith("/masuk")


def test_a_new_password_ends_the_sessions_on_other_devices(
    browser_of: Callable[[str], Browser], cast: dict[str, Account]
) -> None:
    here, there = browser_of("dewi"), browser_of("dewi")
    new = "kata sandi yang baru"
    assert here.post("/sandi", old="salah", new=new, again=new).status_code == 422
    assert here.post("/sandi", old=PASSWORD, new="pendek", again="pendek").status_code == 422
    assert here.post("/sandi", old=PASSWORD, new=new, again="lain lain lain").status_code == 422
    assert here.post("/sandi", old=PASSWORD, new=new, again=new).location == "/meja"
    assert here.get("/meja").status_code == 200
    assert there.get("/meja").status_code == 303


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/meja/karantina", "/meja/karantina"),
        ("https://jahat.example/", "/meja"),
        ("//jahat.example/", "/meja"),
        ("/\\jahat.example", "/meja"),
        ("/%09/jahat.example", "/meja"),
        ("javascript:alert(1)", "/meja"),
    ],
)
def test_signing_in_leads_back_to_our_own_pages_only(
    sari: Browser, cast: dict[str, Account], asked: str, led: str
) -> None:
    answer = sari.post(f"/masuk?next={asked}", email="dewi@kantor.example", password=PASSWORD)
    assert answer.location == led


def test_the_eleventh_try_in_a_minute_waits(sari: Browser, cast: dict[str, Account]) -> None:
    limiter.enabled = True
    token = sari.token()
    data = {"csrf_token": token, "email": "tebak@kantor.example", "password": "x"}
    codes = [
        sari.open("/masuk", method="POST", data=data, environ_base={"REMOTE_ADDR": f"198.51.100.{n}"}).status_code
        for n in range(11)
    ]
    assert codes == [401] * 10 + [429]


def test_one_machine_cannot_try_many_accounts(sari: Browser, cast: dict[str, Account]) -> None:
    limiter.enabled = True
    token = sari.token()
    codes = [
        sari.open(
            "/masuk",
            method="POST",
            data={"csrf_token": token, "email": f"tebak{n}@kantor.example", "password": "x"},
            environ_base={"REMOTE_ADDR": "203.0.113.99"},
        ).status_code
        for n in range(11)
    ]
    assert codes == [401] * 10 + [429]


def test_accounts_are_opened_with_care(session: Session) -> None:
    for faulty in (
        ("no address", "N", "desk", None, PASSWORD),
        ("a@b.id", "N", "king", None, PASSWORD),
        ("a@b.id", "N", "officer", None, PASSWORD),
        ("a@b.id", "N", "desk", None, "short"),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            accounts.create_account(session, *faulty)
    accounts.create_account(session, "Dewi@Kantor.example", "Dewi", "desk", None, PASSWORD)
    with pytest.raises(ValueError, match="has an account"):
        accounts.create_account(session, "dewi@kantor.example", "Dewi", "desk", None, PASSWORD)


def test_a_sign_in_is_noted(session: Session, clock: FakeClock) -> None:
    accounts.create_account(session, "dewi@kantor.example", "Dewi", "desk", None, PASSWORD)
    account = accounts.verify(session, "dewi@kantor.example", PASSWORD, clock())
    assert account
    assert account.signed_in_at == clock.instant
    assert account.password_hash.startswith("$argon2id$")
