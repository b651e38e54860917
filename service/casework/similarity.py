"""How alike two answers are. Pure, standard library only.

The measure is the share of common runs of three words (Jaccard on shingles, Broder 1997): a template that names another
street stays above three quarters, two answers of one officer about two potholes are far below.
"""

import re

RUN = 3
# From so many per cent on an answer is shown as alike.
ALIKE = 70
# Fewer words than RUNS_FROM have too few runs: they are alike only when they are the same. Fewer than LEAST_WORDS
# ("Sudah ditambal.") are the same in many cases because the same was done.
RUNS_FROM, LEAST_WORDS = 8, 4
MOST_WORDS = 400
_WORD = re.compile(r"\w+")
_LONG_NUMBER = re.compile(r"\b\d{5,}\b")

Shingles = frozenset[tuple[str, ...]]


def shingles(text: str) -> Shingles:
    """The runs of words by which a text is compared; none for a text too short to be compared.

    Long numbers (of a case, of a telephone) are passed over, and what goes beyond 400 words.
    """
    words = _WORD.findall(_LONG_NUMBER.sub(" ", text.lower()))[:MOST_WORDS]
    if len(words) < LEAST_WORDS:
        return frozenset()
    if len(words) < RUNS_FROM:
        return frozenset([tuple(words)])
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def percent(one: Shingles, other: Shingles) -> int:
    """How much of two texts is the same, 0 to 100, rounded down: 100 means word for word."""
    common = len(one & other)
    return 100 * common // (len(one) + len(other) - common) if common else 0
