"""Weeks of the government's calendar, as pages show them."""

from datetime import date, datetime, timedelta, tzinfo

from babel.dates import format_date

from service.compliance.rules import Week, week_of


def this_week(now: datetime, zone: tzinfo) -> Week:
    """The week that `now` lies in."""
    return week_of(now, zone)


def day_words(day: date) -> str:
    """`26 Okt 2026`"""
    return format_date(day, "d MMM y", locale="id")


def week_words(week: Week) -> str:
    """`16–22 Nov 2026`, `30 Nov – 6 Des 2026`."""
    first, last = week.start.date(), (week.end - timedelta(days=1)).date()
    if first.month == last.month:
        return f"{first.day}–{format_date(last, 'd MMM y', locale='id')}"
    return f"{format_date(first, 'd MMM', locale='id')} – {format_date(last, 'd MMM y', locale='id')}"
