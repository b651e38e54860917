"""Hostile: mails made to hurt, each read in a process of its own; what a megabyte of it costs in time and memory.

    python -m bench.hostile [NAME …]

prints a table of all mails, or of those whose name holds one of the words. Needs no parts of the city.
"""

from __future__ import annotations

import base64
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.figures import Figure
from service.mail.parse import parse

if TYPE_CHECKING:
    from bench.city import City

MEGABYTE = 1_000_000
MOST_SECONDS = 1.0  # for a megabyte
MOST_MEMORY = 12.0  # times the size of the mail, its own bytes included
_HEAD = b"From: sari@surel.test\r\nSubject: Jalan rusak\r\n"
_HTML = _HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n"
_PLAIN = _HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
_MIXED = _HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
_BOUNCE = b"From: mailer-daemon@mx.test\r\nReturn-Path: <>\r\nSubject: Undelivered Mail Returned to Sender\r\n"


def _filled(head: bytes, piece: bytes, megabytes: float) -> bytes:
    return head + piece * int((megabytes * MEGABYTE - len(head)) // len(piece))


def _nested(depth: int) -> bytes:
    levels = [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)]
    return _HEAD + b"".join(levels) + b"\r\nisi\r\n" + b"".join(b"--b%d--\r\n" % n for n in reversed(range(depth)))


def _base64(megabytes: float) -> bytes:
    head = _HEAD + b"Content-Type: image/jpeg; name=jalan.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + base64.encodebytes(b"\xff\xd8\xff" * int(megabytes * MEGABYTE / 4.1))


def _quoted_printable(megabytes: float) -> bytes:
    head = _HEAD + b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return _filled(head, b"=E2=80=94=20" * 6 + b"=\r\n", megabytes)


def _uuencoded(megabytes: float) -> bytes:
    return _filled(_PLAIN + b"begin 644 jalan.jpg\n", b"M" + b"_" * 60 + b"\n", megabytes) + b"`\nend\n"


