"""Letters on a phone."""

from email import message_from_bytes, policy

import pytest
from playwright.sync_api import Browser

from service.agencies.directory import Directory
from service.database import transaction
from service.notifications.render import render
from service.outbox.records import OutboundMail
from tests.outbox.letters import Contents, write_all

pytestmark = pytest.mark.real
PHONE = {"width": 360, "height": 740}
# A mailbox's name is the longest word that we write ourselves; citizens write longer ones.
LONG_WORD = "lapor.pengaduan.masyarakat@bengkulukota.example@mail.bengkulukota.example/INBOX"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_letter_fits_on_a_phone(chromium: Browser, directory: Directory, scheme: str) -> None:
    contents = Contents(text=f"{LONG_WORD} tidak terbaca", subject=LONG_WORD, name=LONG_WORD)
    ids = write_all(directory, contents)
    page = chromium.new_page(viewport=PHONE, color_scheme=scheme)
    too_wide = set()
    for mail_id in ids:
        with transaction() as session:
            row = session.get_one(OutboundMail, mail_id)
            kind, raw = row.kind, render(session, row)
        html = message_from_bytes(raw, policy=policy.default).get_body(("html",))
        assert html is not None
        page.set_content(html.get_content())
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            too_wide.add(kind)
    page.close()
    assert sorted(too_wide) == []
