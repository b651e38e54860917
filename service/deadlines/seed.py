"""The first version of the calendar: national holidays and collective leave, from the `holidays` package."""

from datetime import datetime

import holidays
from sqlalchemy import select, update

from service.agencies.records import Government
from service.deadlines.records import CalendarVersion
from service.tables import Document, Session

# Monday to Thursday and Friday. A government with other hours edits its calendar.
OFFICE_HOURS = [[["08:00", "16:00"]]] * 4 + [[["08:00", "16:30"]]] + [[]] * 2
YEARS_AHEAD = 2

Week = tuple[tuple[tuple[str, str], ...], ...]


def seed(session: Session, now: datetime, week: Week | None = None) -> bool:
    """Make a version with the holidays of these years unless one is there; returns whether it was made.

    `week` is the preset's working week (seven days of opening and closing times); without it, the usual one.
    """
    if session.scalar(select(CalendarVersion.id).where(CalendarVersion.days_off != {}).limit(1)) is not None:
        return False
    years = range(now.year - 1, now.year + YEARS_AHEAD + 1)
    session.add(
        CalendarVersion(
            made_at=now,
            made_by="system",
            reason=f"Libur nasional dan cuti bersama {years[0]}-{years[-1]} (holidays {holidays.__version__})",
            week=OFFICE_HOURS if week is None else [[list(span) for span in day] for day in week],
            days_off=days_off(years),
        )
    )
    session.execute(update(Government).values(revision=Government.revision + 1))
    return True


def days_off(years: range) -> Document:
    """National holidays and days of collective leave of these years. Dates of the Islamic calendar that lie ahead
    are estimates, and their names say so; the decree of each year is to be entered when it is issued."""
    found = {}
    for category, kind in (("public", "holiday"), ("government", "leave")):
        days = holidays.country_holidays("ID", years=years, categories=(category,), language="id")
        found |= {day.isoformat(): {"name": name, "kind": kind} for day, name in days.items()}
    return dict(sorted(found.items()))
