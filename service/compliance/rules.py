"""Weeks, rates, ranks and the seal of published figures. Standard library only."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo
from fractions import Fraction
from math import sqrt
from typing import Any

# Below this many cases a rate is not shown and not ranked.
SMALLEST_SAMPLE = 5
# The version of the rules by which figures are counted; it stands in every published week. Version 1 knew no excuses,
# no undecided cases and no corrections.
RULES = 2
# The 97.5th percentile of the normal distribution, for an interval of 95 %.
_Z = 1.959963984540054
# Fields that are whole numbers and can be added up over units.
COUNTS = (
    "due", "in_time", "late", "open_late", "excused", "undecided", "received", "reopened", "disputed", "open_now",
)  # fmt: skip


@dataclass(frozen=True)
class AgencyFigures:
    """One unit's figures in a period.

    `due` to `undecided` and the times are of the cohort: runs of the pact's clock that fell *due* in the period, so
    that open cases are neither hidden nor counted early. `due` = `in_time` + `late`; `undecided` stands beside it:
    the due moment has passed, but an answer may still lie unread (nobody is accused while we are blind). `excused` are
    among the late. `received`, `reopened` and `disputed` happened in the period; `open_now` is as of the counting.
    """

    agency_id: int | None
    code: str
    name: str
    due: int
    in_time: int
    late: int
    open_late: int
    excused: int
    undecided: int
    received: int
    reopened: int
    disputed: int
    open_now: int
    median_minutes: int | None
    p90_minutes: int | None

    @property
    def rate(self) -> float | None:
        """Answered in time ÷ fallen due; None when nothing fell due."""
        return self.in_time / self.due if self.due else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The Wilson interval of `rate`."""
        return wilson(self.in_time, self.due) if self.due else None

    @property
    def counted(self) -> int:
        """How many of those that fell due are left when the excused ones leave."""
        return self.due - self.excused

    @property
    def fair_rate(self) -> float | None:
        """Answered in time ÷ fallen due and not excused; None when nothing is left."""
        return self.in_time / self.counted if self.counted else None

    @property
    def fair_interval(self) -> tuple[float, float] | None:
        """The Wilson interval of `fair_rate`."""
        return wilson(self.in_time, self.counted) if self.counted else None

    @property
    def quiet(self) -> bool:
        """Nothing to tell: no case fell due, came, was reopened or disputed, or is open."""
        return not any(getattr(self, name) for name in COUNTS)

    @property
    def median_hours(self) -> float | None:
        """The time within which half of the answered cases had their first answer, in hours."""
        return None if self.median_minutes is None else self.median_minutes / 60

    @property
    def p90_hours(self) -> float | None:
        """The time within which nine in ten of the answered cases had it."""
        return None if self.p90_minutes is None else self.p90_minutes / 60


@dataclass(frozen=True)
class OfficerFigures:
    """What one account answered, of a unit's cohort. `account_id` None is the agency's inbox: answers by mail."""

    account_id: int | None
    answered: int
    in_time: int
    median_minutes: int | None

    @property
    def median_hours(self) -> float | None:
        """The time within which half of these answers came, in hours."""
        return None if self.median_minutes is None else self.median_minutes / 60


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927), without continuity correction; `trials` is not 0.

    It stays within 0 and 1, and is honest about small numbers: 1 of 1 gives 0.21 to 1.
    """
    share, square = successes / trials, _Z * _Z
    middle = share + square / (2 * trials)
    spread = _Z * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    low, high = ((middle + sign * spread) / (1 + square / trials) for sign in (-1, 1))
    # At the ends rounding could leave a hair's breadth.
    return (0.0 if successes == 0 else low, 1.0 if successes == trials else high)


def nearest_rank(values: Iterable[int], share: Fraction) -> int | None:
    """The smallest of `values` that at least that share of them do not exceed; None without values.

    The same as percentile_disc in SQL: always a value that occurred, so that "half were answered within" is exact.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * share.numerator // share.denominator) - 1)]


MEDIAN, P90 = Fraction(1, 2), Fraction(9, 10)


@dataclass(frozen=True)
class Week:
    """An ISO week in a government's zone: `start` Monday 00.00, `end` the next Monday 00.00 (aware)."""

    name: str
    start: datetime
    end: datetime


def week_named(name: str, zone: tzinfo) -> Week:
    """The week called `2026-W47`; raises ValueError."""
    try:
        monday = datetime.strptime(f"{name}-1", "%G-W%V-%u").replace(tzinfo=zone)
    except ValueError:
        raise ValueError(f"{name!r} is not a week like 2026-W47") from None
    return Week(name, monday, monday + timedelta(days=7))


def week_of(instant: datetime, zone: tzinfo) -> Week:
    """The week that `instant` lies in."""
    local = instant.astimezone(zone).isocalendar()
    return week_named(f"{local.year}-W{local.week:02d}", zone)


def week_before(instant: datetime, zone: tzinfo) -> Week:
    """The last whole week before `instant`."""
    return week_of(instant.astimezone(zone) - timedelta(days=7), zone)


def publication(week: Week, weekday: int, hour: int, minute: int) -> datetime:
    """When the digest of `week` is due: on that weekday and time of the week after."""
    return week.end + timedelta(days=weekday, hours=hour, minutes=minute)


def may_rank(figures: AgencyFigures) -> bool:
    """Whether enough cases count for a rate to be shown and ranked."""
    return figures.counted >= SMALLEST_SAMPLE


def ranks(figures: Iterable[AgencyFigures]) -> dict[str, int]:
    """The rank of each unit (by code) that may be ranked, 1 for the highest rate; equal rates share a rank, and the
    next one skips as many (1, 2, 2, 4).

    Ranked is the rate without excused cases: nobody loses a place over our outage or a letter that never came.
    """
    shares = {f.code: Fraction(f.in_time, f.counted) for f in figures if may_rank(f)}
    return {code: 1 + sum(other > share for other in shares.values()) for code, share in shares.items()}


def worst_first(figures: Iterable[AgencyFigures]) -> list[AgencyFigures]:
    """Units with a rate that may be ranked, lowest first; then the rest by how many fell due."""
    rows = list(figures)
    ranked = sorted((f for f in rows if may_rank(f)), key=lambda f: (f.fair_rate, -f.due, f.name))
    return ranked + sorted((f for f in rows if not may_rank(f)), key=lambda f: (-f.due, f.name))


def total(figures: Iterable[AgencyFigures], name: str) -> AgencyFigures:
    """The sums over all units (no medians: those cannot be added)."""
    rows = list(figures)
    sums = {field: sum(getattr(f, field) for f in rows) for field in COUNTS}
    return AgencyFigures(None, "*", name, **sums, median_minutes=None, p90_minutes=None)


def as_rows(figures: Iterable[AgencyFigures]) -> list[dict[str, Any]]:
    """Figures as they are frozen: whole numbers and text only, by code."""
    rows = [asdict(f) for f in sorted(figures, key=lambda f: f.code)]
    for row in rows:
        del row["agency_id"]
    return rows


def figures_hash(
    week: str, rows: list[dict[str, Any]], corrections: list[dict[str, Any]], last_event: int, rules: int = RULES
) -> str:
    """The seal of a published week: SHA-256 (hex) over the canonical JSON of what was published.

    `rows` as from `as_rows`, `corrections` as they stand in the week, `last_event` the id of the last event that was
    known. Weeks of rules 1 had none of the last three.
    """
    facts: dict[str, Any] = {"week": week, "figures": rows}
    if rules > 1:
        facts |= {"corrections": corrections, "last_event": last_event, "rules": rules}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
