"""A citizen fills in the form."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select, update

from service.agencies.directory import Directory
from service.attachments.records import Attachment
from service.complaints.records import Complaint, Event, Message
from service.database import transaction
from service.tables import Session
from service.web.public import choices
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, everything


def photo(color: str = "brown") -> bytes:
    """A small JPEG."""
    output = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(output, "JPEG")
    return output.getvalue()


def test_the_form_asks_for_everything_with_a_label_for_each_field(sari: Browser) -> None:
    page = sari.get("/").text
    fields = re.findall(r'<(?:input|select|textarea)[^>]*\bid="([^"]+)"', page)
    assert {"text", "category", "area", "place", "files", "name", "email", "phone"} <= set(fields)
    assert [name for name in fields if f'for="{name}"' not in page] == []


def test_no_page_asks_another_host_for_anything(sari: Browser) -> None:
    answer = sari.get("/")
    assert re.findall(r'(?:src|href)="(?:https?:)?//', answer.text) == []
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert re.findall(r'<script>|\son\w+="|style="', answer.text) == []


def test_a_complaint_leads_to_a_receipt_with_number_link_and_due_time(sari: Browser) -> None:
    answer = sari.post(
        "/", text="Siring mampet.", category="drainase", area="17.71.01.1001", email="Sari@Contoh.example"
    )
    assert answer.status_code == 303
    (case,) = everything()
    assert answer.location == f"/terima/{case.token}"
    receipt = sari.get(answer.location).text
    assert case.number in receipt
    assert f"http://lapor.test/lacak/{case.token}" in receipt
    assert "Selasa, 24 November 2026 pukul 08.00 WIB" in receipt
    assert "sari@contoh.example" in receipt
    assert case.reporter_email == "sari@contoh.example"


def test_what_fails_after_a_form_was_filed_is_still_rolled_back(sari: Browser, session: Session) -> None:
    """The form lets the database commit its one statement by itself; no later work may inherit that."""
    for n in range(3):
        sari.post("/", text=f"Jalan berlubang di depan pasar, nomor {n}.", category="jalan")
        with pytest.raises(ValueError, match="no good"):
            _change_and_fail()
    assert set(session.scalars(select(Complaint.place))) == {""}
    assert session.scalar(select(func.count()).select_from(Event)) == 6


def _change_and_fail() -> None:
    with transaction() as session:
        session.execute(update(Complaint).values(place="changed"))
        raise ValueError("no good")


def test_whoever_leaves_no_email_is_told_that_the_link_is_the_only_way(sari: Browser) -> None:
    receipt = sari.get(sari.post("/", text="Lampu mati.").location).text
    assert "Simpan tautan ini sekarang." in receipt


def test_the_clock_starts_when_the_request_comes_in(sari: Browser, clock: FakeClock) -> None:
    sari.post("/", text="Lampu mati.")
    assert everything()[0].received_at == clock.instant


def test_all_that_was_chosen_is_kept(sari: Browser, directory: Directory) -> None:
    sari.post(
        "/", text="Lampu mati.", category="pju", area="17.71.02.1001", place="dekat masjid", name="Sari",
        phone="0812 3456 7890", anonymous="1", confidential="1",
    )  # fmt: skip
    (case,) = everything()
    assert directory.topics[case.category_id or 0].code == "pju"
    assert directory.places[case.area_id or 0].name == "Padang Harapan"
    assert (case.place, case.reporter_name, case.reporter_phone) == ("dekat masjid", "Sari", "0812 3456 7890")
    assert case.anonymous
    assert case.confidential


def test_photos_come_along_without_their_exif(sari: Browser) -> None:
    sari.post("/", text="Jalan rusak.", files=[(io.BytesIO(photo()), "a.jpg"), (io.BytesIO(photo("blue")), "b.png")])
    with transaction() as session:
        rows = session.scalars(select(Attachment)).all()
        assert [row.filename for row in rows] == ["a.jpg", "b.jpg"]


def test_the_same_form_sent_twice_is_one_complaint(sari: Browser) -> None:
    fields = {"text": "Jalan rusak.", "submission_key": "0b7a5a3e-2b0f-4f3a-9d5e-0c8f7f1f2a11"}
    first, second = sari.post("/", **fields), sari.post("/", **fields)
    assert first.location == second.location
    assert len(everything()) == 1


def test_two_clicks_at_the_same_instant_are_one_complaint(sari: Browser) -> None:
    token, together = sari.token(), Barrier(2)
    data = {"csrf_token": token, "text": "Jalan rusak.", "submission_key": "0b7a5a3e-2b0f-4f3a-9d5e-0c8f7f1f2a11"}
    cookie = sari.client.get_cookie("session")
    assert cookie

    def click(_number: int) -> str:
        browser = Browser(sari.client.application.test_client())
        browser.client.set_cookie("session", cookie.value)
        together.wait()
        return browser.open("/", method="POST", data=data).location

    with ThreadPoolExecutor(2) as threads:
        assert len(set(threads.map(click, range(2)))) == 1
    assert len(everything()) == 1


def test_another_text_on_the_same_form_is_another_complaint(sari: Browser) -> None:
    key = "0b7a5a3e-2b0f-4f3a-9d5e-0c8f7f1f2a11"
    sari.post("/", text="Jalan rusak.", submission_key=key)
    sari.post("/", text="Lampu mati.", submission_key=key)
    assert len(everything()) == 2


def test_a_filled_honeypot_asks_to_send_once_more_and_loses_nothing(sari: Browser) -> None:
    answer = sari.post("/", text="Jalan rusak sekali.", website="http://spam.example")
    assert answer.status_code == 400
    assert "Jalan rusak sekali." in answer.text
    assert "http://spam.example" not in answer.text
    assert everything() == []


def test_lists_are_made_once_for_each_directory(sari: Browser, directory: Directory) -> None:
    sari.get("/")
    made = choices.choices(directory)
    sari.get("/")
    assert choices.choices(directory) is made


@pytest.mark.parametrize("group", [codes.split() for _, codes in choices.GROUPS])
def test_every_code_of_a_group_is_a_category_of_some_preset(group: list[str]) -> None:
    known = "".join(path.read_text() for path in (Path(__file__).parents[2] / "presets").glob("*.yaml"))
    assert [code for code in group if f"  - code: {code}\n" not in known] == []


def test_what_was_typed_stands_in_the_case_word_for_word(sari: Browser, session: Session) -> None:
    sari.post("/", text="  Baris satu\r\n\r\n<b>Baris dua</b> & \U0001f573\ufe0f  ")
    assert session.scalars(select(Message.text)).one() == "Baris satu\n\n<b>Baris dua</b> & \U0001f573\ufe0f"


def test_markup_that_was_typed_is_shown_and_never_run(sari: Browser) -> None:
    token = everything_after(sari, "<script>alert(1)</script>")
    page = sari.get(f"/lacak/{token}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def everything_after(sari: Browser, text: str) -> str:
    """File a complaint; the token of its page."""
    sari.post("/", text=text)
    return everything()[0].token


def test_the_form_needs_no_redis(sari: Browser, app: Flask) -> None:
    assert app.config["RATELIMIT_STORAGE_URI"].endswith(":1/0")  # nobody listens there
    assert sari.post("/", text="Jalan rusak.").status_code == 303
