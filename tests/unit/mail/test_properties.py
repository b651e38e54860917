"""Whatever the bytes: reading never raises, and what was written is read back."""

import email
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.mail.addresses import read_list, split_tag, with_tag
from service.mail.compose import Draft, compose
from service.mail.html_text import html_to_text
from service.mail.message import Attachment, Message
from service.mail.parse import parse
from service.mail.quoting import trim

QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.sampled_from(
    ["From", "To", "Cc", "Subject", "Subject ", "Date", "Message-ID", "References", "Return-Path", "Auto-Submitted", "",
     "Content-Type", "Content-Disposition", "Content-Transfer-Encoding", "Content-ID", "X-Failed-Recipients", "\xff"]
)  # fmt: skip
PIECES = st.sampled_from(
    b"text/plain|text/html|multipart/mixed|multipart/report|message/rfc822|message/delivery-status|"
    b"application/ms-tnef|"
    b'; boundary=b|; boundary="|; charset=|utf-7|iso-2022-jp|\x1b$B|=?utf-8?q?|?=|=?gb2312?b?|base64|quoted-printable|'
    b'x-uuencode|<|>|@|"|(|,|\\|%|*0*=|filename|\x00|\xff\xfe|\xed\xa0\x80| |\t|\r\n |--b|mailer-daemon|a@b.test|'
    b"failed|Final-Recipient: rfc822;|begin 644 x\n|end\n|<blockquote>|&#999999999999;|\x78\x9f\x3e\x22".split(b"|")
)
VALUES = st.lists(PIECES | st.binary(max_size=12), max_size=8).map(b"".join)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=8).map(
    lambda found: b"".join(name.encode("latin-1") + b": " + value + b"\r\n" for name, value in found)
)
LEAVES = st.tuples(HEADERS, VALUES).map(lambda part: part[0] + b"\r\n" + part[1])


def multipart(headers: bytes, inner: list[bytes], closed: bool) -> bytes:
    start = b"Content-Type: multipart/mixed; boundary=b\r\n" + headers + b"\r\n"
    return start + b"".join(b"--b\r\n" + part + b"\r\n" for part in inner) + (b"--b--" if closed else b"")


def wrapped(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    enclosed = inner.map(lambda part: b"Content-Type: message/rfc822\r\n\r\n" + part)
    return st.builds(multipart, HEADERS, st.lists(inner, max_size=4), st.booleans()) | enclosed


TREES = st.recursive(LEAVES, wrapped, max_leaves=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.sampled_from("\n\t "), max_size=300)
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]) | st.just(" "), max_size=120)
ADDRESSES = st.from_regex(r"\A[a-z0-9]{1,8}([._+-][a-z0-9]{1,8}){0,2}@[a-z][a-z0-9]{0,10}\.test\Z")
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def assert_storable(message: Message) -> None:
    texts = [
        message.subject,
        message.text,
        message.reply_text,
        message.from_name,
        message.from_address,
        *message.faults,
    ]
    texts += [part for pair in message.headers for part in pair] + [each.filename for each in message.attachments]
    for text in texts:
        text.encode("utf-8")
        assert "\x00" not in text


@QUICK
@given(st.binary(max_size=3000))
def test_reading_never_raises_on_random_bytes(raw):
    assert_storable(parse(raw))


@QUICK
@given(TREES)
def test_reading_never_raises_on_random_trees(raw):
    message = parse(raw)
    assert_storable(message)
    assert not [fault for fault in message.faults if "cannot be read (" in fault]  # nothing raised within, either


@QUICK
@given(LINES, TEXTS, LINES, ADDRESSES, ADDRESSES, st.booleans(), st.binary(max_size=200), LINES)
def test_what_is_written_is_read_back(subject, text, name, sender, receiver, with_html, content, filename):
    draft = Draft(
        message_id="<1@kota.test>", date=NOON, from_address=sender, from_name=name, to_address=receiver, to_name=name,
        reply_to=sender, subject=subject, text=text, html="<p>x</p>" if with_html else None, in_reply_to="0@kota.test",
        references=("<0@kota.test>",), attachments=(Attachment(filename, "image/png", content, "", False),),
    )  # fmt: skip
    raw = compose(draft)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    message = parse(raw)
    assert message.subject.split() == subject.split()
    assert message.text.strip("\n") == text.strip("\n") or (with_html and not text.strip())
    assert message.from_name.split() == name.strip().split() or '"' in name or "'" in name
    assert (message.from_address, message.to, message.reply_to) == (sender, (receiver,), (sender,))
    assert (message.date, message.message_id) == (NOON, "<1@kota.test>")
    assert message.attachments[0].content == content
    assert message.faults == ()


@QUICK
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_headers_cannot_be_injected(subject, name, value):
    def draft(message_id: str, name: str, subject: str, value: str) -> Draft:
        return Draft(
            message_id=message_id, date=NOON, from_address="a@k.test", from_name=name, to_address="b@k.test",
            to_name=name, subject=subject, text="x", headers=(("X-A", value),),
        )  # fmt: skip

    plain = draft("1@k.test", "", "", "")
    evil = draft(value, name, subject, value)
    found = email.message_from_bytes(compose(evil))
    assert found.keys() == email.message_from_bytes(compose(plain)).keys()
    assert not found.defects


@QUICK
@given(st.text(max_size=400))
def test_helpers_never_raise(text):
    trim(text)
    html_to_text(text)
    read_list(text)
    split_tag(text)


@QUICK
@given(ADDRESSES, st.from_regex(r"\A[a-z0-9]{1,10}\Z"))
def test_a_tag_comes_off_as_it_went_on(address, tag):
    base, _ = split_tag(address)
    assert split_tag(with_tag(base, tag)) == (base, tag)
