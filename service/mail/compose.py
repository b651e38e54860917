"""Draft → bytes that any SMTP server takes: CRLF, 7-bit, text always, HTML with its CSS inlined.

The same draft gives the same bytes, so that a repeated delivery is recognisable as one.
The parts are put together by hand: EmailMessage costs 2 ms a mail, and mails leave by the hundred.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

import css_inline

from service.mail.encode import address_header, header, one_line, parameter
from service.mail.message import Attachment

_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
_NOT_IN_ADDRESS = re.compile(r"[\s\x00-\x20\x7f<>()\[\],;:@\\\"]")
_NOT_IN_ID = re.compile(r"[\s\x00-\x20\x7f-\uffff<>]+")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*/[A-Za-z0-9][A-Za-z0-9.+-]*\Z")
_LINE_BREAKS = re.compile(r"\r\n?|\u2028|\u2029")
_BODY_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_OURS = frozenset(
    {"date", "from", "to", "subject", "message-id", "in-reply-to", "references", "reply-to", "bcc", "mime-version"}
    | {"content-type", "content-transfer-encoding", "content-disposition", "content-id"}
)


@dataclass(frozen=True)
class Image:
    """A picture that the HTML shows with `<img src="cid:{content_id}">`. `content_id` without angle brackets."""

    content_id: str
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A mail to be. `date` is aware; ids may carry their angle brackets or not; an empty string means absent.

    `headers` are further headers (`Auto-Submitted`, `List-Unsubscribe`, …), not those that have a field here.
    """

    message_id: str
    date: datetime
    from_address: str
    from_name: str
    to_address: str
    to_name: str
    reply_to: str = ""
    subject: str
    text: str
    html: str | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    images: tuple[Image, ...] = ()
    attachments: tuple[Attachment, ...] = ()


def compose(draft: Draft) -> bytes:
    """The mail as bytes. No value in the draft can add a header or end the header block.

    Raises ValueError for what nobody could deliver: an address without "@" or beyond ASCII, a naive date,
    a further header whose name is not one or is written by us.
    """
    seed = hashlib.sha256(f"{draft.message_id}\n{draft.text}\n{draft.html}".encode("utf-8", "replace")).hexdigest()
    body = _body(draft, seed)
    return b"".join([*_headers(draft), b"MIME-Version: 1.0\r\n", body])


def clean_address(address: str) -> str:
    """The address without white space and brackets around it; a domain beyond ASCII as IDNA.

    Raises ValueError when that is not an ASCII address, or holds what could end or split it: mended, it would be
    somebody else's.
    """
    local, at, domain = address.strip().strip("<>").rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    if not local or not at or not domain or not local.isascii() or _NOT_IN_ADDRESS.search(local + domain):
        raise ValueError(f"not an address: {address!r}")
    return f"{local}@{domain}"


def _headers(draft: Draft) -> list[bytes]:
    if draft.date.tzinfo is None:
        raise ValueError("the date of a mail must know its zone")
    lines = [
        header("Date", format_datetime(draft.date.astimezone(UTC))),
        address_header("From", clean_address(draft.from_address), draft.from_name),
        address_header("To", clean_address(draft.to_address), draft.to_name),
        header("Subject", draft.subject),
        header("Message-ID", _message_id(draft.message_id)),
    ]
    if draft.reply_to:
        lines.append(address_header("Reply-To", clean_address(draft.reply_to), ""))
    if draft.in_reply_to:
        lines.append(header("In-Reply-To", _message_id(draft.in_reply_to)))
    if draft.references:
        lines.append(header("References", " ".join(_message_id(each) for each in draft.references)))
    for name, value in draft.headers:
        if name.lower() in _OURS:
            raise ValueError(f"{name} has its own field in the draft")
        lines.append(header(name, value))
    return lines


def _message_id(value: str) -> str:
    return "<" + _NOT_IN_ID.sub("", value)[:900] + ">"


def _body(draft: Draft, seed: str) -> bytes:
    """The MIME entity, its content headers first: mixed(alternative(text, related(html, images)), files)."""
    entity = _text_part("plain", draft.text)
    if draft.html is not None:
        html = _text_part("html", _inlined(draft.html))
        if draft.images:
            html = _multipart("related", seed[:24] + "r", [html, *map(_image_part, draft.images)])
        entity = _multipart("alternative", seed[:24] + "a", [entity, html])
    if draft.attachments:
        entity = _multipart("mixed", seed[:24] + "m", [entity, *map(_file_part, draft.attachments)])
    return entity


def _inlined(html: str) -> str:
    """CSS from `<style>` onto the elements, as mail clients need it; what cannot be parsed stays as it was."""
    if "<style" not in html.lower():
        return html
    try:
        return _INLINER.inline(html)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic within the library is no Exception; a mail without inlined CSS is better than none
        return html


def _text_part(subtype: str, text: str) -> bytes:
    text = _BODY_CONTROLS.sub("", _LINE_BREAKS.sub("\n", text))
    if not text.endswith("\n"):
        text += "\n"
    data = text.encode("utf-8")
    lines = text.split("\n")
    if text.isascii() and max(map(len, lines)) <= 78 and not any(line.startswith("From ") for line in lines):
        charset, encoding, payload = "us-ascii", "7bit", data.replace(b"\n", b"\r\n")
    elif len(data) > 1.4 * len(text):
        charset, encoding, payload = "utf-8", "base64", _base64(data.replace(b"\n", b"\r\n"))
    else:
        payload = binascii.b2a_qp(data.replace(b"\n", b"\r\n"), istext=True)
        charset, encoding, payload = "utf-8", "quoted-printable", payload.replace(b"\r\nFrom ", b"\r\n=46rom ")
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + payload


def _multipart(subtype: str, mark: str, parts: list[bytes]) -> bytes:
    # "=_" can stand in neither quoted-printable nor base64, and nobody can foresee the hash of the whole draft.
    boundary = f"=_{mark}"
    line = f"\r\n--{boundary}\r\n".encode()
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n'.encode()
    return b"".join([head, *(line + part for part in parts), f"\r\n--{boundary}--\r\n".encode()])


def _image_part(image: Image) -> bytes:
    content_id = _NOT_IN_ID.sub("", image.content_id)
    extra = f"Content-ID: <{content_id}>\r\n"
    return _binary(image.content_type, image.filename, "inline", extra, image.content)


def _file_part(file: Attachment) -> bytes:
    return _binary(file.content_type, file.filename, "attachment", "", file.content)


def _binary(content_type: str, filename: str, disposition: str, extra: str, content: bytes) -> bytes:
    kind = content_type if _TYPE.match(content_type) else "application/octet-stream"
    if kind.lower().startswith(("multipart/", "message/")):
        kind = "application/octet-stream"  # RFC 2046 forbids base64 there
    stem, dot, ending = one_line(filename).rpartition(".")
    name = (stem[:70] + dot + ending[:10]) if dot else ending[:70]
    head = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n{extra}"
        f"Content-Disposition: {disposition}{parameter('filename', name) if name else ''}\r\n\r\n"
    )
    return head.encode("ascii") + _base64(content)


def _base64(data: bytes) -> bytes:
    text = binascii.b2a_base64(data, newline=False)
    return b"".join([text[start : start + 76] + b"\r\n" for start in range(0, len(text), 76)])
