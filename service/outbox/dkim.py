"""Signing with DKIM (RFC 6376), when a key is configured."""

from functools import cache
from pathlib import Path

import dkim

from service.config import settings

# What a mail says and to whom; Received and Return-Path change on the way and are left out.
SIGNED = b"from to subject date message-id reply-to references in-reply-to mime-version content-type".split()


def sign(raw: bytes) -> bytes:
    """The mail with a signature of our domain before it; unchanged when no `DKIM_KEY_FILE` is set.

    Raises dkim.DKIMException for a key that cannot be used: `flask doctor` tries it.
    """
    if not settings().dkim_key_file:
        return raw
    signature = dkim.sign(
        raw,
        selector=settings().dkim_selector.encode(),
        domain=settings().mail_domain.encode(),
        privkey=_key(),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[*SIGNED, b"auto-submitted", b"list-unsubscribe", b"list-unsubscribe-post"],
    )
    return bytes(signature) + raw


@cache
def _key() -> bytes:
    return Path(settings().dkim_key_file).read_bytes()
