"""What a mail says, once it has been read: plain frozen data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

BounceKind = Literal["permanent", "temporary", "delayed", "unknown"]


@dataclass(frozen=True)
class Attachment:
    """One file that came with a mail. `filename` has no path and no control characters; it may be empty."""

    filename: str
    content_type: str
    content: bytes
    content_id: str
    inline: bool


@dataclass(frozen=True)
class Bounce:
    """What a mail server says about a mail of ours that did not arrive (RFC 3464, or what stands in for it).

    `recipients` are lower-cased addresses. `status` is the enhanced code of RFC 3463 ("5.1.1") or empty.
    `original_message_id` keeps its angle brackets, as `Message.message_id` does.
    """

    kind: BounceKind
    recipients: tuple[str, ...]
    original_message_id: str
    status: str
    diagnostic: str


@dataclass(frozen=True)
class Message:
    """A mail as read by `parse.parse`. No string in it holds a NUL or a lone surrogate.

    Message ids keep their angle brackets; a missing one is "". Addresses are lower-cased.
    `date` is the sender's claim, aware and in UTC; deadlines never rest on it.
    `delivered_to` is every address the mail may have been meant for (Delivered-To, X-Original-To,
    Envelope-To, then To and Cc), so that plus tags survive rewriting.
    `return_path` is "" for the null sender and None when the header is missing.
    `text` is the whole readable body, `reply_text` the same without quoted history and signature.
    `auto` and `bulk` say in words why the mail is automatic or sent to many; None when it is not.
    `spam` says which mark of our own side's filter calls it spam; None when there is none (see `spam.py`).
    `size` is the length of the raw mail in bytes. `faults` says in English what was wrong with it;
    the desk shows it in words of its own, which it finds by how each fault begins.
    """

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    from_address: str
    from_name: str
    reply_to: tuple[str, ...]
    to: tuple[str, ...]
    cc: tuple[str, ...]
    delivered_to: tuple[str, ...]
    return_path: str | None
    subject: str
    date: datetime | None
    text: str
    reply_text: str
    html: str | None
    attachments: tuple[Attachment, ...]
    headers: tuple[tuple[str, str], ...]
    auto: str | None
    bulk: str | None
    spam: str | None
    bounce: Bounce | None
    authentication_results: tuple[str, ...]
    size: int
    faults: tuple[str, ...]
