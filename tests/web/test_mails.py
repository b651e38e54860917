"""What the mails say of the wishes that Sari ticked in the form, and where the desk's mails lead."""

from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from service.complaints.records import Complaint
from service.database import transaction
from service.notifications.render import render
from service.outbox.records import OutboundMail
from tests.web.conftest import Browser, OpenCase, everything


def bodies(case: Complaint, kind: str) -> list[str]:
    """The text and the HTML of the case's mail of this kind."""
    with transaction() as session:
        query = select(OutboundMail).where(OutboundMail.complaint_id == case.id, OutboundMail.kind == kind)
        mail = message_from_bytes(render(session, session.scalars(query).one()), policy=default)
    return [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]


@pytest.mark.parametrize(
    ("kind", "words"), [("assignment", "isi laporan ini"), ("acknowledgement", "isi laporan Anda")]
)
def test_a_confidential_case_says_so_in_the_mails_and_no_other_does(opened: OpenCase, kind: str, words: str) -> None:
    secret, plain = opened(confidential=True), opened()
    assert [f"{words} tidak untuk umum" in body for body in bodies(secret, kind)] == [True, True]
    assert not any("Rahasia" in body for body in bodies(plain, kind))


def test_the_receipt_confirms_that_a_report_is_confidential(sari: Browser) -> None:
    assert "tidak untuk umum" in sari.get(sari.post("/", text="Lampu mati.", confidential="1").location).text
    assert "tidak untuk umum" not in sari.get(sari.post("/", text="Lampu padam.").location).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reporter_name": ""}, "tanpa nama"),
        ({"anonymous": True}, "dirahasiakan"),
        ({"reporter_name": "", "anonymous": True}, "dirahasiakan"),
        ({}, "Sari Wulandari"),
    ],
)
def test_a_name_left_empty_is_not_called_withheld(opened: OpenCase, fields: dict[str, object], words: str) -> None:
    text, html = bodies(opened(**fields), "assignment")
    assert f"Pelapor       : {words}" in text
    assert f">{words}</td>" in html


def test_the_desks_mail_leads_to_the_desks_page(sari: Browser, opened: OpenCase) -> None:
    case = opened(text="Saya bingung harus ke mana.", category="")
    sari.post(f"/lacak/{case.token}", text="Ada kabar?")
    (case,) = everything()
    for body in bodies(case, "follow_up"):
        assert f"http://lapor.test/meja/kasus/{case.number}" in body
        assert "/opd/kasus/" not in body
