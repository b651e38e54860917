"""Did our own side's filter mark a mail as spam? The answer is a reason in words, or None.

Anybody can write `X-Spam-Flag` into a mail, and many senders' servers write their own. What counts is the word of the
receiving side. Servers put their headers on top, so that is what stands above the first `Received` line of another
organisation: of the lines from the top, the first whose "by" host is not in the domain of the topmost one. (A filter
that works inside the first server writes below that server's `Received`, hence not simply "above all of them".)
Of one name only the topmost counts. In a mail that reached us without any other server there is no such border;
there a sender can accuse himself, and only himself: a mark "not spam" is never believed and never needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_BY = re.compile(r"\bby\s+([A-Za-z0-9._-]{1,255})", re.IGNORECASE)
_MANY_HOPS = 100


def _yes(value: str) -> bool:
    return value.lower().startswith(("yes", "true", "spam"))


def _confident(value: str) -> bool:
    """Exchange's spam confidence level: 5 and more goes to the junk folder, -1 to 1 is clean."""
    return value.strip() in ("5", "6", "7", "8", "9")


_MARKS: dict[str, Callable[[str], bool]] = {
    "x-spam-flag": _yes,  # SpamAssassin, amavis, Exim's documentation
    "x-spam-status": _yes,
    "x-spam": _yes,  # rspamd
    "x-rspamd-action": lambda value: value.lower().startswith(("add header", "rewrite subject", "reject")),
    "x-bogosity": _yes,  # bogofilter
    "x-dspam-result": _yes,
    "x-ms-exchange-organization-scl": _confident,
    "x-forefront-antispam-report": lambda value: "sfv:spm" in value.lower(),  # Microsoft 365
}


def marked(headers: Sequence[tuple[str, str]]) -> str | None:
    """Why the mail is spam in the eyes of our own side, None when nobody there said so. The reason is in Indonesian.

    `headers` are (name, decoded value), top first.
    """
    ours = ""
    hops = 0
    seen: set[str] = set()
    for name, value in headers:
        name = name.lower()
        if name == "received":
            domain = _domain(value)
            ours = ours or domain
            hops += 1
            if (domain and domain != ours) or hops > _MANY_HOPS:
                return None
        elif name in _MARKS and name not in seen:
            seen.add(name)
            if _MARKS[name](value.strip()):
                return f"penyaring kami: {name.title()}: {value.strip()[:60]}"
    return None


def _domain(received: str) -> str:
    """The domain of the server that wrote a `Received` line; empty for one without a full name ("localhost")."""
    match = _BY.search(received[:2000])
    labels = match.group(1).lower().strip(".").split(".") if match else []
    if len(labels) < 2 or labels[0] == "localhost" or labels[-1].isdigit():
        return ""
    # "mx1.kota.go.id" and "imap.kota.go.id" are of one house; a country's second level is no house.
    return ".".join(labels[-3:] if len(labels[-1]) == 2 and len(labels[-2]) <= 3 else labels[-2:])
