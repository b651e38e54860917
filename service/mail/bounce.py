"""Delivery status: which mail of ours did not arrive, at whom, and why.

First what RFC 3464 says in so many words, then flufl.bounce for the servers that write prose. It is asked only
when something hints at a bounce: on an ordinary mail it costs twenty times the rest of the reading, and a person
who quotes a bounce must not be taken for one.
"""

from __future__ import annotations

import email
import logging
import re
from collections.abc import Iterator

from flufl.bounce import all_failures

from service.mail.addresses import is_address, normalise
from service.mail.auto import Values
from service.mail.message import Bounce, BounceKind
from service.mail.mime import Part

# It logs the exceptions that we catch below, with pieces of people's mail in them.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

MAX_ASKED = 200_000  # bytes that flufl.bounce gets to see
_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|postmaster|mdaemon|mail[-_.]?daemon|mail[-_. ]delivery|smtp_mail_service|bounce[sd]?\b)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"\s*(?:\W*(?:warning|postmaster|error|notice)\W+)?(?:re:\s.*\bnon remis\b|"
    r"undeliver(?:ed|able)|returned (?:e-?)?mail|mail(?: delivery)? (?:failed|failure|problem|error|returned)|"
    r"(?:e-?mail |message |permanent |mail )?delivery (?:status|report|fail(?:ure|ed)|problem|error|has failed"
    r"|notification)|"
    r"delivery to .{1,100} (?:failed|delayed)|failure notice|failed mail|failed delivery|mail not delivered|"
    r"non[- ]?deliver|not delivered|could ?n(?:o|')t be delivered|message (?:delayed|could not be delivered)|"
    r"your message to .{1,100} could not be delivered|processing error|nondeliverable|rejected:|"
    r"(?:e-?mail|mail|message) (?:was |is |could )?not (?:be )?delivered|ndn:|unable to deliver|error sending|"
    r"(?:failure|problem) delivering|unknown (?:user|address|recipient)|user unknown|no such user|"
    r"bounced? (?:mail|message)|"
    r"your (?:e-?mail|mail|message)\b.{0,60}\b(?:not (?:be )?delivered|undeliverable|bounced|rejected|blocked)|"
    r"address (?:not found|unknown)|mailbox (?:is )?(?:full|unavailable|unknown)|"
    r"message status - (?:undeliver|delay)|mail system error|delayed mail|"
    r"unzustellbar|onbestelbaar|non remis|message non distribu|"
    r"pesan (?:tidak|gagal) (?:ter)?kirim|(?:pengiriman|penghantaran) (?:pesan |surel |email )?(?:gagal|tertunda)|"
    r"tidak (?:dapat )?terkirim|gagal (?:mengirim|terkirim))",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"\b(?:delay(?:ed)?|warning|still (?:trying|being retried)|will (?:be retried|retry)|tertunda)\b", re.I
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45])\d\d[ :-]")
# What a daemon's prose says where its subject says nothing, and what it says when trying again is of no use.
_NOT_DELIVERED = re.compile(
    r"undeliver(?:ed|able)|(?:not|n't|never) (?:be |been )?(?:delivered|reach)|(?:unable|failed|failure) to deliver"
    r"|delivery (?:\w+ )?(?:failed|failure|error|has failed)|returned (?:mail|message|to sender)"
    r"|(?:tidak|belum|gagal)(?: dapat| bisa)? (?:ter|di)?(?:kirim|antar|sampai)",
    re.IGNORECASE,
)
_FOR_GOOD = re.compile(
    r"\b(?:permanent(?:ly)?|fatal|(?:user|recipient|mailbox|address|account|host|domain) (?:\w+ )?(?:unknown|not found)"
    r"|unknown (?:user|recipient|mailbox|address|host|domain)|no such (?:user|recipient|mailbox|address|domain)"
    r"|does(?:n.t| not) exist|not (?:listed|recognized)|no longer (?:active|valid|exists?)"
    r"|tidak (?:dikenal|ditemukan|ada))\b",
    re.IGNORECASE,
)
_MESSAGE_ID = re.compile(rb"^[ \t>]*Message-ID:\s{0,5}(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_COPY = re.compile(
    r"^(?:[-_= ]*(?:original message|returned mail|copy of)|(?:received|mime-version|from|return-path):)",
    re.IGNORECASE | re.MULTILINE,
)
_ENDS = ("to", "cc", "from", "reply-to", "sender", "delivered-to", "return-path")
_ADDRESS = re.compile(r"[^\s<>\"(),:;\[\]]+@[^\s<>\"(),:;\[\]]+")
_KINDS: dict[str, BounceKind] = {"5": "permanent", "4": "temporary"}


