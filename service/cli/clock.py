"""`flask clock explain`: how the due times of a case came about, step by step."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

import click
from flask.cli import AppGroup
from sqlalchemy import select

from service import clock as time
from service.agencies import directory as directories
from service.cli.plain import plain_line
from service.complaints.records import Complaint
from service.compliance.explained import Explained, explained
from service.database import transaction
from service.deadlines.story import ARRIVAL, WAITS, ClockStory, Moment, Recorded, RunStory

group = AppGroup("clock", help="Why a case is due when it is.")

WHY_NOT = {ARRIVAL: "the day it came in", WAITS: "waits for the citizen"}
CLOCKS = {"pact": "First answer, by the pact", "statute": "Settlement, by the law"}


@group.command("explain")
@click.argument("number")
@click.option("--run", type=int, help="Only this run; a reopened case has more than one.")
def explain_command(number: str, run: int | None) -> None:
    """Print each due time of the case NUMBER with everything that made it. Exit code 1 where a stored one differs."""
    with transaction() as session:
        case = session.scalar(select(Complaint).where(Complaint.number == number.upper()))
        if case is None:
            raise click.ClickException(f"there is no case {number}")
        directory = directories.current(session)
        found = explained(session, directory, case, time.now())
        runs = [story for story in found.explanation.runs if run in (None, story.number)]
        if not runs:
            raise click.ClickException(f"{case.number} has no run {run}")
        for story in runs:
            for line in _run(found, story, directory.timezone):
                indent = len(line) - len(line.lstrip())
                click.echo(" " * indent + plain_line(line))
    if not found.explanation.agrees:
        raise SystemExit(1)


def _run(found: Explained, story: RunStory, zone: tzinfo) -> Iterator[str]:
    yield f"{found.explanation.number}, run {story.number}"
    yield f"  started {_when(story.opening.at, zone)}: {_source(found, story.opening)}"
    for clock in filter(None, (story.pact, story.statute)):
        yield from _clock(clock, zone)
    yield "  Held by"
    for stay in story.stays:
        until = _when(stay.until, zone) if stay.until else "now"
        yield f"    {stay.unit}: {_when(stay.since, zone)} to {until}; counted {_length(stay.counted)}"
    yield f"  Outcome: {_outcome(story, zone)}"
    for event in story.told:
        yield f"    {event.seq}. {event.kind} by {event.actor}, {_when(event.at, zone)}{_later(event, zone)}"


def _clock(clock: ClockStory, zone: tzinfo) -> Iterator[str]:
    yield f"  {CLOCKS[clock.kind]}: due {_when(clock.due, zone)}"
    if not clock.agrees:
        yield f"    DIFFERS from what is stored: {_when(clock.stored_due, zone)}"
    promised = f"{clock.term} working days" if clock.term else f"{_length(clock.length)} ({clock.hours} hours)"
    yield f"    {promised}; pact {clock.pact}, calendar {clock.calendar}"
    for pause in clock.pauses:
        until = _when(pause.until, zone) if pause.until else "now"
        yield (
            f"    {pause.unit} asked the citizen (event {pause.asked}): waited {_when(pause.since, zone)} to {until}, "
            f"{pause.days} working days"
        )
    for day in clock.days:
        counted = f"day {day.number}" if day.number else "-" if clock.term else _length(day.counted)
        yield f"    {day.day:%a %Y-%m-%d}  {counted}  {WHY_NOT.get(day.off, day.off)}"
    for moment in clock.moments:
        yield f"    {_moment(moment, zone)}"


def _moment(moment: Moment, zone: tzinfo) -> str:
    step = moment.step
    if moment.recorded_at is None:
        return f"{step.name} at {_when(step.at, zone)}: not written"
    return f"{step.name} at {_when(step.at, zone)}: event {moment.seq}, detected {_when(moment.recorded_at, zone)}"


def _source(found: Explained, opening: Recorded) -> str:
    if opening.seq in found.mailboxes:
        return f"INTERNALDATE of the mail in mailbox {found.mailboxes[opening.seq]}"
    return "server time of the form" if opening.payload.get("channel", "form") == "form" else "arrival of the mail"


def _outcome(story: RunStory, zone: tzinfo) -> str:
    if story.in_time and story.answer:
        return f"answered in time by {story.accountable}, {_when(story.answer.at, zone)}"
    if story.breach:
        rule = "held it longest" if story.rule == "longest" else "held it last before the due time"
        excuse = f"; excused: {story.excuse}" if story.excuse else ""
        return f"late; accountable is {story.accountable}, which {rule}{excuse}"
    return "the breach was withdrawn" if story.withdrawn else "undecided"


def _later(event: Recorded, zone: tzinfo) -> str:
    """That an event was written down later than it happened."""
    late = event.recorded_at - event.at > timedelta(seconds=1)
    return f" (recorded {_when(event.recorded_at, zone)})" if late else ""


def _when(instant: datetime, zone: tzinfo) -> str:
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M:%S %z}"


def _length(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60:02} min"