def _nested_tags(megabytes: float) -> bytes:
    filling = b"Jalan rusak. " * max(1, int(megabytes * MEGABYTE / 100_000 - 11) // 13)
    return _HTML + (b"<div>" + filling) * 100_000 + b"</div>" * 100_000


# What is sent, and its size in megabytes (or how many, where the number matters).
MAILS: dict[str, Callable[[], bytes]] = {
    "50 parts deep": lambda: _nested(50),
    "5,000 parts deep": lambda: _nested(5000),
    "5,000 mails in mails": lambda: (_HEAD + b"Content-Type: message/rfc822\r\n\r\n") * 5000,
    "100,000 headers": lambda: _HEAD + b"".join(b"X-%d: nilai\r\n" % n for n in range(100_000)) + b"\r\nisi",
    "100,000 parts": lambda: _MIXED + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n",
    "1,000,000 boundary lines": lambda: _MIXED + b"--b\n" * 1_000_000,
    "boundaries that are almost ours": lambda: _filled(_MIXED, b"--b-\n--bb\n", 5),
    "base64": lambda: _base64(30),
    "base64, every other character wrong": lambda: _filled(
        _HEAD + b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n", b"Q*", 10
    ),
    "quoted-printable": lambda: _quoted_printable(30),
    "quoted-printable of nothing but =": lambda: _filled(
        _HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", b"=", 10
    ),
    "uuencode": lambda: _uuencoded(30),
    "uuencode that never ends": lambda: _filled(_PLAIN, b"begin 644 x\n", 5),
    "uuencode that never is": lambda: _filled(_PLAIN, b"begin 644 x\n!\nend\n", 5),
    "one header line": lambda: _filled(b"From: sari@surel.test\r\nSubject: ", b"jalan rusak ", 5) + b"\r\n\r\nisi",
    "encoded words": lambda: _filled(b"From: s@surel.test\r\nSubject: ", b"=?utf-8?q?jalan?= ", 5) + b"\r\n\r\nisi",
    "encoded words in 2,000 headers": lambda: (
        _HEAD + (b"X: " + b"=?utf-8?b?w6k?= =?koi8-r?q?=D4?= " * 80 + b"\r\n") * 2000 + b"\r\nisi"
    ),
    "encoded words that never end": lambda: (
        _HEAD + (b"X: " + b"=?utf-8?q?" * 9_000 + b"\r\n") * 50 + b"\r\nisi"
    ),
    "recipients": lambda: _filled(_HEAD + b"To: ", b"Warga <warga@surel.test>, ", 5) + b"\r\n\r\nisi",
    "brackets in To": lambda: _filled(_HEAD + b"To: ", b"(<\"", 5) + b"\r\n\r\nisi",
    "addresses without end in To": lambda: _filled(_HEAD + b"To: <", b"a,", 5) + b"\r\n\r\nisi",
    "To, 2,000 times": lambda: _HEAD + (b"To: " + b"a<b@c.test>," * 200 + b"\r\n") * 2000 + b"\r\nisi",
    "references": lambda: _filled(_HEAD + b"References: ", b"<a@b.test> ", 5) + b"\r\n\r\nisi",
    "brackets in References": lambda: (_HEAD + (b"References: " + b"<" * 90_000 + b"\r\n") * 50) + b"\r\nisi",
    "parameters": lambda: _filled(_HEAD + b"Content-Type: text/plain", b"; a*0*=x%20", 5) + b"\r\n\r\nisi",
    "quotes in Content-Type": lambda: _filled(_HEAD + b"Content-Type: text/plain; ", b'"a=\\', 5) + b"\r\n\r\nisi",
    "10 MB of HTML, 100,000 tags deep": lambda: _nested_tags(10),
    "HTML of open tags": lambda: _filled(_HTML, b"<a ", 2),
    "HTML of open attributes": lambda: _filled(_HTML, b"<a \"'", 2),
    "HTML of open comments": lambda: _filled(_HTML, b"<!--", 2),
    "HTML of open style sheets": lambda: _filled(_HTML, b"<style><script>", 2),
    "HTML of quotations": lambda: _filled(_HTML, b"<blockquote>x", 2),
    "HTML of entities": lambda: _filled(_HTML, b"&amp;&#1;&#x41;&x", 2),
    "HTML of one entity": lambda: _filled(_HTML + b"&#", b"1", 2),
    "HTML of links": lambda: _filled(_HTML, b"<a href=http://a.test>b</a>", 2),
    "HTML of one link": lambda: _filled(_HTML + b"<a href=http://a.test>", b"<b>x</b>", 2),
    "2,000 parts of HTML": lambda: _MIXED + b"--b\r\nContent-Type: text/html\r\n\r\n<p>Jalan<p>rusak\r\n" * 2000,
    "quote marks": lambda: _filled(_PLAIN, b">", 5),
    "lines of quote marks": lambda: _filled(_PLAIN, b"> > > >\n>\n", 5),
    "spaces": lambda: _filled(_PLAIN, b" ", 5),
    "lines of spaces": lambda: _filled(_PLAIN, b" \n", 5),
    "rulers": lambda: _filled(_PLAIN, b"-_=*- ", 5),
    "lines of rulers": lambda: _filled(_PLAIN, b"-- --\n_____\n", 5),
    "On … wrote without end": lambda: _filled(_PLAIN, b"On Mon, 23 Nov 2026 at 9:15 Sari wrote ", 5),
    "lines of On … wrote": lambda: _filled(_PLAIN, b"On Mon, 23 Nov 2026 9:15 Sari <s@surel.test>\n", 5),
    "lines of Pada … menulis:": lambda: _filled(_PLAIN, b"Pada 23 Nov 2026 9.15 s@surel.test menulis:\n", 5),
    "lines of Dari:": lambda: _filled(_PLAIN, b"Dari: s@surel.test\nDikirim: x\n", 5),
    "format=flowed without end": lambda: _filled(
        _HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n", b"> jalan \n", 5
    ),
    "escape sequences": lambda: _filled(
        _HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n", b"\x1b$B0l\x1b(B", 3
    ),
    "bytes of no charset": lambda: _filled(_HEAD + b"\r\n", bytes(range(128, 256)), 3),
    "2,000 texts of no charset": lambda: (
        _MIXED + (b"--b\r\n\r\n" + bytes(range(160, 250)) * 8 + b"\r\n") * 2000
    ),
    "UTF-7": lambda: _filled(_HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n", b"+2D/cAA-", 3),
    "a bounce of addresses": lambda: _filled(_BOUNCE + b"\r\n", b"a@b.test 550 5.1.1 ", 5),
    "a bounce of at signs": lambda: _filled(_BOUNCE + b"\r\n", b"a@", 5),
    "a bounce of status fields": lambda: _filled(
        _BOUNCE + b"Content-Type: message/delivery-status\r\n\r\n", b"Final-Recipient: rfc822; a@b.test\n\n", 5
    ),
    "a bounce of one field": lambda: _filled(
        _BOUNCE + b"Content-Type: message/delivery-status\r\n\r\nAction: failed\nX: a\n", b" a\n", 5
    ),
    "a bounce of 4,000 reports": lambda: (
        _BOUNCE + b"Content-Type: multipart/report; boundary=b\r\n\r\n"
        + (b"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n" + b"x" * 500 + b"\r\n") * 4000
    ),
    "a subject like a bounce": lambda: _filled(b"From: a@b.test\r\nSubject: Delivery to ", b"a ", 5) + b"\r\n\r\nisi",
    "winmail.dat": lambda: _filled(
        _HEAD + b"Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\x01\x00",
        b"\x02\x02\x90\x06\x00\x00\x00\x00\x00\x00\x00" + b"\x02\x10\x80\x01\x00\x02\x00\x00\x00a\x00\x00\x00", 5,
    ),
    "bare carriage returns": lambda: _filled(b"", b"From: sari@surel.test\r", 5),
    "empty lines": lambda: _filled(b"", b"\r\n", 5),
    "zeros": lambda: _filled(b"", b"\x00", 5),
}  # fmt: skip


def cost(raw: bytes, folder: Path) -> dict[str, float]:
    """What reading `raw` costs in a fresh process: `seconds` of CPU, `memory` in bytes with the mail itself."""
    path = folder / "mail"
    path.write_bytes(raw)
    done = subprocess.run(
        [sys.executable, "-m", "bench.hostile", "--read", str(path)],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(city: City, scale: float) -> list[Figure]:
    """Seconds for a megabyte of each mail, beside one pass over the same bytes; `city` is not needed."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for name, build in MAILS.items():
            raw = build()
            begin = time.process_time()
            sha256(raw).digest()
            once = (time.process_time() - begin) / len(raw) * MEGABYTE
            spent = cost(raw, Path(folder))
            figures.append(_figure(name, len(raw), spent, once))
    return figures


def _figure(name: str, size: int, spent: dict[str, float], once: float) -> Figure:
    megabytes = max(size, 1) / MEGABYTE
    more: dict[str, Any] = {
        "MB": megabytes,
        "seconds": spent["seconds"],
        "memory MB per MB": spent["memory"] / MEGABYTE / megabytes,
    }
    return Figure(name, spent["seconds"] / megabytes, "s/MB", once, "sha256 of the same bytes", more)


def _read(path: Path) -> None:
    """In the process of one mail: read it and print what that took."""
    parse(_PLAIN)  # so that what is loaded or compiled at first use is not counted
    before = _peak()
    raw = path.read_bytes()
    begin = time.process_time()
    parse(raw)
    print(json.dumps({"seconds": time.process_time() - begin, "memory": _peak() - before}))


def _peak() -> int:
    """The most memory that this process ever had, in bytes. Linux counts its parent's into ru_maxrss, so not that."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(words: list[str]) -> None:
    """Print the table of those mails."""
    print(f"{'mail':40}{'MB':>8}{'s':>9}{'s/MB':>9}{'memory x':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for name, build in MAILS.items():
            if words and not any(word in name for word in words):
                continue
            raw = build()
            spent = cost(raw, Path(folder))
            megabytes = len(raw) / MEGABYTE
            dear = spent["seconds"] > MOST_SECONDS * max(megabytes, 0.1)
            heavy = spent["memory"] > MOST_MEMORY * max(len(raw), MEGABYTE)
            print(
                f"{name:40}{megabytes:8.2f}{spent['seconds']:9.3f}{spent['seconds'] / megabytes:9.3f}"
                f"{spent['memory'] / len(raw):10.1f}{'  too slow' * dear}{'  too big' * heavy}",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        _read(Path(sys.argv[2]))
    else:
        main(sys.argv[1:])
