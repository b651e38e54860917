"""The fingerprint of a text's words, by which the same words are known again. Standard library only."""

import hashlib
import re
import string

# Fewer words than these say too little to be known by ("Tolong dibantu"): their subject is taken with them …
FEW_WORDS = 8
# … and if that is still less than this, the text has no fingerprint.
LEAST_WORDS = 4
MOST_CHARACTERS = 20_000
_LONG_NUMBER = re.compile(r"\d{5}")
_BLANKS = str.maketrans(dict.fromkeys(string.punctuation, " "))
_WORD = re.compile(r"[^\W_]+")
_ANSWERED = re.compile(r"\A\s*(?:(?:re|fw|fwd|bls|balas|trs|tanggapan)\s*:\s*)+", re.IGNORECASE)


def fingerprint(subject: str, text: str) -> str:
    """32 hex digits, the same for the same words whatever their case, spacing and punctuation; "" for too few words.

    `text` comes without quotation and signature. Numbers of five digits and more are passed over: a machine that
    answers us puts another ticket number into each of its mails. Shorter ones tell one house from the next.
    """
    words = _words(text)
    if len(words) < FEW_WORDS:
        words = _words(_ANSWERED.sub("", subject)) + words
    if len(words) < LEAST_WORDS:
        return ""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:32]


def _words(text: str) -> list[str]:
    head = text[:MOST_CHARACTERS].lower()
    words = head.translate(_BLANKS).split() if head.isascii() else _WORD.findall(head)  # the first is four times faster
    if not _LONG_NUMBER.search(head):
        return words
    return [word for word in words if not (word.isdigit() and _LONG_NUMBER.match(word))]
