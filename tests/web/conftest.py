"""The cast in front of their browsers."""

import re
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from service import clock
from service.agencies import accounts
from service.agencies.directory import Directory
from service.agencies.records import Account
from service.casework.open import Submission, open_case
from service.complaints.records import Complaint
from service.database import transaction
from service.web.accounts.signed_in import STAMP, stamp_of
from service.web.limits import limiter

PASSWORD = "rahasia sekali 2026"
# Who is what, and where.
CAST = {
    "dewi": ("desk", None),
    "budi": ("officer", "pupr"),
    "hendra": ("head", "pupr"),
    "rina": ("officer", "dlh"),
    "arif": ("leader", None),
    "ina": ("inspector", None),
    "fajar": ("administrator", None),
}


@cache
def _hash() -> str:
    return accounts.hash_password(PASSWORD)


@pytest.fixture(autouse=True)
def _no_counts_from_other_tests(app: Flask) -> Iterator[None]:
    limiter.enabled = False
    yield
    limiter.enabled = True


@pytest.fixture
def cast(directory: Directory) -> dict[str, Account]:
    """Everybody's account."""
    with transaction() as session:
        people = {
            name: Account(
                email=f"{name}@kantor.example",
                name=name.capitalize(),
                role=role,
                agency_id=directory.by_code[agency].id if agency else None,
                password_hash=_hash(),
                active=True,
                signed_in_at=None,
            )
            for name, (role, agency) in CAST.items()
        }
        session.add_all(people.values())
        session.flush()
        for account in people.values():
            session.refresh(account)
            session.expunge(account)
    return people


@dataclass
class Browser:
    """A browser that takes tokens out of forms, as a form does."""

    client: FlaskClient

    def open(self, address: str, **request: Any) -> TestResponse:
        """Send a request, outside the test's own application context: a real one would not share it."""
        return Context().run(self.client.open, address, buffered=True, **request)

    def get(self, address: str) -> TestResponse:
        """Open a page."""
        return self.open(address)

    def post(self, address: str, **fields: object) -> TestResponse:
        """Send a form, with the token that this browser was given."""
        data = {"csrf_token": self.token()} | fields
        return self.open(address, method="POST", data=data, content_type="multipart/form-data")

    def token(self) -> str:
        """A valid token of this browser."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/").text)
        assert found
        return found[1]


@pytest.fixture
def sari(app: Flask) -> Browser:
    """The citizen."""
    return Browser(app.test_client())


@pytest.fixture
def browser_of(app: Flask, cast: dict[str, Account]) -> Callable[[str], Browser]:
    """A browser in which this one of the cast is signed in."""

    def open_browser(name: str) -> Browser:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = str(cast[name].id)
            cookie["_fresh"] = True
            cookie[STAMP] = stamp_of(cast[name])
        return Browser(client)

    return open_browser


@pytest.fixture
def dewi(browser_of: Callable[[str], Browser]) -> Browser:
    """The operator's browser."""
    return browser_of("dewi")


OpenCase = Callable[..., Complaint]


@pytest.fixture
def opened(directory: Directory) -> OpenCase:
    """Open a case as the form would; by default about a road, by Sari, so that PUPR holds it."""

    def open_one(text: str = "Jalan depan SDN 20 berlubang.", category: str = "jalan", **fields: object) -> Complaint:
        topic = next((topic for topic in directory.topics.values() if topic.code == category), None)
        known = {"reporter_name": "Sari Wulandari", "reporter_email": "sari@contoh.example"} | fields
        with transaction() as session:
            case = open_case(
                session,
                directory,
                Submission("form", clock.now(), text, category_id=topic.id if topic else None, **known),  # type: ignore[arg-type]
            )
            number = case.number
        return present(number)

    return open_one


def present(number: str) -> Complaint:
    """The case as it now is."""
    with transaction() as session:
        case = session.scalars(select(Complaint).where(Complaint.number == number)).one()
        session.expunge(case)
        return case


def everything() -> list[Complaint]:
    """All cases."""
    with transaction() as session:
        cases = list(session.scalars(select(Complaint).order_by(Complaint.id)))
        session.expunge_all()
        return cases
