"""The tree of parts of a mail. Splits only: nothing is decoded or copied, parts are slices of the raw bytes.

Every level is searched once with `bytes.find`, so the work is linear in the size of the mail times its depth,
and depth, parts and headers have limits that no honest mail comes near.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from service.mail import headers, transfer
from service.mail.charset import TextDecoder

MAX_DEPTH = 64
MAX_PARTS = 5000
MAX_HEADERS = 2000
MAX_HEADER_BYTES = 100_000

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
# A whole header with its folded lines. Possessive, so that no line is looked at twice.
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)")
_RUBBISH_LINES = 6
_USUAL = frozenset({b"return-path", b"received", b"delivered-to", b"from", b"date", b"message-id", b"mime-version"})
_MBOX_FROM = re.compile(rb">?From [^\n]*\n")
_FIRST_BOUNDARY = re.compile(rb"^--([^\r\n]{1,200}?)[ \t]*\r?\n(?=[A-Za-z-]{1,40}:)", re.MULTILINE)
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+\Z")


@dataclass
class Part:
    """One entity: its headers (values raw, unfolded) and where its body lies in `raw`."""

    raw: bytes
    start: int
    end: int
    headers: list[tuple[str, bytes]]
    kind: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    children: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Sort the headers by name once: a dozen questions are asked of them."""
        self._values: dict[str, list[bytes]] = {}
        for name, value in self.headers:
            self._values.setdefault(name.lower(), []).append(value)

    def first(self, name: str) -> bytes | None:
        """The raw value of the first header called `name` (lower case), None when there is none."""
        found = self._values.get(name)
        return found[0] if found else None

    def all(self, name: str) -> list[bytes]:
        """The raw values of every header called `name` (lower case), top first."""
        return self._values.get(name, [])

    def body(self) -> bytes:
        """The body as it stands, still in its transfer encoding."""
        return self.raw[self.start : self.end]

    def content(self, faults: list[str]) -> bytes:
        """The body, transfer encoding undone."""
        encoding = (self.first("content-transfer-encoding") or b"").decode("latin-1")
        # A view, because a photo of 40 MB need not be in memory a third time.
        return transfer.undo(memoryview(self.raw)[self.start : self.end], encoding, faults)


