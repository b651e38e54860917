"""Letters made to hurt: each is read in time that grows with its size, and nothing in it is believed too much."""

import base64
import time

import pytest

from service.mail.parse import parse
from tests.unit.mail.letters import letter

HEAD = b"From: sari@surel.test\r\nSubject: x\r\n"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def nested(depth: int) -> bytes:
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"
    for level in range(depth):
        raw += b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (level, level + 1)
    return raw + b"--b%d\r\n\r\nisi\r\n" % depth


HOSTILE = {
    "a hundred thousand headers": lambda: HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\nisi",
    "a subject of five megabytes": lambda: b"From: sari@surel.test\r\nSubject: " + b"a b " * 1_250_000 + b"\r\n\r\nisi",
    "unfinished encoded words": lambda: (
        b"".join(b"X-%d: " % n + b"=?u?q?" * 10_000 + b"\r\n" for n in range(10)) + b"\r\nisi"
    ),
    "brackets in From": lambda: b"From: " + b"(<" * 50_000 + b"\r\n\r\nisi",
    "quotes in Content-Type": lambda: HEAD + b"Content-Type: text/plain; " + b'"a=' * 30_000 + b"\r\n\r\nisi",
    "nested two thousand deep": lambda: nested(2000),
    "mails in mails": lambda: (HEAD + b"Content-Type: message/rfc822\r\n\r\n") * 2000,
    "a line of boundaries": lambda: MIXED + b"--b" * 500_000,
    "a million empty parts": lambda: MIXED + b"--b\n" * 1_000_000,
    "open tags": lambda: HTML + b"<a " * 300_000,
    "open quotes": lambda: HTML + b"<a \"'" * 200_000,
    "open comments": lambda: HTML + b"<!--" * 200_000,
    "nested blocks": lambda: HTML + b"<div>" * 100_000 + b"isi",
    "nested quotations": lambda: HTML + b"<blockquote>x" * 50_000,
    "a giant entity": lambda: HTML + b"&#" + b"1" * 500_000 + b";",
    "uuencoded beginnings": lambda: HEAD + b"\r\n" + b"begin 644 x\n" * 100_000,
    "attributions": lambda: HEAD + b"\r\n" + (b"On " + b"wrote " * 50 + b"\n") * 3000,
    "escape sequences": lambda: HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + b"\x1b$B" * 100_000,
    "a bounce of addresses": lambda: b"From: mailer-daemon@x.test\r\nSubject: failure notice\r\n\r\n" + b"a@" * 500_000,
    "bare carriage returns": lambda: b"From: sari@surel.test\r" * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_letters_cost_little(name):
    raw = HOSTILE[name]()
    started = time.process_time()
    message = parse(raw)
    assert time.process_time() - started < 3  # a tenth of this is usual
    assert len(message.text) + len(message.reply_text) < 20_000_000
    assert not [fault for fault in message.faults if "cannot be read (" in fault]


def test_forty_megabytes_are_read_in_little_time():
    photo = base64.encodebytes(b"\xff\xd8\xff" * 10_000_000)
    raw = letter("Content-Type: image/jpeg; name=jalan.jpg", "Content-Transfer-Encoding: base64", body=photo)
    assert len(raw) > 40_000_000
    started = time.process_time()
    message = parse(raw)
    assert time.process_time() - started < 5
    assert len(message.attachments[0].content) == 30_000_000
    assert message.size == len(raw)


def test_a_nest_of_fifty_is_read_to_the_bottom():
    message = parse(nested(50))
    assert message.text == "isi"
    assert message.faults == ()


def test_limits_are_told():
    assert "too deeply nested" in parse(nested(100)).faults
    assert "too many parts" in parse(MIXED + b"--b\r\n\r\nx\r\n" * 6000).faults
    assert "more than 2000 headers" in parse(HOSTILE["a hundred thousand headers"]()).faults
    assert "Subject is too long" in parse(HOSTILE["a subject of five megabytes"]()).faults
