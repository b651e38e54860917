"""From the tree of parts to what people see: the readable text, the HTML, and the attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from service.mail import tnef, transfer
from service.mail.charset import TextDecoder, clean
from service.mail.flowed import unflow
from service.mail.headers import parameters
from service.mail.headers import text as header_text
from service.mail.html_text import html_to_text
from service.mail.message import Attachment
from service.mail.mime import Part

MAX_TEXT = 1_000_000  # characters; the rest stays in the raw mail
MAX_TEXT_BYTES = 4_000_000
MAX_FILENAME = 200
_TOO_LONG = "text is too long; only its beginning is shown"
_NOT_IN_NAME = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")
_META_CHARSET = re.compile(rb"""<meta[^<>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
# The same words once more, for programs that we are not.
_OTHER_SIDES = ("text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext")
_ENCLOSED = ("message/rfc822", "message/global", "message/news")


@dataclass
class Piece:
    """One readable part, as plain text, as HTML, or as both (the two sides of a multipart/alternative)."""

    plain: str | None = None
    html: str | None = None
    _readable: str | None = None

    def readable(self) -> str:
        """Plain text as it is, HTML made readable (once: it is the dearest step of all)."""
        if self._readable is None:
            plain_is_enough = self.plain is not None and (self.plain.strip() or self.html is None)
            self._readable = (self.plain or "") if plain_is_enough else html_to_text(self.html or "")
        return self._readable


@dataclass
class Body:
    """What was collected from a tree of parts, in order."""

    pieces: list[Piece] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)

    def text(self) -> str:
        """All readable text, parts separated by an empty line; no more is read once MAX_TEXT is reached."""
        found: list[str] = []
        spent = 0
        for piece in self.pieces:
            if spent >= MAX_TEXT:
                break
            text = piece.readable().strip("\n")
            spent += max(len(text), 0 if piece.plain else len(piece.html or ""))
            if text:
                found.append(text)
        return "\n\n".join(found)

    def html(self) -> str | None:
        """All HTML parts, joined; None when there is none."""
        found = [piece.html for piece in self.pieces if piece.html is not None]
        return "\n".join(found) if found else None


