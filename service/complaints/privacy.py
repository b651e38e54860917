"""Masking of what citizens should not have sent: numbers that name a person, and addresses. Standard library only."""

import re

# What stands in place of words that were redacted.
REDACTED = "[disunting: data pribadi]"
# NIK and family card numbers: 16 digits, perhaps grouped; telephone: 08… or +62…, 9 to 13 digits, perhaps grouped.
_NIK = re.compile(r"(?<![\d.])\d(?:[ .-]?\d){15}(?!\d)")
_PHONE = re.compile(r"(?<![\d.])(?:\+?62|0)[ .-]?8(?:[ .-]?\d){7,11}(?!\d)")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")


def mask(text: str) -> str:
    """`text` with NIK, family card and telephone numbers and email addresses hidden: agencies and the public need none
    of them, and mail between citizen and agency is always relayed."""
    hidden = _PHONE.sub("[nomor telepon disamarkan]", _NIK.sub("[nomor induk disamarkan]", text))
    return _EMAIL.sub("[alamat email disamarkan]", hidden)
