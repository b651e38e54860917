"""The routing rules, in the order in which they are asked. Standard library only.

`Table` is made once per directory revision; `decide` is pure.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

# A remit keyword of several words says more than a single one.
PHRASE_WEIGHT = 2
# Below this score, or this close to the runner-up, a text names no agency clearly enough.
ENOUGH, MARGIN = 2, 2
# How strongly the text must speak for another agency before we doubt the citizen's category.
CONTRADICTION = 4
_WORD = re.compile(r"[a-z0-9]+")
_BLANKS = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})


@dataclass(frozen=True)
class Facts:
    """What is known about a complaint when it is routed."""

    text: str
    tag: str = ""
    category: str = ""
    area: str = ""
    areas_above: tuple[str, ...] = ()


# The rule that sends an accusation of officials to the inspectorate.
ALLEGATION = "allegation"


@dataclass(frozen=True)
class Decision:
    """`agency` is a code, or None for the desk. `candidates` are (code, score), best first."""

    agency: str | None
    rule: str
    reason: str
    candidates: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class CategoryRule:
    """Where a category goes: to `agency`, to the office of the citizen's area (`by_area`), or, with neither,
    wherever the text points."""

    name: str
    agency: str | None
    by_area: bool
    sensitive: bool


@dataclass(frozen=True)
class Table:
    """The remits of all agencies, ready to be matched."""

    names: Mapping[str, str]
    categories: Mapping[str, CategoryRule]
    offices: Mapping[str, str]  # area code -> agency code
    inspectorate: str | None
    owners: Mapping[str, tuple[str, ...]]  # keyword -> agency codes
    starts: Mapping[str, tuple[int, ...]]  # first word of keywords -> their lengths in words, longest first
    allegations: re.Pattern[str]


# Words by which a complaint accuses an official; such a case never goes to the agency complained of.
ALLEGATIONS = (
    "pungli", "pungutan liar", "minta uang pelicin", "uang pelicin", "suap", "disuap", "menyuap", "korupsi",
    "dikorupsi", "gratifikasi", "oknum pegawai", "oknum pns", "oknum asn", "oknum petugas", "penyalahgunaan wewenang",
)  # fmt: skip


def make_table(
    agencies: Iterable[tuple[str, str, Iterable[str], str | None]],
    categories: Mapping[str, CategoryRule],
    category_keywords: Mapping[str, Iterable[str]],
    inspectorate: str | None,
) -> Table:
    """A table from (code, name, remit, area code) of each agency and the categories with their keywords."""
    owners: dict[str, set[str]] = {}
    names, offices = {}, {}
    for code, name, remit, area in agencies:
        names[code] = name
        if area:
            offices[area] = code
        for word in remit:
            owners.setdefault(_plain(word), set()).add(code)
    for category, words in category_keywords.items():
        agency = categories[category].agency
        for word in words:
            if agency:
                owners.setdefault(_plain(word), set()).add(agency)
    owners.pop("", None)
    return Table(
        names=names,
        categories=categories,
        offices=offices,
        inspectorate=inspectorate if inspectorate in names else None,
        owners={word: tuple(sorted(codes)) for word, codes in owners.items()},
        starts=_starts(owners),
        allegations=_any_of(ALLEGATIONS),
    )


def remit(words: Iterable[str], name: str, acronym: str | None, area: str | None) -> tuple[str, ...]:
    """The words that speak for an agency: its remit, and its own names.

    Not the name of an office for an area: "Kecamatan Selebar" says where something is, not who must answer.
    """
    return (*words, *(own for own in (name, acronym) if own and not area))


def decide(table: Table, facts: Facts) -> Decision:
    """The agency that must answer, or the desk, with the reason in words (Indonesian, shown to the desk)."""
    words = _plain(facts.text)
    scores = _score(table, words)
    category = table.categories.get(facts.category)
    found = table.allegations.search(words)
    if found or (category and category.sensitive):
        why = f"menyebut “{found[0]}”" if found else f"kategori “{category.name}”" if category else ""
        return Decision(table.inspectorate, ALLEGATION, f"Dugaan menyangkut aparatur: {why}", scores)
    if facts.tag in table.names:
        return Decision(facts.tag, "address", f"Dikirim ke alamat +{facts.tag}", scores)
    if category and (category.agency or category.by_area):
        return _by_category(table, facts, category, scores)
    return _by_text(table, scores)


def score(table: Table, text: str) -> tuple[tuple[str, int], ...]:
    """(agency code, score) of the remit keywords found in `text`, best first.

    A keyword counts once however often it is repeated, and is shared by the agencies that own it.
    """
    return _score(table, _plain(text))


def _score(table: Table, words: str) -> tuple[tuple[str, int], ...]:
    points: Counter[str] = Counter()
    for word in set(_keywords(table, words.split())):
        owners = table.owners[word]
        weight = PHRASE_WEIGHT * 2 if " " in word else 2
        for owner in owners:
            points[owner] += max(1, weight // len(owners))
    return tuple(sorted(points.items(), key=lambda item: (-item[1], item[0])))


def _keywords(table: Table, words: list[str]) -> Iterator[str]:
    """The keywords in a text, the longest first at each place, so that "lampu jalan" hides "lampu"."""
    starts = table.starts
    free_from = 0  # words before it belong to a keyword that was found
    for position in [n for n, word in enumerate(words) if word in starts]:
        if position < free_from:
            continue
        for length in starts[words[position]]:
            phrase = " ".join(words[position : position + length])
            if phrase in table.owners:
                yield phrase
                free_from = position + length
                break


def _starts(keywords: Iterable[str]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = {}
    for keyword in keywords:
        words = keyword.split()
        lengths.setdefault(words[0], set()).add(len(words))
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}


def _by_category(table: Table, facts: Facts, category: CategoryRule, scores: tuple[tuple[str, int], ...]) -> Decision:
    agency = category.agency or _office(table, facts)
    if agency is None:
        return Decision(None, "no-area", f"Kategori “{category.name}” memerlukan kelurahan", scores)
    points = dict(scores)
    if scores and scores[0][0] != agency and scores[0][1] >= CONTRADICTION and not points.get(agency):
        other = table.names[scores[0][0]]
        reason = f"Kategori “{category.name}” tidak cocok dengan isi, yang menunjuk {other}"
        return Decision(None, "contradiction", reason, scores)
    return Decision(agency, "category", f"Kategori “{category.name}”", scores)


def _by_text(table: Table, scores: tuple[tuple[str, int], ...]) -> Decision:
    if not scores:
        return Decision(None, "no-match", "Tidak ada kata yang menunjuk suatu OPD")
    best, points = scores[0]
    runner_up = scores[1][1] if len(scores) > 1 else 0
    if points < ENOUGH or points - runner_up < MARGIN:
        return Decision(None, "too-weak", "Isi tidak menunjuk satu OPD dengan cukup jelas", scores)
    return Decision(best, "text", f"Isi menyebut urusan {table.names[best]}", scores)


def _office(table: Table, facts: Facts) -> str | None:
    for area in (facts.area, *facts.areas_above):
        if area in table.offices:
            return table.offices[area]
    return None


def _plain(text: str) -> str:
    lower = text.lower()
    words = lower.translate(_BLANKS).split() if lower.isascii() else _WORD.findall(lower)  # the first is faster
    return " ".join(words)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    # Longest first, so that "lampu jalan" is found before "lampu".
    ordered = sorted((_plain(word) for word in words), key=lambda word: (-len(word), word))
    return re.compile(r"\b(?:" + "|".join(map(re.escape, ordered)) + r")\b") if ordered else re.compile(r"(?!)")