def read(root: Part, headers: Values, from_address: str, return_path: str | None, text: str) -> Bounce | None:
    """The delivery status that a mail reports, None when it is no bounce. May raise: the caller guards it.

    `headers` decoded by lower-case name, `text` the readable body.
    """
    blocks = _status_blocks(root)
    actions = [block["action"].split()[0].lower() for block in blocks if block.get("action", "").split()]
    if actions and not any(action in ("failed", "delayed") for action in actions):
        return None  # "delivered", "relayed", "expanded": good news
    from_daemon = bool(_DAEMON.search(from_address)) or return_path == "" or bool(_DAEMON.match(return_path or ""))
    subject = (headers.get("subject") or ("",))[0][:300]
    by_name = bool(_DAEMON.match(from_address))
    says_so = bool(_SUBJECT.match(subject)) or (by_name and bool(_NOT_DELIVERED.search(text[:3000])))
    named = tuple(
        normalise(found) for value in headers.get("x-failed-recipients", ()) for found in _ADDRESS.findall(value)
    )
    reported = root.kind == "multipart/report" and root.parameters.get("report-type", "").lower() in (
        "delivery-status",
        "",
    )
    if not (blocks or named or reported or says_so or from_daemon):
        return None
    temporary, permanent = _asked(root, from_address)
    if not (blocks or named or temporary or permanent or (says_so and from_daemon) or reported):
        return None
    if reported and not blocks:
        blocks = _blocks(text)  # some servers write the fields into the readable part
    worst = _worst(blocks)
    status = _status(worst, text)
    return Bounce(
        kind=_kind(worst, status, subject, text, bool(permanent), bool(temporary)),
        recipients=tuple(sorted(permanent | temporary)) or named or _recipients(blocks) or _only_address(headers, text),
        original_message_id=_original_id(root),
        status=status,
        diagnostic=_diagnostic(worst, text),
    )


def _outer_parts(part: Part) -> Iterator[Part]:
    """Every part of the report itself, not those within the mail that it returns."""
    yield part
    if part.kind.startswith("multipart/"):
        for child in part.children:
            yield from _outer_parts(child)


def _status_blocks(root: Part) -> list[dict[str, str]]:
    """The per-recipient blocks of RFC 3464 2.3 as {field in lower case: value}; empty when there are none."""
    found: list[dict[str, str]] = []
    for part in _outer_parts(root):
        if part.kind in _STATUS_PARTS:
            found += _blocks(part.content([]).decode("utf-8", "replace"))
    return found


def _blocks(text: str) -> list[dict[str, str]]:
    chunks = re.split(r"\n[ \t]*\n", text[:MAX_ASKED].replace("\r\n", "\n").replace("\r", "\n"))
    wanted = ("final-recipient", "original-recipient", "action")
    return [fields for fields in map(_fields, chunks) if any(name in fields for name in wanted)]


