"""What became known of weeks that were published already: signed, forward, with the cases. Standard library only.

A published week is never edited. Each published week carries the corrections that came since the one published before
it, so that a week as published and all corrections of it add up to what is known now.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from service.compliance.from_events import DECIDED, Case, Run

# What a correction is told of. Times to the answer and open cases move of themselves; they are no corrections.
FIELDS = ("due", "in_time", "late", "excused")
# Acts after which the outcome of a run may be another one.
ALTERING = (
    "open", "reopen", "breach", "withdraw", "excuse", "grant", "uphold", "respond", "reject", "ask", "resolve",
)  # fmt: skip

# due instant -> name of the published week that it lies in; None when that week is not published
PublishedWeek = Callable[[datetime], str | None]
# (week, unit, field, sign, case number)
Change = tuple[str, str, str, int, str]


def changes(before: Case | None, after: Case, published: PublishedWeek) -> Iterator[Change]:
    """How a case counts otherwise now than it did; `before` is None when the case was not known at all."""
    known = {run.number: run for run in before.runs} if before else {}
    for run in after.runs:
        week = published(run.due)
        if week is None:
            continue
        was, now = _counts(known.get(run.number)), _counts(run)
        for unit, field in sorted(was ^ now):
            yield week, unit, field, 1 if (unit, field) in now else -1, after.number


def _counts(run: Run | None) -> set[tuple[str, str]]:
    """The figures in which a run counts as one."""
    if run is None or run.outcome not in DECIDED:
        return set()
    fields = {"due", run.outcome} | ({"excused"} if run.excuse else set())
    return {(run.unit, field) for field in fields}


def rows_of(found: Iterable[Change]) -> list[dict[str, Any]]:
    """Changes added up, as they are published: a row for each week, unit, field and sign, with its cases."""
    cases: dict[tuple[str, str, str, int], list[str]] = {}
    for week, unit, field, sign, number in found:
        cases.setdefault((week, unit, field, sign), []).append(number)
    return [
        {"week": week, "unit": unit, "field": field, "change": sign * len(numbers), "cases": sorted(numbers)}
        for (week, unit, field, sign), numbers in sorted(
            cases.items(), key=lambda item: (item[0][0], item[0][1], FIELDS.index(item[0][2]), -item[0][3])
        )
    ]


def together(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that speak of the same cases, as one: {"week", "unit", "cases", "changes": [(field, change), …]}."""
    found: dict[tuple[str, str, tuple[str, ...]], list[tuple[str, int]]] = {}
    for row in rows:
        found.setdefault((row["week"], row["unit"], tuple(row["cases"])), []).append((row["field"], row["change"]))
    return [
        {"week": week, "unit": unit, "cases": list(cases), "changes": changes}
        for (week, unit, cases), changes in found.items()
    ]
