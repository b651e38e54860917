"""Masking of numbers that citizens should not have sent. Standard library only."""

import re

# NIK and family card numbers: 16 digits, perhaps grouped; telephone: 08… or +62…, 9 to 13 digits, perhaps grouped.
_NIK = re.compile(r"(?<![\d.])\d(?:[ .-]?\d){15}(?!\d)")
_PHONE = re.compile(r"(?<![\d.])(?:\+?62|0)[ .-]?8(?:[ .-]?\d){7,11}(?!\d)")


def mask(text: str) -> str:
    """`text` with NIK, family card and telephone numbers hidden: agencies and the public need none of them."""
    return _PHONE.sub("[nomor telepon disamarkan]", _NIK.sub("[nomor induk disamarkan]", text))
