"""Content-Transfer-Encoding undone, as far as it can be, and uuencoded files found inside text."""

from __future__ import annotations

import binascii
import re

MAX_UU_FILES = 200
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255}?)[ \t]*\r?\n", re.MULTILINE)
_UU_END = re.compile(rb"^end[ \t]*\r?$", re.MULTILINE)


def undo(data: bytes | memoryview, encoding: str, faults: list[str]) -> bytes:
    """The decoded bytes of a body. Broken input gives what can be saved of it and a line in `faults`."""
    name = encoding.strip().strip("\"';").split(";")[0].strip().lower()
    if name == "base64":
        return base64(data, faults)
    if name in ("quoted-printable", "quoted_printable", "quotedprintable", "quoted printable"):
        return binascii.a2b_qp(data)
    data = bytes(data)
    if name in ("x-uuencode", "uuencode", "x-uue", "uue"):
        files, rest = uuencoded(data)
        return files[0][1] if files else rest
    if name not in ("", "7bit", "8bit", "binary", "7-bit", "8-bit"):
        faults.append(f"unknown transfer encoding {name[:40]!r}")
    return data


def base64(data: bytes | memoryview, faults: list[str]) -> bytes:
    """Base64 with stray characters skipped and the end mended; text after the padding is not data."""
    try:
        return binascii.a2b_base64(data, strict_mode=False)
    except binascii.Error:
        faults.append("broken base64")
    letters = bytes(data).partition(b"=")[0].translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def uuencoded(data: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """The (name, content) of every uuencoded file in `data`, and `data` without them."""
    files: list[tuple[str, bytes]] = []
    rest: list[bytes] = []
    position = 0
    while len(files) < MAX_UU_FILES and (begin := _UU_BEGIN.search(data, position)):
        end = _UU_END.search(data, begin.end())
        content = _uu_lines(data[begin.end() : end.start()]) if end else None
        if end is None:
            break  # no "end" from here on: no later file has one either
        if content is None:
            rest.append(data[position : begin.end()])
            position = begin.end()
            continue
        rest.append(data[position : begin.start()])
        files.append((begin.group(1).decode("utf-8", "replace"), content))
        position = end.end()
    rest.append(data[position:])
    return files, b"".join(rest)


def _uu_lines(block: bytes) -> bytes | None:
    """The content of a uuencoded block, None when a line in it is not uuencoded."""
    out: list[bytes] = []
    for line in block.splitlines():
        if not line.strip():
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Old encoders wrote trailing rubbish: the first character says how many bytes count.
            count = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:count]))
            except binascii.Error:
                return None
    return b"".join(out)
