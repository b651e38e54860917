"""Who may open what: every route of the app, as every role, as a stranger, as the wrong agency."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.routing import Rule

from service.agencies.records import ROLES
from service.notifications.links import agency_token
from service.web.locks import PUBLIC, TOKEN
from tests.fakes.clock import FakeClock
from tests.web.conftest import CAST, Browser, OpenCase
from tests.web.held import hold

READERS, DESK, OFFICERS = {"desk", "inspector"}, {"desk"}, {"officer", "head"}
# What each page's lock must be. A route that is not named here fails: decide who may open it, and write it down.
LOCKS: dict[str, object] = {
    "health.alive": PUBLIC,
    "health.ready": PUBLIC,
    "metrics.metrics": TOKEN,
    "public.form": PUBLIC,
    "public.file_complaint": PUBLIC,
    "public.find": PUBLIC,
    "public.receipt": TOKEN,
    "public.track": TOKEN,
    "public.write": TOKEN,
    "public.file": TOKEN,
    "public.dispute_answer": TOKEN,
    "public.close_case": TOKEN,
    "public.reopen_case": TOKEN,
    "public.explained": TOKEN,
    "public.unsubscribe": TOKEN,
    "public.take_unsubscribe": TOKEN,
    "agency.by_link": TOKEN,
    "agency.answer_by_link": TOKEN,
    "agency.send_back_by_link": TOKEN,
    "agency.file_by_link": TOKEN,
    "agency.explained_by_link": TOKEN,
    "agency.explained": OFFICERS,
    "agency.cases": OFFICERS,
    "agency.case": OFFICERS,
    "agency.answer": OFFICERS,
    "agency.send_back": OFFICERS,
    "agency.file": OFFICERS,
    "agency.object_to": {"head"},
    "agency.evidence": {"head"},
    "agency.figures": {"head"},
    "agency.similar": {"head"},
    "leadership.similar": {"inspector"},
    "leadership.count_words": {"inspector"},
    "desk.queue": READERS,
    "desk.search": READERS,
    "desk.case": READERS,
    "desk.file": READERS,
    "desk.evidence": {"inspector"},
    "desk.explained": READERS | {"leader"},
    "desk.identity": DESK,
    "desk.assign_case": DESK,
    "desk.reject_case": DESK,
    "desk.answer_case": DESK,
    "desk.quarantine": READERS,
    "desk.held_mail": READERS,
    "desk.raw_mail": READERS,
    "desk.mail_part": READERS,
    "desk.retry_mail": DESK,
    "desk.open_mail": DESK,
    "desk.attach_mail": DESK,
    "desk.discard_mail": DESK,
    "desk.decide_many": DESK,
    "desk.dead_letters": READERS,
    "desk.retry_letter": DESK,
    "desk.retry_letters": DESK,
    "desk.inbox_mended": DESK,
    "leadership.city": {"leader", "inspector", "desk"},
    "leadership.decisions": {"inspector"},
    "leadership.decide_dispute": {"inspector"},
    "leadership.decide_objection": {"inspector"},
    "accounts.sign_in": PUBLIC,
    "accounts.take_sign_in": PUBLIC,
    "accounts.sign_out": PUBLIC,
    "accounts.password": set(ROLES),
    "accounts.take_password": set(ROLES),
    "admin.overview": {"administrator"},
    "admin.mail_health": {"administrator"},
    "admin.calendar": {"administrator"},
    "admin.add_day": {"administrator"},
    "admin.remove_day": {"administrator"},
    "admin.set_week": {"administrator"},
}


def rules(app: Flask) -> list[Rule]:
    """Every route but the static files."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def test_every_route_has_the_lock_that_was_decided_for_it(app: Flask) -> None:
    found = {rule.endpoint: getattr(app.view_functions[rule.endpoint], "lock", None) for rule in rules(app)}
    assert found == LOCKS


@pytest.mark.parametrize("name", [*CAST, "a stranger"])
def test_every_locked_route_opens_to_its_roles_alone(
    name: str, app: Flask, browser_of: Callable[[str], Browser], sari: Browser, opened: OpenCase, clock: FakeClock
) -> None:
    case = opened()
    values = {
        "number": case.number,
        "mail_id": hold(clock),
        "file_id": 1,
        "code": "pupr",
        "position": 1,
        "run": 1,
        "seq": 1,
        "token": agency_token(case.id, case.agency_id),
    }
    browser = sari if name == "a stranger" else browser_of(name)
    role = CAST[name][0] if name in CAST else ""
    for rule in rules(app):
        lock = LOCKS[rule.endpoint]
        if not isinstance(lock, set):
            continue
        with app.test_request_context():
            address = app.url_for(rule.endpoint, _external=False, **{key: values[key] for key in rule.arguments})
        answer = browser.post(address) if "POST" in (rule.methods or ()) else browser.get(address)
        if not role:
            assert (answer.status_code, answer.location.split("?")[0]) == (303, "/masuk"), address
        elif role in lock:
            assert answer.status_code not in (401, 403), address
        else:
            assert answer.status_code == 403, address


def test_every_form_of_every_page_is_refused_without_a_token(
    app: Flask, browser_of: Callable[[str], Browser], opened: OpenCase, clock: FakeClock
) -> None:
    case = opened()
    values = {
        "number": case.number,
        "mail_id": hold(clock),
        "file_id": 1,
        "code": "pupr",
        "position": 1,
        "run": 1,
        "seq": 1,
        "token": agency_token(case.id, case.agency_id),
    }
    dewi = browser_of("dewi")
    for rule in rules(app):
        if "POST" in (rule.methods or ()):
            with app.test_request_context():
                address = app.url_for(rule.endpoint, **{key: values[key] for key in rule.arguments})
            assert dewi.open(address, method="POST", data={"text": "x", "reason": "x"}).status_code == 400, address


def test_every_answer_bears_the_headers(sari: Browser) -> None:
    for address in ("/", "/masuk", "/tidak-ada", "/healthz", "/static/tuntas.css"):
        headers = sari.get(address).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "same-origin"
