"""winmail.dat (TNEF, [MS-OXTNEF]): the files and the text that Outlook wraps up for other Outlooks."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

_SIGNATURE = 0x223E9F78
_TITLE, _DATA, _RENDER, _ATTACH_PROPS = 0x8010, 0x800F, 0x9002, 0x9005
_BODY, _MESSAGE_PROPS, _CODEPAGE = 0x800C, 0x9003, 0x9007
_PR_BODY, _PR_HTML = 0x1000, 0x1013
_PR_LONG_NAME, _PR_NAME, _PR_MIME, _PR_DATA = 0x3707, 0x3704, 0x370E, 0x3701
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8,
          0x0040: 8, 0x0048: 16, 0x0001: 0, 0x0000: 0}  # fmt: skip
MAX_PROPERTIES = 5000
MAX_FILES = 1000


@dataclass
class Tnef:
    """What was found: files as (name, content type, content), and the message's own text."""

    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    text: str = ""
    html: str = ""


@dataclass
class _File:
    name: str = ""
    kind: str = "application/octet-stream"
    content: bytes = b""


def read(data: bytes) -> Tnef | None:
    """The contents of a TNEF stream, None when it is none. A broken end gives what came before it."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return None
    found = Tnef()
    files: list[_File] = []
    codec = "cp1252"
    position = 6
    while position + 9 <= len(data) and len(files) <= MAX_FILES:
        _level, attribute, _type, length = struct.unpack_from("<BHHI", data, position)
        value = data[position + 9 : position + 9 + length]
        position += 9 + length + 2  # a checksum that nobody relies on
        if attribute == _RENDER:
            files.append(_File())
        elif attribute == _CODEPAGE and len(value) >= 4:
            codec = _codec(struct.unpack_from("<I", value)[0])
        elif attribute == _BODY:
            found.text = _text(value, codec)
        elif attribute == _MESSAGE_PROPS:
            properties = _properties(value)
            found.text = found.text or _text(properties.get(_PR_BODY, b""), codec)
            found.html = _text(properties.get(_PR_HTML, b""), codec)
        elif attribute in (_TITLE, _DATA, _ATTACH_PROPS):
            if not files:
                files.append(_File())
            _fill(files[-1], attribute, value, codec)
    found.files = [(file.name, file.kind, file.content) for file in files if file.content or file.name]
    return found


def _fill(file: _File, attribute: int, value: bytes, codec: str) -> None:
    if attribute == _TITLE:
        file.name = file.name or _text(value, codec)
    elif attribute == _DATA:
        file.content = value
    else:
        properties = _properties(value)
        file.name = _text(properties.get(_PR_LONG_NAME, b"") or properties.get(_PR_NAME, b""), codec) or file.name
        kind = _text(properties.get(_PR_MIME, b""), codec)
        file.kind = kind if "/" in kind else file.kind
        file.content = file.content or properties.get(_PR_DATA, b"")


def _codec(number: int) -> str:
    return "utf-8" if number == 65001 else f"cp{number}" if number in range(437, 1259) else "cp1252"


def _text(value: bytes, codec: str) -> str:
    if value[1:2] == b"\x00" and value[:1] != b"\x00":
        return value.decode("utf-16-le", "replace").partition("\x00")[0]
    try:
        return value.decode(codec, "replace").partition("\x00")[0]
    except LookupError:
        return value.decode("cp1252", "replace").partition("\x00")[0]


def _properties(data: bytes) -> dict[int, bytes]:
    """The MAPI properties of an encapsulated list by their number; stops quietly where the list is broken."""
    found: dict[int, bytes] = {}
    try:
        count = struct.unpack_from("<I", data)[0]
        position = 4
        for _ in range(min(count, MAX_PROPERTIES)):
            kind, number = struct.unpack_from("<HH", data, position)
            position += 4
            if number >= 0x8000:
                position = _skip_name(data, position)
            value, position = _value(data, position, kind)
            found.setdefault(number, value)
    except struct.error:
        return found
    return found


def _skip_name(data: bytes, position: int) -> int:
    """Past the name of a named property: a GUID, then a number or a string."""
    position += 16
    by_string = struct.unpack_from("<I", data, position)[0]
    position += 4
    if not by_string:
        return position + 4
    length = int(struct.unpack_from("<I", data, position)[0])
    return position + 4 + (length + 3) // 4 * 4


def _value(data: bytes, position: int, kind: int) -> tuple[bytes, int]:
    many = kind & 0x1000
    base = kind & 0x0FFF
    if not many and base in _FIXED:
        size = _FIXED[base]
        return data[position : position + size], position + size
    count = struct.unpack_from("<I", data, position)[0]
    position += 4
    if many and base in _FIXED:
        return b"", position + count * max(_FIXED[base], 4)
    value = b""
    for _ in range(min(count, MAX_PROPERTIES)):
        length = struct.unpack_from("<I", data, position)[0]
        value = value or data[position + 4 : position + 4 + length]
        position += 4 + (length + 3) // 4 * 4
    # Embedded objects begin with the GUID of their interface.
    return (value[16:] if base == 0x000D else value), position