class Splitter:
    """Splits one mail; keeps count of its parts and notes what is wrong in `faults`."""

    def __init__(self, decoder: TextDecoder, faults: list[str]) -> None:
        self._decoder = decoder
        self._faults = faults
        self._parts = 0

    def split(self, raw: bytes) -> Part:
        """The tree of a whole mail. Never raises."""
        if b"\n" not in raw and b"\r" in raw:
            raw = raw.replace(b"\r", b"\n")
            self._fault("lines end in a bare CR")
        start = len(raw) - len(raw.lstrip(b"\r\n\t \x00")) if raw[:1] in (b"\r", b"\n", b" ", b"\t", b"\x00") else 0
        if mark := _MBOX_FROM.match(raw, start):
            start = mark.end()
        return self._entity(raw, start, len(raw), "text/plain", 0)

    def _entity(self, raw: bytes, start: int, end: int, default: str, depth: int) -> Part:
        self._parts += 1
        found, body = self._header_block(raw, start, end)
        part = Part(raw, body, end, found)
        part.kind, part.parameters = default, {}
        content_type = part.first("content-type")
        if content_type is not None:
            kind, part.parameters = headers.parameters(content_type, self._decoder)
            part.kind = self._known_kind(kind, default)
        if depth >= MAX_DEPTH or self._parts >= MAX_PARTS:
            self._fault("too deeply nested" if depth >= MAX_DEPTH else "too many parts")
            return part
        if part.kind.startswith("multipart/"):
            self._children(part, depth)
        elif part.kind in ("message/rfc822", "message/global", "message/news"):
            self._enclosed(part, depth)
        return part

    def _known_kind(self, kind: str, default: str) -> str:
        kind = kind.replace(" ", "").strip("\"'")
        if _TYPE.match(kind):
            return kind
        if kind in ("text", "html", "plain"):
            return "text/html" if kind == "html" else "text/plain"
        self._fault("content type cannot be read")
        return kind if kind.startswith("multipart/") else default

    def _header_block(self, raw: bytes, start: int, end: int) -> tuple[list[tuple[str, bytes]], int]:
        """The headers from `start`, and where the body begins. A line that is no header does not end the block
        as long as a header follows it; without any header all is body."""
        found: list[tuple[str, bytes]] = []
        position = start
        while position < end:
            header = _FIELD.match(raw, position, end)
            if header is not None:
                self._keep(found, header)
                position = header.end()
                continue
            line_end = raw.find(b"\n", position, end)
            line_end = end if line_end < 0 else line_end + 1
            if not raw[position:line_end].strip(b"\r\n"):
                return found, line_end
            if not self._header_follows(raw, line_end, end, bool(found)):
                if found:
                    self._fault("no empty line after the headers")
                return found, position
            self._fault("a line among the headers is not a header")
            position = line_end
        return found, end

    def _header_follows(self, raw: bytes, position: int, end: int, inside: bool) -> bool:
        """Whether a line of rubbish stands among headers: only then do we step over it. Unless a header follows at
        once it must be one that every mail has, as a text may well begin with a line and then "Name: Sari"."""
        for distance in range(_RUBBISH_LINES):
            match = _NAME.match(raw, position, min(end, position + 300))
            if match and (match.group(1).lower() in _USUAL or (inside and not distance)):
                return True
            line_end = raw.find(b"\n", position, min(end, position + 1000))
            if line_end < 0 or not raw[position:line_end].strip():
                return False
            position = line_end + 1
        return False

    def _keep(self, found: list[tuple[str, bytes]], header: re.Match[bytes]) -> None:
        name = header.group(1).decode("ascii")
        start, end = header.span(2)
        if len(found) >= MAX_HEADERS:
            self._fault(f"more than {MAX_HEADERS} headers")
            return
        if end - start > MAX_HEADER_BYTES:
            self._fault(f"{name[:40]} is too long")
            end = start + MAX_HEADER_BYTES
        found.append((name, headers.unfold(header.string[start:end])))

    def _enclosed(self, part: Part, depth: int) -> None:
        encoding = (part.first("content-transfer-encoding") or b"").strip().lower()
        if encoding in (b"base64", b"quoted-printable"):
            raw = part.content(self._faults)
            part.children = [self._entity(raw, 0, len(raw), "text/plain", depth + 1)]
            return
        start = part.start
        while start < part.end and part.raw[start] in b"\r\n":
            start += 1
        if mark := _MBOX_FROM.match(part.raw, start, part.end):
            start = mark.end()
        part.children = [self._entity(part.raw, start, part.end, "text/plain", depth + 1)]

    def _children(self, part: Part, depth: int) -> None:
        """Cut a multipart at its boundary. One that cannot be cut becomes the text that it is."""
        default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
        boundary = part.parameters.get("boundary", "").encode("utf-8", "replace")
        # A boundary may not end in white space (RFC 2046 5.1.1), but it happens, and then it counts.
        spans: list[tuple[int, int]] = []
        for candidate in dict.fromkeys((boundary, boundary.strip())):
            spans = spans or (_cut(part.raw, part.start, part.end, candidate) if candidate else [])
        if not spans:
            guessed = _FIRST_BOUNDARY.search(part.raw, part.start, part.end)
            if guessed is not None:
                self._fault("boundary missing or wrong")
                spans = _cut(part.raw, part.start, part.end, guessed.group(1))
        if not spans:
            self._fault("multipart without parts")
            part.kind = "text/plain"
            return
        for start, end in spans:
            if self._parts >= MAX_PARTS:
                self._fault("too many parts")
                return
            part.children.append(self._entity(part.raw, start, end, default, depth + 1))

    def _fault(self, text: str) -> None:
        if text not in self._faults:
            self._faults.append(text)


def _cut(raw: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
    """Where the parts between the boundary lines lie, without the line break that belongs to the next boundary.
    Stops at MAX_PARTS."""
    line = b"--" + boundary
    spans: list[tuple[int, int]] = []
    opened = -1
    position = start if raw.startswith(line, start, end) else _next_line(raw, line, start, end)
    while position >= 0 and len(spans) <= MAX_PARTS:
        line_end = raw.find(b"\n", position + len(line), end)
        line_end = end if line_end < 0 else line_end + 1
        tail = raw[position + len(line) : min(line_end, position + len(line) + 200)].strip()
        if tail in (b"", b"--"):
            if opened >= 0:
                spans.append((opened, _before_break(raw, opened, position)))
            if tail:
                return spans
            opened = line_end
        position = _next_line(raw, line, line_end - 1, end)
    if opened >= 0 and raw[opened:end].strip():
        spans.append((opened, end))
    return spans


def _next_line(raw: bytes, line: bytes, start: int, end: int) -> int:
    """Where the next line that begins with `line` stands, -1 when there is none."""
    found = raw.find(b"\n" + line, max(start, 0), end)
    return found + 1 if found >= 0 else -1


def _before_break(raw: bytes, start: int, position: int) -> int:
    if position > start and raw[position - 1] == 0x0A:
        position -= 1
    if position > start and raw[position - 1] == 0x0D:
        position -= 1
    return position
