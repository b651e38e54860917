"""Editing the calendar: every edit is a new version with who, when and why; clocks that run keep theirs."""

import re
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from service.agencies import directory as directories
from service.agencies.records import Government
from service.deadlines.calendars import NoCalendarError
from service.deadlines.records import CalendarVersion
from service.tables import Document, Session

# A national holiday, a day of collective leave (cuti bersama), a day off of this place alone.
KINDS = ("holiday", "leave", "local")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_NAME = 120
LONGEST_REASON = 500
_SPAN = re.compile(r"\s*([01][0-9]|2[0-3])[:.]([0-5][0-9])\s*[-–]\s*([01][0-9]|2[0-3])[:.]([0-5][0-9])\s*")

Week = list[list[list[str]]]


class CalendarEditError(Exception):
    """The edit cannot be made; `code` says why: unknown_kind, no_name, no_reason, same, absent, bad_hours, no_hours,
    too_long."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


def latest(session: Session) -> CalendarVersion:
    """The version in force; raises NoCalendarError."""
    row = session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(1)).first()
    if row is None:
        raise NoCalendarError("no calendar is loaded; run: flask preset load")
    return row


def versions(session: Session, most: int = 20) -> list[CalendarVersion]:
    """The versions, the latest first."""
    return list(session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(most)))


def add_day(
    session: Session, day: date, name: str, kind: str, *, reason: str, actor: str, now: datetime
) -> CalendarVersion:
    """Make `day` (local) a day off, or give the entry that is there another name or kind. Raises CalendarEditError."""
    name = " ".join(name.split())
    if kind not in KINDS:
        raise CalendarEditError("unknown_kind", kind)
    if not name:
        raise CalendarEditError("no_name")
    if len(name) > LONGEST_NAME:
        raise CalendarEditError("too_long", name)
    present = _locked(session)
    entry = {"name": name, "kind": kind}
    if present.days_off.get(day.isoformat()) == entry:
        raise CalendarEditError("same", day.isoformat())
    days_off = present.days_off | {day.isoformat(): entry}
    return _next(session, present.week, days_off, reason, actor, now)


def remove_day(session: Session, day: date, *, reason: str, actor: str, now: datetime) -> CalendarVersion:
    """Make `day` a day like any other. Raises CalendarEditError."""
    present = _locked(session)
    if day.isoformat() not in present.days_off:
        raise CalendarEditError("absent", day.isoformat())
    days_off = {key: entry for key, entry in present.days_off.items() if key != day.isoformat()}
    return _next(session, present.week, days_off, reason, actor, now)


def set_week(session: Session, week: Week, *, reason: str, actor: str, now: datetime) -> CalendarVersion:
    """Give the working week other hours (`week` as in the table). Raises CalendarEditError."""
    present = _locked(session)
    if present.week == week:
        raise CalendarEditError("same")
    return _next(session, week, present.days_off, reason, actor, now)


def week_of(texts: list[str]) -> Week:
    """Seven texts, Monday first, as a working week: `08:00-12:00, 13:00-16:00`; empty for a day off.

    Raises CalendarEditError where a text is no row of spans, or no day has any hour.
    """
    week = [_hours(text) for text in texts]
    if not any(week):
        raise CalendarEditError("no_hours")
    return week


def week_texts(week: list[Any]) -> list[str]:
    """A working week as `week_of` reads it."""
    return [", ".join("-".join(span) for span in day) for day in week]


def _hours(text: str) -> list[list[str]]:
    spans, before = [], ""
    for piece in filter(None, (piece.strip() for piece in text.split(","))):
        match = _SPAN.fullmatch(piece)
        if match is None:
            raise CalendarEditError("bad_hours", text)
        opens, closes = f"{match[1]}:{match[2]}", f"{match[3]}:{match[4]}"
        if not before <= opens < closes:
            raise CalendarEditError("bad_hours", text)
        spans.append([opens, closes])
        before = closes
    return spans


def _locked(session: Session) -> CalendarVersion:
    """The version in force, with the government's row locked: edits come one after another."""
    session.get_one(Government, 1, with_for_update=True, populate_existing=True)
    return latest(session)


def _next(
    session: Session, week: list[Any], days_off: Document, reason: str, actor: str, now: datetime
) -> CalendarVersion:
    reason = " ".join(reason.split())
    if not reason:
        raise CalendarEditError("no_reason")
    if len(reason) > LONGEST_REASON:
        raise CalendarEditError("too_long", reason)
    row = CalendarVersion(made_at=now, made_by=actor, reason=reason, week=week, days_off=dict(sorted(days_off.items())))
    session.add(row)
    session.get_one(Government, 1).revision += 1  # so that every process reads the calendar again
    session.flush()
    directories.forget()
    return row
