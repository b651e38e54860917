"""Weeks, rates and the hash of published figures. Standard library only."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

# Below this many cases a rate is not shown and not ranked.
SMALLEST_SAMPLE = 5


@dataclass(frozen=True)
class AgencyFigures:
    """One unit's figures in a period. Counts are of the cohort of cases *due* in the period, so that open cases
    are neither hidden nor counted early; `received` and `open_now` stand beside it."""

    agency_id: int | None
    code: str
    name: str
    due: int
    in_time: int
    late: int
    open_late: int
    received: int
    open_now: int
    median_minutes: int | None
    p90_minutes: int | None

    @property
    def rate(self) -> float | None:
        """Answered in time ÷ fallen due; None when nothing fell due."""
        return self.in_time / self.due if self.due else None

    @property
    def median_hours(self) -> float | None:
        """Median time to the first response, in hours."""
        return None if self.median_minutes is None else self.median_minutes / 60

    @property
    def p90_hours(self) -> float | None:
        """The time within which nine in ten were answered, in hours."""
        return None if self.p90_minutes is None else self.p90_minutes / 60


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


def week_before(instant: datetime, zone: tzinfo) -> Week:
    """The last whole week before `instant`."""
    local = (instant.astimezone(zone) - timedelta(days=7)).isocalendar()
    return week_named(f"{local.year}-W{local.week:02d}", zone)


def publication(week: Week, weekday: int, hour: int, minute: int) -> datetime:
    """When the digest of `week` is due: on that weekday and time of the week after."""
    return week.end + timedelta(days=weekday, hours=hour, minutes=minute)


def worst_first(figures: list[AgencyFigures]) -> list[AgencyFigures]:
    """Units with a rate that may be ranked, lowest first; then the rest by how many fell due."""
    ranked = [f for f in figures if f.due >= SMALLEST_SAMPLE]
    rest = [f for f in figures if f.due < SMALLEST_SAMPLE]
    return sorted(ranked, key=lambda f: (f.rate, -f.due, f.name)) + sorted(rest, key=lambda f: (-f.due, f.name))


def total(figures: list[AgencyFigures], name: str) -> AgencyFigures:
    """The sums over all units (no medians: those cannot be added)."""
    fields = ("due", "in_time", "late", "open_late", "received", "open_now")
    sums = {field: sum(getattr(f, field) for f in figures) for field in fields}
    return AgencyFigures(None, "*", name, **sums, median_minutes=None, p90_minutes=None)


def as_rows(figures: list[AgencyFigures]) -> list[dict[str, Any]]:
    """Figures as they are frozen: whole numbers and text only, by code."""
    rows = [asdict(f) for f in sorted(figures, key=lambda f: f.code)]
    for row in rows:
        del row["agency_id"]
    return rows


def figures_hash(week: str, rows: list[dict[str, Any]]) -> str:
    """SHA-256 (hex) over the canonical JSON of a week's figures."""
    text = json.dumps({"week": week, "figures": rows}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
