"""The tree of a day: one root over many lines, so that a line can be proved without showing the others. Pure."""

import hashlib
from collections.abc import Iterable

from service.evidence.verifier import sha256


def levels(leaves: Iterable[str]) -> list[list[str]]:
    """The hashes from the leaves (in the order of their text) up to the root; a last odd one goes up as it is."""
    # As verifier.root_of does it; written out, for there may be millions.
    digest = hashlib.sha256
    row = [digest(b"leaf " + leaf.encode()).hexdigest() for leaf in sorted(leaves)]
    found = [row]
    while len(row) > 1:
        beside = zip(row[::2], row[1::2], strict=False)
        pairs = [digest(f"node {left}{right}".encode()).hexdigest() for left, right in beside]
        row = pairs + row[len(pairs) * 2 :]
        found.append(row)
    return found


def root(leaves: Iterable[str]) -> str:
    """The root; that of no leaves at all is the hash of nothing."""
    top = levels(leaves)[-1]
    return top[0] if top else sha256("")


def paths(leaves: Iterable[str], wanted: Iterable[str]) -> dict[str, list[str]]:
    """What stands beside the way of each wanted leaf up to the root, for `verifier.root_of`."""
    ordered = sorted(leaves)
    rows, places = levels(ordered), {leaf: n for n, leaf in enumerate(ordered)}
    return {leaf: _path(rows, places[leaf]) for leaf in wanted if leaf in places}


def _path(rows: list[list[str]], place: int) -> list[str]:
    path = []
    for row in rows[:-1]:
        beside = place ^ 1
        if beside < len(row):
            path.append(("L" if beside < place else "R") + row[beside])
        place //= 2
    return path
