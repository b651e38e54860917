"""Masking of what must not pass from one side of a case to the other: numbers that name a person, addresses, and the
keys of our own letters. Standard library only."""

import re

# What stands in place of words that were redacted.
REDACTED = "[disunting: data pribadi]"
# NIK and family card numbers: 16 digits, perhaps grouped; telephone: 08… or +62…, 9 to 13 digits, perhaps grouped.
_NIK = re.compile(r"(?<![\d.])\d(?:[ .-]?\d){15}(?!\d)")
_PHONE = re.compile(r"(?<![\d.])(?:\+?62|0)[ .-]?8(?:[ .-]?\d){7,11}(?!\d)")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
# What opens a case to whoever holds it: links to a citizen's or an agency's page, signed addresses
# (notifications.links).
_LINK = re.compile(r"(/(?:lacak|opd/kasus|berhenti)/)[\w.~-]{8,}")
_ADDRESS = re.compile(r"\+[rbu](?:-[0-9a-z]{1,12}){1,2}-[a-z2-7]{16}(?=@)", re.IGNORECASE)


def without_keys(text: str) -> str:
    """`text` without the keys that a letter of ours holds. Whoever answers below the whole letter sends its key along,
    and the other side must not get it: it could answer in the agency's name, or read as the citizen."""
    if "/" in text:
        text = _LINK.sub(r"\1…", text)
    return _ADDRESS.sub("", text) if "+" in text else text


def mask(text: str) -> str:
    """`text` with NIK, family card and telephone numbers and email addresses hidden: agencies and the public need none
    of them, and mail between citizen and agency is always relayed."""
    hidden = _PHONE.sub("[nomor telepon disamarkan]", _NIK.sub("[nomor induk disamarkan]", text))
    return _EMAIL.sub("[alamat email disamarkan]", hidden)
