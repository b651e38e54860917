"""Whatever the bytes: reading never raises, and what was written is read back."""

import base64
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
    ["From", "To", "Cc", "Reply-To", "Sender", "Subject", "Subject ", "Date", "Message-ID", "In-Reply-To", "References",
     "Return-Path", "Delivered-To", "Received", "Auto-Submitted", "Precedence", "X-Autoreply", "X-Spam-Flag", "List-Id",
     "Content-Type", "Content-Disposition", "Content-Transfer-Encoding", "Content-ID", "Content-Location",
     "X-Failed-Recipients", "Authentication-Results", "", "\xff", "no colon\r\n", " folded", "A" * 300]
)  # fmt: skip
PIECES = st.sampled_from(
    b"text/plain|text/html|multipart/mixed|multipart/alternative|multipart/digest|multipart/report|message/rfc822|"
    b"message/delivery-status|message/global|text/calendar|text|/|application/ms-tnef|; report-type=delivery-status|"
    b'; boundary=b|; boundary="|; boundary="b "|; charset=|; format=flowed; delsp=yes|; name=|filename*0*=utf-8\'\'%41|'
    b"; filename*1=|; filename=|attachment|inline|utf-7|utf-16|utf-8|iso-2022-jp|hz|gb2312|koi8-r|cp932|base64|hex|"
    b"quoted-printable|x-uuencode|\x1b$B|\x1b$(D|\x1b(I|\x1b(B|=?utf-8?q?|?=|=?gb2312?b?|=?utf-16?b?|=?iso-2022-jp?q?|"
    b'=41|=|=\r\n|<|>|@|"|(|)|,|;|:|\\|%|*0*=|\x00|\xff\xfe|\xed\xa0\x80|\xef\xbb\xbf| |\t|\r\n |\n\n|\r|--b|--b--|'
    b"mailer-daemon|a@b.test|<a@b.test>|failed|delayed|Final-Recipient: rfc822;|Action: |Status: 5.1.1|begin 644 x\n|"
    b"`\nend\n|<blockquote>|</blockquote>|<pre>|<a href=http://a>|<!--|-->|<style>|&#999999999999;|&amp;|&#xd800;|"
    b"On Mon, 23 Nov 2026 9:15 a@b.test wrote:\n|Pada 1/1/2026 menulis:\n|> |\n>> \n|-- \n|Dari: |Dikirim: |Perihal: |"
    b"from x by mx.test|YES|auto-replied|Mon, 23 Nov 2026 25:61:00 +9999|\x78\x9f\x3e\x22\x01\x00".split(b"|")
)
VALUES = st.lists(PIECES | st.binary(max_size=12), max_size=12).map(b"".join)
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n", b""])
HEADERS = st.lists(st.tuples(NAMES, VALUES, ENDS), max_size=10).map(
    lambda found: b"".join(name.encode("latin-1") + b": " + value + end for name, value, end in found)
)
LEAVES = st.tuples(HEADERS, ENDS, VALUES).map(b"".join)
MARKS = st.sampled_from([b"b", b"b", b"b", b"b ", b"bb", b"B", b"=_b", b""])
KINDS = st.sampled_from([b"mixed", b"alternative", b"related", b"digest", b"report", b"signed", b"x"])


def multipart(kind: bytes, mark: bytes, headers: bytes, inner: list[bytes], closed: bool) -> bytes:
    """A multipart whose children may well bear a boundary of another, or the same one again."""
    start = b"Content-Type: multipart/" + kind + b"; boundary=b\r\n" + headers + b"\r\n"
    return start + b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in inner) + (b"--b--" if closed else b"")


def wrapped(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    enclosed = inner.map(lambda part: b"Content-Type: message/rfc822\r\n\r\n" + part)
    coded = inner.map(
        lambda part: (
            b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(part)
        )
    )
    return st.builds(multipart, KINDS, MARKS, HEADERS, st.lists(inner, max_size=4), st.booleans()) | enclosed | coded


TREES = st.recursive(LEAVES, wrapped, max_leaves=12)
TORN = st.tuples(TREES, st.integers(0, 400), st.integers(0, 60)).map(
    lambda torn: torn[0][: torn[1]] + torn[0][torn[1] + torn[2] :]
)
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
        message.message_id,
        message.in_reply_to,
        *message.references,
        *message.to,
        *message.delivered_to,
        *message.authentication_results,
    ]
    for text in (message.html, message.auto, message.bulk, message.spam, message.return_path):
        texts.append(text or "")
    if message.bounce is not None:
        texts += [message.bounce.diagnostic, message.bounce.original_message_id, *message.bounce.recipients]
    for file in message.attachments:
        texts += [file.content_type, file.content_id]
    texts += [part for pair in message.headers for part in pair] + [each.filename for each in message.attachments]
    for text in texts:
        text.encode("utf-8")
        assert "\x00" not in text


@QUICK
@given(st.binary(max_size=3000))
def test_reading_never_raises_on_random_bytes(raw):
    assert_storable(parse(raw))


@QUICK
@given(TREES | TORN)
def test_reading_never_raises_on_random_trees(raw):
    message = parse(raw)
    assert_storable(message)
    assert message == parse(raw)
    assert sum(len(each.content) for each in message.attachments) <= 20 * len(raw) + 100
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
