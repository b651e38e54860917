"""A letter of ours within a reply that no mail program has marked as quoted. Standard library only.

Some webmail puts the old letter below the answer without a sign; a forwarding rule sends it back with nothing above it.
Without this, the letter itself would pass for an answer, and stop the clock.
"""

import re

# Only a letter of ours holds the key to a case. It stands near its end.
_KEY = re.compile(r"/(?:lacak|opd/kasus)/[\w.~-]{16,}")


def without_our_letter(text: str, addressee: str, government: str) -> str:
    """What stands above our letter to `addressee` in `text`; all of it when there is no such letter.

    The letter begins with "Hal: …" and "Yth. ADDRESSEE,"; its HTML, read as text, with a line above the government's
    name. Nobody greets himself, or writes his government's name as a line above such a key.
    """
    if not _KEY.search(text):
        return text
    lines = text.split("\n")
    begins = next(
        (place for place, line in enumerate(lines) if line.strip() in (f"Yth. {addressee},", government)), len(lines)
    )
    if begins == len(lines):
        return text
    if lines[begins].strip() == government:
        return "\n".join(lines[: max(0, begins - 1)]).rstrip()
    above = begins
    while above and not lines[above - 1].strip():
        above -= 1
    if above and lines[above - 1].startswith("Hal: "):
        begins = above - 1
    return "\n".join(lines[:begins]).rstrip()
