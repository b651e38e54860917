"""Composing: what leaves is read the same by the standard library and by us."""

import email
import email.policy
from datetime import UTC, datetime, timedelta, timezone

import pytest

from service.mail.compose import Draft, Image, compose
from service.mail.message import Attachment
from service.mail.parse import parse

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def draft(**changes):
    fields = {
        "message_id": "<1@kota.test>",
        "date": NOON,
        "from_address": "lapor@kota.test",
        "from_name": "Lapor Kota — Bengkulu",
        "to_address": "sari@surel.test",
        "to_name": "Sari",
        "reply_to": "lapor+k7@kota.test",
        "subject": "[A-12] Pengaduan Anda telah kami terima",
        "text": "Terima kasih, Bu Sari.\n\nJalan — segera diperiksa.\n",
    }
    return Draft(**(fields | changes))


def standard(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_plain_mail_is_seven_bit_with_crlf_and_short_lines():
    raw = compose(draft(subject="é " * 200, text="Jalan rusak — " * 300))
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_the_standard_library_reads_what_was_written():
    found = standard(compose(draft(headers=(("Auto-Submitted", "auto-generated"),), references=("<a@b>", "c@d"))))
    assert found["subject"] == "[A-12] Pengaduan Anda telah kami terima"
    assert found["from"].addresses[0].display_name == "Lapor Kota — Bengkulu"
    assert found["to"] == "Sari <sari@surel.test>"
    assert found["reply-to"] == "lapor+k7@kota.test"
    assert found["references"] == "<a@b> <c@d>"
    assert found["auto-submitted"] == "auto-generated"
    assert found["date"].datetime == NOON
    assert found.get_content().splitlines() == ["Terima kasih, Bu Sari.", "", "Jalan — segera diperiksa."]


def test_html_stands_beside_text_with_its_images_and_files():
    raw = compose(
        draft(
            html="<html><head><style>p{color:red}</style></head><body><p>Halo</p><img src='cid:grafik'></body></html>",
            images=(Image("grafik", "grafik.png", "image/png", b"\x89PNG"),),
            attachments=(Attachment("rekap – minggu 47.csv", "text/csv", b"a;b\r\n", "", False),),
        )
    )
    found = standard(raw)
    assert found.get_content_type() == "multipart/mixed"
    assert found.get_body(("plain",)).get_content().startswith("Terima kasih")
    html = found.get_body(("html",)).get_content()
    assert 'style="color: red' in html
    read = parse(raw)
    assert [(each.filename, each.inline) for each in read.attachments] == [
        ("grafik.png", True),
        ("rekap – minggu 47.csv", False),
    ]
    assert read.attachments[0].content_id == "grafik"
    assert read.attachments[1].content == b"a;b\r\n"
    assert read.faults == ()


def test_the_same_draft_gives_the_same_bytes():
    assert compose(draft(html="<p>x</p>")) == compose(draft(html="<p>x</p>"))


@pytest.mark.parametrize(
    "evil",
    ["x\r\nBcc: r@d.test", "x\nBcc: r@d.test\n\nisi", "x\rBcc: r@d.test", "x\x00\x0b\x0c\x85\u2028Bcc: r@d.test"],
)  # fmt: skip
def test_no_field_can_add_a_header(evil):
    raw = compose(
        draft(
            subject=evil,
            from_name=evil,
            to_name=evil,
            message_id=evil,
            in_reply_to=evil,
            references=(evil, evil),
            headers=(("X-Catatan", evil),),
            html="<p>x</p>",
            attachments=(Attachment(evil, evil, b"", evil, False),),
            images=(Image(evil, evil, evil, b""),),
        )
    )
    found = email.message_from_bytes(raw)
    for part in found.walk():
        assert "bcc" not in [name.lower() for name in part.keys()]  # noqa: SIM118 (a Message is no dict)
    assert [name.lower() for name in found.keys()].count("subject") == 1  # noqa: SIM118
    assert not found.defects


def test_a_header_name_that_is_none_or_ours_is_refused():
    for name in ("X Y", "X:Y", "X\r\nBcc", "", "Subject", "Content-Type", "bcc"):
        with pytest.raises(ValueError, match=r"header name|own field"):
            compose(draft(headers=((name, "x"),)))


def test_an_address_that_nobody_could_deliver_to_is_refused():
    for address in (
        "",
        "sari",
        "sari@",
        "sarí@surel.test",
        "a@b@c.test",
        "sari@surel.test\r\nBcc: r@d.test",
        "a b@c.test",
    ):
        with pytest.raises(ValueError, match="not an address"):
            compose(draft(to_address=address))


def test_a_domain_beyond_ascii_becomes_idna():
    assert b"To: Sari <sari@xn--bcher-kva.test>" in compose(draft(to_address="sari@bücher.test"))


def test_a_date_without_zone_is_refused_and_others_become_utc():
    with pytest.raises(ValueError, match="zone"):
        compose(draft(date=NOON.replace(tzinfo=None)))
    assert b"Mon, 23 Nov 2026 05:00:00 +0000" in compose(draft(date=NOON.astimezone(timezone(timedelta(hours=7)))))


def test_lines_that_relays_would_change_are_encoded():
    read = parse(compose(draft(text="From here on\n.\n..\ntrailing space \n" + "x" * 2000 + "\n")))
    assert read.text == "From here on\n.\n..\ntrailing space \n" + "x" * 2000


def test_a_very_long_word_in_a_header_does_not_make_a_line_too_long():
    raw = compose(draft(subject="x" * 3000, headers=(("X-Panjang", "y" * 3000),)))
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert parse(raw).subject == "x" * 1000


def test_html_that_cannot_be_inlined_is_sent_as_it_is():
    assert "Halo" in parse(compose(draft(html="<style>p{</style><<p>Halo"))).html
