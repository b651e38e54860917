"""How well the remit words route texts that nobody chose a category for: `python -m bench.routing FILE [PRESET]`.

FILE holds one JSON object a line with `text` and `label`; labels are those of LABELS, other lines are passed over. The
file stays outside the repository: real complaints are personal. Only the text is used, as for a mail; a complaint
"right" reached an agency that LABELS accepts, one at the "desk" costs an operator a minute, one "wrong" costs two
agencies a mail and the citizen hours. Printed as a table and as JSON.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from service.agencies.preset import Preset, read
from service.routing.rules import CategoryRule, Facts, Table, decide, make_table, remit

# Label -> agency codes of the preset that would be right.
LABELS = {
    "pupr": ("pupr",), "dlh": ("dlh",), "dinsos": ("dinsos",), "dishub": ("dishub",), "disdukcapil": ("disdukcapil",),
    "disdik": ("disdikbud",), "dinkes": ("dinkes", "rsud"), "puskesmas_rsud": ("dinkes", "rsud"), "pdam": ("pdam",),
    "satpolpp": ("satpolpp",), "perkim": ("dprkpp",), "disnaker": ("disnaker",), "diskominfo": ("diskominfo",),
    "disdag_kukm": ("disperdagin", "diskopukm"), "dpmptsp": ("dpmptsp",), "dp3appkb": ("dp3ap2kb",),
    "disbudporapar": ("dispar", "dispora", "disdikbud"), "setda": ("setda",), "bapenda": ("bapenda",),
    "bkpsdm": ("bkpsdm",), "pertanian_pangan": ("dpp",), "bpkad": ("bpkad",), "bpbd": ("bpbd",),
    "kesbangpol": ("kesbangpol",), "damkar": ("damkar",), "inspektorat": ("inspektorat",), "bappeda": ("bappeda",),
}  # fmt: skip
RIGHT, AT_DESK, WRONG = "right", "desk", "wrong"


def table_of(preset: Preset) -> Table:
    """The routing table that this preset makes."""
    return make_table(
        agencies=[
            (agency.code, agency.name, remit(agency.remit, agency.name, agency.acronym, agency.area), agency.area)
            for agency in preset.agencies
        ],
        categories={c.code: CategoryRule(c.name, c.agency, c.by_area, c.sensitive) for c in preset.categories},
        category_keywords={c.code: c.keywords for c in preset.categories},
        inspectorate="inspektorat",
    )


def measure(table: Table, lines: list[dict[str, str]]) -> dict[str, Counter[str]]:
    """Outcomes by label; `->code` counts where the wrong ones went."""
    found: dict[str, Counter[str]] = {}
    for line in lines:
        accepted = LABELS.get(line["label"])
        if accepted is None:
            continue
        agency = decide(table, Facts(text=line["text"])).agency
        outcome = RIGHT if agency in accepted else AT_DESK if agency is None else WRONG
        counts = found.setdefault(line["label"], Counter())
        counts[outcome] += 1
        if outcome == WRONG:
            counts[f"->{agency}"] += 1
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("preset", nargs="?", default="kota-bengkulu")
    chosen = parser.parse_args()
    lines = [json.loads(line) for line in chosen.file.read_text(encoding="utf-8").splitlines()]
    found = measure(table_of(read(chosen.preset)), lines)
    total: Counter[str] = Counter()
    print(f"{'label':18} {'texts':>6} {RIGHT:>6} {AT_DESK:>6} {WRONG:>6}   most often wrongly to")
    for label, counts in sorted(found.items(), key=lambda item: -sum(_outcomes(item[1]).values())):
        total.update(_outcomes(counts))
        wrong_to = Counter({code: count for code, count in counts.items() if code.startswith("->")})
        _row(label, counts, " ".join(f"{code[2:]} {count}" for code, count in wrong_to.most_common(4)))
    _row("all", total, "")
    print(json.dumps({"texts": sum(total.values()), **total}))
    return 0


def _outcomes(counts: Counter[str]) -> Counter[str]:
    return Counter({outcome: counts[outcome] for outcome in (RIGHT, AT_DESK, WRONG)})


def _row(name: str, counts: Counter[str], words: str) -> None:
    texts = sum(_outcomes(counts).values())
    shares = " ".join(f"{100 * counts[outcome] / texts:5.1f}%" for outcome in (RIGHT, AT_DESK, WRONG))
    print(f"{name:18} {texts:6} {shares}   {words}")


if __name__ == "__main__":
    sys.exit(main())
