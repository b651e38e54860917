"""Raw bytes → `Message`, whatever the bytes are."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from service.mail import addresses, auto, bounce, headers, quoting, spam
from service.mail.body import Body, Collector
from service.mail.charset import TextDecoder, clean, known
from service.mail.message import Bounce, Message
from service.mail.mime import Part, Splitter

MAX_SUBJECT = 1000
MAX_REFERENCES = 200
MAX_FAULTS = 50
_IDS = re.compile(r"<([^<>]{1,900})>")
_T = TypeVar("_T")


def parse(raw: bytes) -> Message:
    """Read a mail. Never raises: what cannot be read becomes a line in `faults` and an empty field.

    The work is linear in the size of the mail; parts, depth, headers and texts have limits (see `mime` and `body`).
    """
    faults: list[str] = []
    try:
        return _read(raw, faults)
    except Exception as problem:  # each step guards itself; this is for the one that nobody foresaw
        faults.append(f"the mail cannot be read ({type(problem).__name__})")
        return _unread(raw, faults)


def _read(raw: bytes, faults: list[str]) -> Message:
    decoder = TextDecoder(faults)
    if not raw.strip():
        faults.append("the mail is empty")
    empty = Part(b"", 0, 0, [])
    root = _guarded(faults, "structure", lambda: Splitter(decoder, faults).split(raw), empty)
    decoder.hint = _hint(root)
    reader = _Headers(root, decoder)
    body = _guarded(faults, "body", lambda: Collector(decoder, faults).collect(root), Body())
    text = _guarded(faults, "text", body.text, "")
    from_name, from_address = _sender(reader, faults)
    return_path = reader.return_path()
    nothing: Bounce | None = None
    found = _guarded(
        faults, "bounce", lambda: bounce.read(root, reader.values, from_address, return_path, text), nothing
    )
    report_type = root.parameters.get("report-type", "").lower()
    to, cc = reader.plain_addresses("to"), reader.plain_addresses("cc")
    return Message(
        message_id=reader.message_id(),
        in_reply_to=next(iter(reader.ids("in-reply-to")), ""),
        references=_capped(reader.ids("references")),
        from_address=from_address,
        from_name=from_name,
        reply_to=reader.plain_addresses("reply-to"),
        to=to,
        cc=cc,
        delivered_to=tuple(
            dict.fromkeys(reader.plain_addresses("delivered-to", "x-original-to", "envelope-to") + to + cc)
        ),
        return_path=return_path,
        subject=reader.first("subject")[:MAX_SUBJECT],
        date=_date(reader.first("date")),
        text=text,
        reply_text=_guarded(faults, "reply", lambda: quoting.trim(text), text),
        html=body.html(),
        attachments=tuple(body.attachments),
        headers=tuple(reader.pairs),
        auto=auto.automatic(reader.values, report_type, return_path),
        bulk=auto.bulk(reader.values),
        spam=spam.marked(reader.pairs),
        bounce=found,
        authentication_results=tuple(reader.values.get("authentication-results", ())),
        size=len(raw),
        faults=tuple(dict.fromkeys(faults))[:MAX_FAULTS],
    )


def _unread(raw: bytes, faults: list[str]) -> Message:
    """A mail of which nothing is known but its size."""
    return Message(
        message_id="", in_reply_to="", references=(), from_address="", from_name="", reply_to=(), to=(), cc=(),
        delivered_to=(), return_path=None, subject="", date=None, text="", reply_text="", html=None, attachments=(),
        headers=(), auto=None, bulk=None, spam=None, bounce=None, authentication_results=(), size=len(raw),
        faults=tuple(faults[:MAX_FAULTS]),
    )  # fmt: skip


def _sender(reader: _Headers, faults: list[str]) -> tuple[str, str]:
    """(name, address) of From, or of whoever else can be answered when From has no address."""
    pairs = reader.addresses("from")
    if sum("@" in address for _, address in pairs) > 1:
        faults.append("several senders; the first was taken")
    for index, (name, address) in enumerate(pairs):
        if "@" in address:
            # "Santoso, Budi <budi@…>" without quotes falls into two.
            names = [before for before, _ in pairs[:index]] + [name]
            return ", ".join(filter(None, names)), address
    for header in ("sender", "reply-to"):
        for name, address in reader.addresses(header):
            if "@" in address:
                faults.append(f"From has no address; {header.title()} was taken")
                return (pairs[0][0] if pairs else "") or name, address
    faults.append("no sender")
    return pairs[0] if pairs else ("", "")


def _guarded(faults: list[str], what: str, work: Callable[[], _T], otherwise: _T) -> _T:
    """The result of `work`; on any exception `otherwise` and a fault. A mail must never stop the mails behind it."""
    try:
        return work()
    except Exception as problem:
        faults.append(f"{what} cannot be read ({type(problem).__name__})")
        return otherwise


def _hint(root: Part) -> str:
    """The first charset that any part names: raw 8-bit headers are mostly in the same one."""
    waiting = [root]
    seen = 0
    while waiting and seen < 50:
        part = waiting.pop(0)
        seen += 1
        codec = known(part.parameters.get("charset", ""))
        if codec and codec not in ("utf-8", "ascii"):
            return codec
        waiting.extend(part.children[:50])
    return ""


class _Headers:
    """The decoded headers of a mail, by name and in order."""

    def __init__(self, root: Part, decoder: TextDecoder) -> None:
        self._root = root
        self._decoder = decoder
        self.pairs = [(name, headers.text(value, decoder)) for name, value in root.headers]
        self.values: dict[str, list[str]] = {}
        for name, value in self.pairs:
            self.values.setdefault(name.lower(), []).append(value)

    def first(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "")

    def addresses(self, *names: str) -> list[tuple[str, str]]:
        """(decoded name, normalised address) of all headers with these names, at most addresses.MAX_ADDRESSES.
        Split before decoding: an encoded comma is no comma."""
        found: list[tuple[str, str]] = []
        for value in itertools.chain.from_iterable(map(self._root.all, names)):
            text = value.decode("ascii") if value.isascii() else self._decoder.decode(value)
            for name, address in addresses.read_list(text):
                if name and ("=?" in name or not name.isprintable()):
                    name = headers.text(name.encode("utf-8", "replace"), self._decoder)
                found.append((name.strip("\"' "), clean(addresses.normalise(address))))
            if len(found) >= addresses.MAX_ADDRESSES:
                break
        return found[: addresses.MAX_ADDRESSES]

    def plain_addresses(self, *names: str) -> tuple[str, ...]:
        """The addresses alone, each once, those without "@" left out."""
        return tuple(dict.fromkeys(address for _, address in self.addresses(*names) if "@" in address))

    def ids(self, name: str) -> tuple[str, ...]:
        """The message ids in a header, with angle brackets, white space within them removed."""
        text = " ".join(self.values.get(name, ()))
        found = ["<" + "".join(each.split()) + ">" for each in _IDS.findall(text)]
        if not found:
            found = [f"<{word}>" for word in text.split() if "@" in word and len(word) < 900]
        return tuple(dict.fromkeys(found))

    def message_id(self) -> str:
        found = self.ids("message-id")
        if found:
            return found[0]
        word = "".join(self.first("message-id").split()).strip("<>")[:900]
        return f"<{word}>" if word else ""

    def return_path(self) -> str | None:
        if "return-path" not in self.values:
            return None
        return addresses.normalise(self.first("return-path"))


def _capped(ids: tuple[str, ...]) -> tuple[str, ...]:
    """The first id names the thread and the last ones the neighbours: the middle may go."""
    return ids if len(ids) <= MAX_REFERENCES else (ids[0], *ids[1 - MAX_REFERENCES :])


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value[:200])
        return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)
    except Exception:  # ValueError, TypeError, IndexError, OverflowError: a Date is the sender's to spoil
        return None