def _fields(chunk: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in chunk.split("\n"):
        if line[:1] in (" ", "\t") and name:
            fields[name] += " " + line.strip()
            continue
        key, colon, value = line.partition(":")
        if colon and key.strip() and " " not in key.strip():
            name = key.strip().lower()
            fields.setdefault(name, value.strip())
    return fields


def _recipients(blocks: list[dict[str, str]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for block in blocks:
        value = (block.get("final-recipient") or block.get("original-recipient") or "").partition(";")[2]
        if match := _ADDRESS.search(value):
            found[normalise(match.group())] = None
    return tuple(found)


def _only_address(headers: Values, text: str) -> tuple[str, ...]:
    """The one address in the prose that belongs to neither end of the report; nothing when there are several."""
    prose = _COPY.split(text[:20_000], maxsplit=1)[0]
    ends = {normalise(found) for name in _ENDS for value in headers.get(name, ()) for found in _ADDRESS.findall(value)}
    found = {normalise(address) for address in _ADDRESS.findall(prose)} - ends
    found = {address for address in found if not _DAEMON.search(address) and is_address(address)}
    return tuple(found) if len(found) == 1 else ()


def _asked(root: Part, from_address: str) -> tuple[frozenset[str], frozenset[str]]:
    """What flufl.bounce finds: (delayed, failed) recipients. It raises when From has no address: hence a new one."""
    usable = from_address.isascii() and "@" in from_address
    head = [f"From: {from_address if usable else 'unknown@invalid.example'}".encode()]
    head += [
        name.encode() + b": " + value for name, value in root.headers if name.lower() != "from" and value.isascii()
    ]
    body = b"\n".join(line[:2000] for line in root.raw[root.start : min(root.end, root.start + MAX_ASKED)].splitlines())
    try:
        temporary, permanent = all_failures(email.message_from_bytes(b"\n".join(head) + b"\n\n" + body))
    except Exception:  # it is known to raise on odd mail, and a bounce is still a bounce without it
        return frozenset(), frozenset()
    return _lowered(temporary), _lowered(permanent)


def _lowered(found: frozenset[bytes]) -> frozenset[str]:
    return frozenset(normalise(each.decode("utf-8", "replace") if isinstance(each, bytes) else each) for each in found)


def _worst(blocks: list[dict[str, str]]) -> dict[str, str]:
    """The block that decides: a failure before a delay."""
    failed = [block for block in blocks if block.get("action", "").lower().startswith("failed")]
    return (failed or blocks or [{}])[0]


def _status(block: dict[str, str], text: str) -> str:
    for source in (block.get("status", ""), block.get("diagnostic-code", ""), text[:20_000]):
        if match := _ENHANCED.search(source):
            return match.group(1)
    return ""


def _kind(block: dict[str, str], status: str, subject: str, text: str, failed: bool, waiting: bool) -> BounceKind:
    if block.get("action", "").lower().startswith("delayed"):
        return "delayed"
    if status[:1] in _KINDS:
        return _KINDS[status[0]]
    if block.get("action"):
        return "permanent"
    if (waiting and not failed) or _DELAY.search(subject):
        return "delayed"
    if code := _REPLY_CODE.search(text[:20_000]):
        return _KINDS[code.group(1)]
    return "permanent" if failed or _FOR_GOOD.search(text[:3000]) else "unknown"


def _diagnostic(block: dict[str, str], text: str) -> str:
    """The server's words: the diagnostic code, or the first line of prose with a code of RFC 5321 in it."""
    if block.get("diagnostic-code"):
        return block["diagnostic-code"].partition(";")[2].strip()[:1000] or block["diagnostic-code"][:1000]
    for line in text[:20_000].split("\n"):
        if _ENHANCED.search(line) or _REPLY_CODE.search(line + " "):
            return line.strip()[:1000]
    return ""


def _original_id(root: Part) -> str:
    """The Message-ID of the mail that came back: from its copy, its headers, or the prose around them."""
    for part in _outer_parts(root):
        for child in part.children if part.kind.startswith("message/") else ():
            if (value := child.first("message-id")) is not None:
                return value.decode("ascii", "replace").strip()[:1000]
    match = _MESSAGE_ID.search(root.raw[root.start : root.start + MAX_ASKED])
    if match:
        return match.group(1).decode("ascii", "replace")
    value = root.first("in-reply-to")
    return value.decode("ascii", "replace").strip()[:1000] if value else ""