class Collector:
    """Walks the tree of one mail."""

    def __init__(self, decoder: TextDecoder, faults: list[str]) -> None:
        self._decoder = decoder
        self._faults = faults

    def collect(self, root: Part) -> Body:
        """The body of a whole mail. Never raises."""
        body = Body()
        self._take(root, body, top=True)
        if not body.text().strip():
            self._forwarded(root, body)
        return body

    def _forwarded(self, root: Part, body: Body) -> None:
        """A mail that only carries another one: people who forward a complaint "as attachment" write nothing above.

        The lines on top let `quoting.trim` see that none of it is the sender's own answer.
        """
        enclosed = next((part for part in _walk(root) if part.kind in _ENCLOSED and part.children), None)
        if enclosed is None:
            return
        inner = enclosed.children[0]
        found = Body()
        self._take(inner, found, top=True)
        text = found.text()
        if not text.strip():
            return
        lines = ["---------- Forwarded message ----------"]
        for name in ("From", "Date", "Subject"):
            if value := inner.first(name.lower()):
                lines.append(f"{name}: {header_text(value, self._decoder)}")
        body.pieces = [Piece(plain="\n".join([*lines, "", text]))]
        body.attachments.extend(found.attachments)

    def _take(self, part: Part, body: Body, top: bool = False) -> None:
        if part.kind == "multipart/alternative" and part.children:
            self._alternative(part, body)
        elif part.kind.startswith("multipart/") and part.children:
            for child in part.children:
                self._take(child, body)
        elif part.kind in ("application/ms-tnef", "application/vnd.ms-tnef"):
            self._tnef(part, body)
        elif self._is_text(part, top):
            self._text(part, body)
        else:
            body.attachments.append(self._attachment(part))

    def _is_text(self, part: Part, top: bool) -> bool:
        if part.kind not in ("text/plain", "text/html") and not (top and part.kind.startswith("text/")):
            return False
        disposition, values = self._disposition(part)
        if disposition == "attachment":
            return False
        return top or not (values.get("filename") or part.parameters.get("name"))

    def _alternative(self, part: Part, body: Body) -> None:
        """The first side with plain text, the last with HTML; files hidden in any side are kept."""
        sides = []
        for child in part.children:
            if child.kind in _OTHER_SIDES:
                continue
            side = Body()
            self._take(child, side)
            body.attachments.extend(side.attachments)
            sides.append(side.pieces)
        plain = next((found for found in (_joined(side, "plain") for side in sides) if found and found.strip()), None)
        html = next((found for found in (_joined(side, "html") for side in reversed(sides)) if found), None)
        if plain is not None or html is not None:
            body.pieces.append(Piece(plain, html))

    def _text(self, part: Part, body: Body) -> None:
        data = part.content(self._faults)
        charset = part.parameters.get("charset", "")
        if part.kind != "text/html" and b"begin" in data:
            files, data = transfer.uuencoded(data)
            for name, content in files:
                body.attachments.append(Attachment(file_name(name), "application/octet-stream", content, "", False))
        if len(data) > MAX_TEXT_BYTES:
            self._faults.append(_TOO_LONG)
            data = data[:MAX_TEXT_BYTES]
        if part.kind == "text/html":
            if not charset and (meta := _META_CHARSET.search(data, 0, 4096)):
                charset = meta.group(1).decode("ascii")
            body.pieces.append(Piece(html=self._limited(self._decoder.decode(data, charset))))
            return
        text = self._limited(self._decoder.decode(data, charset)).replace("\r\n", "\n").replace("\r", "\n")
        if part.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, part.parameters.get("delsp", "").lower() == "yes")
        body.pieces.append(Piece(plain=text))

    def _limited(self, text: str) -> str:
        if len(text) > MAX_TEXT:
            self._faults.append(_TOO_LONG)
            return text[:MAX_TEXT]
        return text

    def _tnef(self, part: Part, body: Body) -> None:
        """winmail.dat opened: its files and, when nothing else is there to read, its text."""
        found = tnef.read(part.content(self._faults))
        if found is None:
            self._faults.append("winmail.dat cannot be read")
            body.attachments.append(self._attachment(part))
            return
        for name, kind, content in found.files:
            body.attachments.append(Attachment(file_name(name), kind, content, "", False))
        if not body.pieces and (found.text or found.html):
            body.pieces.append(Piece(found.text or None, found.html or None))

    def _attachment(self, part: Part) -> Attachment:
        disposition, values = self._disposition(part)
        name = values.get("filename") or part.parameters.get("name") or self._location(part)
        content_id = clean((part.first("content-id") or b"").decode("latin-1")).strip().strip("<>")
        if part.children and part.children[0].raw is not part.raw:
            content = part.children[0].raw  # an enclosed mail that came in a transfer encoding
        elif part.children or part.kind in _ENCLOSED:
            content = part.body()
        else:
            content = part.content(self._faults)
        inline = disposition != "attachment" and (disposition == "inline" or bool(content_id))
        return Attachment(file_name(name), part.kind, content, content_id, inline)

    def _location(self, part: Part) -> str:
        """The file name in Content-Location (RFC 2557), where pictures of web pages have theirs."""
        last = header_text(part.first("content-location") or b"", self._decoder).rpartition("/")[2]
        return last if "." in last and len(last) <= MAX_FILENAME else ""

    def _disposition(self, part: Part) -> tuple[str, dict[str, str]]:
        raw = part.first("content-disposition")
        return parameters(raw, self._decoder) if raw is not None else ("", {})


def file_name(name: str) -> str:
    """A bare file name: no folders, no control or direction-changing characters, at most MAX_FILENAME long."""
    name = _NOT_IN_NAME.sub("", clean(name)).strip()
    if "\\" in name or name.startswith(("/", "~", "file:")):
        name = name.replace("\\", "/").rpartition("/")[2]
    name = name.replace("/", "_").strip()
    if name in (".", ".."):
        name = "_"
    if len(name) > MAX_FILENAME:
        stem, dot, ending = name.rpartition(".")
        name = stem[: MAX_FILENAME - 20] + dot + ending[:10] if dot else name[:MAX_FILENAME]
    return name


def _walk(part: Part) -> Iterator[Part]:
    """The part and what lies within its multiparts, not within enclosed mails."""
    yield part
    if part.kind.startswith("multipart/"):
        for child in part.children:
            yield from _walk(child)


def _joined(pieces: list[Piece], side: str) -> str | None:
    found = [text for piece in pieces if (text := getattr(piece, side)) is not None]
    return "\n\n".join(found) if found else None
