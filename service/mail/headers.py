"""Header values: unfolded, decoded from RFC 2047 and RFC 2231, and from the 8-bit text that should not be there."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from service.mail.charset import TextDecoder, clean

_FOLD = re.compile(rb"[\r\n]+[ \t]*")
# The text may hold spaces and question marks although RFC 2047 forbids them; nobody may nest words.
_WORD = re.compile(rb"=\?([A-Za-z0-9_.:*+-]{1,75})\?([QqBb])\?((?:(?!=\?[A-Za-z]).)*?)\?=", re.DOTALL)
_BETWEEN = re.compile(rb"[ \t\r\n]*\Z")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
# What lies between the signs that matter, those signs, and a quoted pair.
_PARAM_PIECE = re.compile(rb'[^";\\]+|\\.|[";\\]', re.DOTALL)
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,4}))?(\*)?\Z")
MAX_PARAMETERS = 200


def unfold(raw: bytes) -> bytes:
    """The value on one line: each line break with the white space after it becomes one space."""
    raw = raw.strip()
    return _FOLD.sub(b" ", raw) if b"\n" in raw or b"\r" in raw else raw


def text(raw: bytes, decoder: TextDecoder) -> str:
    """An unfolded header value as people read it, on one line, without control characters."""
    return _decoded(raw, decoder).strip()


def _decoded(raw: bytes, decoder: TextDecoder) -> str:
    if raw.isascii() and b"=?" not in raw:
        value = raw.decode("ascii")
        if value.isprintable():
            return value  # nearly all headers
    else:
        value = _decode_words(raw, decoder)
    return _CONTROLS.sub(" ", clean(value))


def _decode_words(raw: bytes, decoder: TextDecoder) -> str:
    """Encoded words that stand side by side in one charset are joined as bytes first: senders split characters."""
    out: list[str] = []
    pending: list[bytes] = []
    charset = ""
    position = 0
    for match in _WORD.finditer(raw):
        between = raw[position : match.start()]
        name = match.group(1).decode("ascii").partition("*")[0].lower()
        if pending and (name != charset or not _BETWEEN.match(between)):
            out.append(decoder.decode(b"".join(pending), charset))
            pending = []
        if not (position and _BETWEEN.match(between)):
            out.append(_plain(between, decoder))
        charset = name
        pending.append(_word_bytes(match.group(2), match.group(3)))
        position = match.end()
    if pending:
        out.append(decoder.decode(b"".join(pending), charset))
    out.append(_plain(raw[position:], decoder))
    return "".join(out)


def _plain(raw: bytes, decoder: TextDecoder) -> str:
    return raw.decode("ascii") if raw.isascii() and b"\x1b" not in raw else decoder.decode(raw)


def _word_bytes(kind: bytes, body: bytes) -> bytes:
    if kind in b"Qq":
        return binascii.a2b_qp(body, header=True)
    letters = _NOT_BASE64.sub(b"", body.rstrip(b"="))
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def parameters(raw: bytes, decoder: TextDecoder) -> tuple[str, dict[str, str]]:
    """A value such as `text/plain; charset=utf-8` → ("text/plain", {"charset": "utf-8"}).

    The value and the names are lower-cased. Continuations and charsets of RFC 2231 are joined and decoded;
    so are encoded words and raw 8-bit text, which mail programs put there against the rules.
    """
    main, _, rest = raw.partition(b";")
    if b"=" in main and b"/" not in main:
        main, rest = b"", raw
    pieces: dict[str, list[tuple[int, bool, bytes]]] = {}
    for name, value in _split_parameters(rest):
        section = _SECTION.match(name)
        if section is not None:
            index = int(section.group(2)) if section.group(2) else -1
            pieces.setdefault(section.group(1), []).append((index, bool(section.group(3)), _unquoted(value)))
    values = {name: _join(found, decoder) for name, found in pieces.items()}
    return main.decode("latin-1").strip().lower(), values


def _split_parameters(rest: bytes) -> list[tuple[str, bytes]]:
    """The (name, value) pairs of `; a=b; c="d;e"`, the values still quoted."""
    found: list[tuple[str, bytes]] = []
    current = bytearray()
    # A quote that nobody closes opens nothing: else one stray sign would swallow all that follows.
    last_quote = rest.rfind(b'"')
    position = 0
    quoted = False
    for piece in [*_PARAM_PIECE.findall(rest), b";"]:
        if piece == b'"':
            quoted = not quoted and position < last_quote
        position += len(piece)
        if piece != b";" or (quoted and position <= len(rest)):
            current += piece
            continue
        name, equals, value = bytes(current).partition(b"=")
        if equals and name.strip() and len(found) < MAX_PARAMETERS:
            found.append((name.strip().decode("latin-1").lower(), value.strip()))
        current.clear()
    return found


def _unquoted(value: bytes) -> bytes:
    value = value.strip()
    if value.startswith(b'"'):
        return re.sub(rb'\\(["\\])', rb"\1", value[1:].removesuffix(b'"'))
    return value.strip(b"'")


def _join(found: Iterable[tuple[int, bool, bytes]], decoder: TextDecoder) -> str:
    sections = sorted(found, key=lambda piece: piece[0])
    # A plain `name=` beside `name*=` is the copy for old programs (RFC 6266 4.3): the encoded one is better.
    whole = [piece for piece in sections if piece[0] < 0]
    if whole:
        sections = [next((piece for piece in whole if piece[1]), whole[0])]
    charset = ""
    data: list[bytes] = []
    for position, (_, encoded, value) in enumerate(sections):
        if not encoded:
            data.append(value)
            continue
        value = value.strip(b'"')
        if position == 0 and value.count(b"'") >= 2:
            name, _, value = value.split(b"'", 2)
            charset = name.decode("latin-1")
        data.append(unquote_to_bytes(value))
    joined = b"".join(data)
    return decoder.decode(joined, charset) if charset else _decoded(joined, decoder)
