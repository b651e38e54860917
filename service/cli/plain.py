"""Strangers' words, fit for a terminal. Pure."""

import re

# Control characters (a terminal obeys them), and those that turn the direction of writing. Line ends and tabs stay.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udfff]")


def plain(text: str) -> str:
    """`text` without anything that a terminal might obey."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def plain_line(text: str) -> str:
    """The same on one line."""
    return " ".join(plain(text).split())
