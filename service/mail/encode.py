"""Header values as RFC 5322 and RFC 2047 want them: folded, 7-bit, and never more than one header long."""

from __future__ import annotations

import binascii
import re
from urllib.parse import quote

FOLD_AT = 76
_MAX_WORD = 900  # RFC 5322 forbids lines over 998 octets
_BREAKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_WORDS = re.compile(r" *[^ ]+")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
_HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,70}\Z")


def one_line(value: str) -> str:
    """The value without control characters: line breaks and tabs become one space, the others vanish."""
    if value.isascii() and value.isprintable():
        return value.strip()
    return _CONTROLS.sub("", _BREAKS.sub(" ", value)).strip()


def header(name: str, value: str) -> bytes:
    """One header line, folded, with CRLF. Raises ValueError when `name` is not a header name."""
    if not _HEADER_NAME.match(name):
        raise ValueError(f"not a header name: {name!r}")
    value = one_line(value)
    words = _WORDS.findall(value)
    if not value.isascii() or "=?" in value or any(len(word) > _MAX_WORD for word in words):
        words = [" " + word for word in encoded_words(value)]
    return _fold(name, words)


def address_header(name: str, address: str, display: str) -> bytes:
    """`From`, `To` and the like for one mailbox: `address` must already be clean (`compose.clean_address`)."""
    display = one_line(display)
    if not display:
        return _fold(name, [address])
    if not display.isascii() or "=?" in display or len(display) > _MAX_WORD:
        words = [" " + word for word in encoded_words(display)]
    elif _ATOM.match(display):
        words = _WORDS.findall(display)
    else:
        words = _WORDS.findall('"' + display.replace("\\", "\\\\").replace('"', '\\"') + '"')
    return _fold(name, [*words, f" <{address}>"])


def parameter(name: str, value: str) -> str:
    """`; name="value"`, or the RFC 2231 form when the value is not ASCII."""
    value = one_line(value)
    if value.isascii():
        return f'; {name}="' + value.replace("\\", "_").replace('"', "'") + '"'
    return f"; {name}*=utf-8''{quote(value, safe='')}"


def encoded_words(text: str) -> list[str]:
    """RFC 2047 encoded words, short enough to stand beside "Subject: "; no character is split between two."""
    data = text.encode("utf-8", "replace")
    readable = sum(byte in _Q_SAFE or byte == 0x20 for byte in data) * 3 > len(data) * 2
    wrap = _q_word if readable else _b_word
    words: list[str] = []
    chunk = bytearray()
    cost = 0
    for char in text:
        encoded = char.encode("utf-8", "replace")
        more = sum(1 if byte in _Q_SAFE or byte == 0x20 else 3 for byte in encoded) if readable else len(encoded)
        if chunk and cost + more > (54 if readable else 39):
            words.append(wrap(bytes(chunk)))
            chunk.clear()
            cost = 0
        chunk += encoded
        cost += more
    if chunk:
        words.append(wrap(bytes(chunk)))
    return words


def _b_word(data: bytes) -> str:
    return "=?utf-8?b?" + binascii.b2a_base64(data, newline=False).decode("ascii") + "?="


def _q_word(data: bytes) -> str:
    body = "".join(chr(byte) if byte in _Q_SAFE else "_" if byte == 0x20 else f"={byte:02X}" for byte in data)
    return f"=?utf-8?q?{body}?="


def _fold(name: str, words: list[str]) -> bytes:
    """Join `words` (each carrying its leading spaces) with a line break before a word that would stick out."""
    lines = [name + ":"]
    for index, word in enumerate(words):
        word = word if word.startswith(" ") else " " + word
        if index and len(lines[-1]) + len(word) > FOLD_AT:
            lines.append(word)
        else:
            lines[-1] += word
    return ("\r\n".join(lines) + "\r\n").encode("ascii", "replace")
