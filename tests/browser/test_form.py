"""Sari files a complaint on her phone."""

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from service.agencies.directory import Directory
from service.attachments.files import attachments_of, content_of
from service.complaints.records import Complaint
from service.tables import Session

pytestmark = pytest.mark.real
PHONE = {"width": 360, "height": 740}


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Page:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=request.param)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def test_a_complaint_with_a_photo_is_filed_and_followed(
    page: Page, address: str, photo: bytes, directory: Directory, session: Session
) -> None:
    page.goto(address)
    page.fill("[name=text]", "Jalan di depan SD 45 berlubang besar, sudah dua motor jatuh.")
    page.select_option("[name=category]", "jalan")
    page.select_option("[name=area]", index=3)
    page.fill("[name=name]", "Sari Wulandari")
    page.fill("[name=email]", "sari@warga.example")
    page.set_input_files("[name=files]", {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": photo})
    page.get_by_role("button", name="Kirim pengaduan").click()
    page.wait_for_url("**/terima/**")
    shown = page.inner_text("main")
    case = session.scalars(select(Complaint)).one()
    assert case.number in shown
    assert "Selasa, 24 November 2026 pukul 08.00 WIB" in shown
    assert _fits(page)
    kept = attachments_of(session, case.id)
    assert [file.content_type for file in kept] == ["image/jpeg"]
    assert b"Exif" not in content_of(kept[0])[:200]
    page.goto(f"{address}/lacak/{case.token}")
    assert "berlubang besar" in page.inner_text("main")
    assert _fits(page)


def test_a_form_without_words_comes_back_with_everything_else(page: Page, address: str, directory: Directory) -> None:
    page.goto(address)
    page.fill("[name=text]", " ")
    page.fill("[name=place]", "dekat pasar")
    page.get_by_role("button", name="Kirim pengaduan").click()
    page.wait_for_load_state()
    assert page.input_value("[name=place]") == "dekat pasar"
    assert page.locator("[name=text][aria-invalid=true]").count() == 1


def _fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    box = page.locator("main").bounding_box()
    return box is not None and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
