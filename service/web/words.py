"""Typed text, made fit to be kept."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ufeff]|[\ud800-\udfff]")


def tidy(text: str) -> str:
    """`text` without control characters (the database takes no NUL), with plain line ends, trimmed."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def one_line(text: str) -> str:
    """`text` on one line: names and addresses go into mail headers."""
    return " ".join(tidy(text).split())
