"""Which version of the calendar is in force."""

from datetime import date, datetime, time, tzinfo

from sqlalchemy import select

from service.agencies.directory import Directory
from service.deadlines.calendar import Calendar
from service.deadlines.records import CalendarVersion
from service.tables import Session

_cached: tuple[int, dict[int, Calendar]] = (-1, {})


class NoCalendarError(Exception):
    """No calendar is loaded; `flask preset load` makes the first version."""


def current(session: Session, directory: Directory) -> Calendar:
    """The version that clocks are started with now; raises NoCalendarError."""
    versions = _versions(session, directory)
    if not versions:
        raise NoCalendarError("no calendar is loaded; run: flask preset load")
    return versions[max(versions)]


def by_id(session: Session, directory: Directory, calendar_id: int) -> Calendar:
    """The version that a clock was started with."""
    return _versions(session, directory)[calendar_id]


def _versions(session: Session, directory: Directory) -> dict[int, Calendar]:
    """All versions, by id. Whoever adds one raises the government's revision, so that every process reads again."""
    global _cached
    if _cached[0] != directory.revision:
        rows = session.scalars(select(CalendarVersion)).all()
        _cached = (directory.revision, {row.id: calendar_of(row, directory.timezone) for row in rows})
    return _cached[1]


def calendar_of(row: CalendarVersion, zone: tzinfo) -> Calendar:
    """The calendar that a row spells."""
    return Calendar(
        version=row.id,
        zone=zone,
        week=tuple(tuple((_time(opens), _time(closes)) for opens, closes in day) for day in row.week),
        days_off={date.fromisoformat(day): entry["name"] for day, entry in row.days_off.items()},
    )


def _time(text: str) -> time:
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day, in the calendar's zone
