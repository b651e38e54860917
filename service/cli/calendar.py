"""`flask calendar show|add|remove|week`: which days and hours count as working time."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import click
from flask.cli import AppGroup

from service import clock
from service.agencies import directory as directories
from service.cli.plain import plain_line
from service.database import transaction
from service.deadlines import editing
from service.deadlines.calendars import NoCalendarError
from service.deadlines.editing import KINDS, WEEKDAYS, CalendarEditError

group = AppGroup(
    "calendar", help="Working hours and days off. Every edit is a new version; running clocks keep theirs."
)

FAULTS = {
    "unknown_kind": "the kind must be one of holiday, leave, local",
    "no_name": "the day needs a name",
    "no_reason": "say why (--reason)",
    "too_long": "that is too long",
    "same": "the calendar says so already",
    "absent": "that day is no day off",
    "bad_hours": "hours are written 08:00-12:00,13:00-16:00, in order",
    "no_hours": "at least one day must have working hours",
}


class Day(click.ParamType):
    """A date, written 2026-12-25."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, context: click.Context | None) -> date:
        """Read it, or refuse."""
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date; write it 2026-12-25", param, context)


@group.command("show")
@click.option("--year", type=int, help="Only this year; without it from the present one on.")
def show(year: int | None) -> None:
    """Print the version in force: working week and days off, with who made it when and why."""
    with transaction() as session:
        zone = directories.current(session).timezone
        try:
            row = editing.latest(session)
        except NoCalendarError as error:
            raise click.ClickException(str(error)) from error
        made = row.made_at.astimezone(zone)
        click.echo(f"Calendar {row.id}, made {made:%Y-%m-%d %H:%M} by {row.made_by}: {plain_line(row.reason)}")
        for name, hours in zip(WEEKDAYS, editing.week_texts(row.week), strict=True):
            click.echo(f"  {name:10} {hours or '-'}")
        present = clock.now().astimezone(zone).year
        for day, entry in row.days_off.items():
            of = int(day[:4])
            if of == year or (year is None and of >= present):
                weekday = WEEKDAYS[date.fromisoformat(day).weekday()][:3]
                click.echo(f"  {day} {weekday}  {entry['kind']:8} {plain_line(entry['name'])}")


@group.command("add")
@click.argument("day", type=Day())
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice(KINDS))
@click.option("--reason", required=True, help="Why: the decree, for instance.")
def add(day: date, name: str, kind: str, reason: str) -> None:
    """Make DAY a day off, or rename the one that is there."""
    with _edit() as session:
        row = editing.add_day(session, day, name, kind, reason=reason, actor=_who(), now=clock.now())
        click.echo(f"Calendar {row.id}: {day} is {plain_line(name)} ({kind}). Running clocks keep their version.")


@group.command("remove")
@click.argument("day", type=Day())
@click.option("--reason", required=True)
def remove(day: date, reason: str) -> None:
    """Make DAY a day like any other."""
    with _edit() as session:
        row = editing.remove_day(session, day, reason=reason, actor=_who(), now=clock.now())
        click.echo(f"Calendar {row.id}: {day} is no day off. Running clocks keep their version.")


@group.command("week")
@click.option(
    "--day", "days", multiple=True, metavar="NAME=HOURS", help="friday=08:00-11:30,13:00-16:30; friday= is off."
)
@click.option("--reason", required=True)
def week(days: tuple[str, ...], reason: str) -> None:
    """Change the hours of the days that are named; the others stay."""
    changes = dict(_named(text) for text in days)
    with _edit() as session:
        present = editing.week_texts(editing.latest(session).week)
        texts = [changes.get(name, hours) for name, hours in zip(WEEKDAYS, present, strict=True)]
        row = editing.set_week(session, editing.week_of(texts), reason=reason, actor=_who(), now=clock.now())
        click.echo(f"Calendar {row.id}: the working week has other hours. Running clocks keep their version.")


def _who() -> str:
    """Who types: the user of this machine, for there is no account at a terminal."""
    try:
        return f"terminal:{getpass.getuser()}"
    except (KeyError, OSError):  # in a container, a user without a name
        return "terminal"


def _named(text: str) -> tuple[str, str]:
    name, equals, hours = text.partition("=")
    if not equals or name not in WEEKDAYS:
        raise click.ClickException(f"{text!r} must be a weekday, =, and its hours: friday=08:00-16:30")
    return name, hours


@contextmanager
def _edit() -> Iterator:
    try:
        with transaction() as session:
            yield session
    except CalendarEditError as error:
        detail = f" ({error.detail})" if error.detail else ""
        raise click.ClickException(FAULTS[error.code] + detail) from error
    except NoCalendarError as error:
        raise click.ClickException(str(error)) from error
