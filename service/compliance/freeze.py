"""Freezing a week's figures with their seal, and making them once more from the events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from service import clock
from service.agencies.directory import Directory
from service.complaints.records import Complaint, Event
from service.compliance import figures as from_rows
from service.compliance.corrections import ALTERING, Change, PublishedWeek, changes, rows_of
from service.compliance.from_events import Case, Count, Happening, Terms, TermsOf, case_of, count
from service.compliance.records import FrozenWeek
from service.compliance.rules import RULES, Week, as_rows, figures_hash, week_named, week_of
from service.deadlines import calendars
from service.deadlines.records import Deadline
from service.deadlines.rules import PACT, measure_of
from service.pacts import registry
from service.tables import Document, Session

# Events are streamed in such chunks, so that a city's whole history needs no memory.
CHUNK = 5_000


class EarlierRulesError(Exception):
    """The week was published by earlier rules of counting: only its seal can be checked."""


@dataclass(frozen=True)
class Recomputed:
    """A published week beside the same made from the events that were known then."""

    frozen: FrozenWeek
    figures: list[Document]
    corrections: list[Document]
    hash: str


def frozen_week(session: Session, name: str) -> FrozenWeek | None:
    """The published week of this name (2026-W47)."""
    return session.scalars(select(FrozenWeek).where(FrozenWeek.week == name)).one_or_none()


def freeze(session: Session, directory: Directory, week: Week) -> FrozenWeek:
    """Publish the week's figures with the corrections of earlier weeks, unless it is published; the caller commits.

    Acts of the whole city wait for that commit, so that what was known is exactly the events up to `last_event`:
    by their time alone it could not be said, for an event gets its time before it can be seen.
    """
    found = frozen_week(session, week.name)
    if found is not None:
        return found
    session.execute(text("LOCK TABLE event IN SHARE MODE"))
    made = compute(session, directory, week)
    names = [column.name for column in FrozenWeek.__table__.columns if column.name != "id"]
    values = {name: getattr(made, name) for name in names}
    # A second schedule that comes here at the same moment waits for our commit, and then adds nothing.
    session.execute(insert(FrozenWeek).values(**values).on_conflict_do_nothing())
    return session.scalars(select(FrozenWeek).where(FrozenWeek.week == week.name)).one()


def compute(session: Session, directory: Directory, week: Week) -> FrozenWeek:
    """The week as it would be published now; nothing is kept."""
    last_event = session.scalar(select(func.max(Event.id))) or 0
    figures = as_rows(from_rows.week_figures(session, directory, week.start, week.end))
    corrections = rows_of(_changes_since(session, directory, _weeks_before(session, None), last_event))
    return FrozenWeek(
        week=week.name,
        frozen_at=clock.now(),
        last_event=last_event,
        rules=RULES,
        figures=figures,
        corrections=corrections,
        hash=figures_hash(week.name, figures, corrections, last_event),
    )


def _weeks_before(session: Session, frozen: FrozenWeek | None) -> list[FrozenWeek]:
    """The weeks published before this one (all, for None) whose corrections are told."""
    query = select(FrozenWeek).where(FrozenWeek.rules == RULES)
    return list(session.scalars(query if frozen is None else query.where(FrozenWeek.id < frozen.id)))


def _changes_since(
    session: Session, directory: Directory, weeks: list[FrozenWeek], last_event: int
) -> Iterator[Change]:
    """What became known since the last of `weeks` was published, of any of them."""
    if not weeks:
        return
    known, published = max(w.last_event for w in weeks), _published(directory, weeks)
    terms_of = terms(session, directory)
    latest = max(week_named(week.week, directory.timezone).end for week in weeks)
    touched = (
        select(Event.complaint_id)
        .join(Deadline, Deadline.complaint_id == Event.complaint_id)
        .where(Event.id > known, Event.id <= last_event, Event.kind.in_(ALTERING))
        .where(Deadline.kind == PACT, Deadline.due_at < latest)
        .distinct()
    )
    ids = list(session.scalars(touched))
    for number, rows in _events(session, last_event, ids):
        yield from changes(_before(number, rows, known, terms_of), _case(number, rows, terms_of), published)


def _published(directory: Directory, weeks: list[FrozenWeek]) -> PublishedWeek:
    names = {week.week for week in weeks}

    def week(due: datetime) -> str | None:
        name = week_of(due, directory.timezone).name
        return name if name in names else None

    return week


def _before(number: str, rows: list[tuple[int, Happening]], known: int, terms_of: TermsOf) -> Case | None:
    earlier = [row for row in rows if row[0] <= known]
    return _case(number, earlier, terms_of) if earlier else None


def _case(number: str, rows: Iterable[tuple[int, Happening]], terms_of: TermsOf) -> Case:
    return case_of(number, [happening for _, happening in rows], terms_of)


def _events(
    session: Session, last_event: int, only: list[int] | None = None
) -> Iterator[tuple[str, list[tuple[int, Happening]]]]:
    """Each case's number and its events up to `last_event`, with their ids, in order."""
    query = (
        select(Complaint.number, Event.id, Event.seq, Event.kind, Event.at, Event.actor, Event.payload)
        .join(Complaint, Complaint.id == Event.complaint_id)
        .where(Event.id <= last_event)
        .order_by(Event.complaint_id, Event.seq)
    )
    if only is not None:
        query = query.where(Event.complaint_id.in_(only))
    rows = session.execute(query.execution_options(yield_per=CHUNK))
    for number, group in groupby(rows, key=lambda row: row[0]):
        yield number, [(row[1], Happening(*row[2:])) for row in group]


def events_of_all(session: Session, last_event: int) -> Iterator[tuple[str, list[Happening]]]:
    """Every case's number and its events up to `last_event`."""
    for number, rows in _events(session, last_event):
        yield number, [happening for _, happening in rows]


def terms(session: Session, directory: Directory) -> TermsOf:
    """What each version of pact and calendar says."""
    known: dict[tuple[str, int | None], Terms] = {}

    def terms_of(pact: str, calendar: int | None) -> Terms:
        if (pact, calendar) not in known:
            promise = registry.by_version(session, directory, pact)
            days = (
                calendars.current(session, directory)
                if calendar is None
                else calendars.by_id(session, directory, calendar)
            )
            known[pact, calendar] = Terms(promise.accountable, measure_of(promise, days))
        return known[pact, calendar]

    return terms_of


def recompute(session: Session, directory: Directory, frozen: FrozenWeek) -> Recomputed:
    """Make a published week once more, from nothing but the events that were known when it was published.

    Every event of every case is read: what the tables of cases and clocks say today is not believed. Raises
    EarlierRulesError for a week of other rules.
    """
    if frozen.rules != RULES:
        raise EarlierRulesError(f"{frozen.week} was published by rules {frozen.rules}; these are rules {RULES}")
    week = week_named(frozen.week, directory.timezone)
    weeks = _weeks_before(session, frozen)
    known, published = max((w.last_event for w in weeks), default=0), _published(directory, weeks)
    terms_of = terms(session, directory)
    found: list[Change] = []

    def cases() -> Iterator[Case]:
        for number, rows in _events(session, frozen.last_event):
            case = _case(number, rows, terms_of)
            if weeks and rows[-1][0] > known:
                found.extend(changes(_before(number, rows, known, terms_of), case, published))
            yield case

    counts = count(cases(), week.start, week.end)
    figures = _named(counts, frozen.figures)
    corrections = rows_of(found)
    seal = figures_hash(frozen.week, figures, corrections, frozen.last_event)
    return Recomputed(frozen, figures, corrections, seal)


def _named(counts: dict[str, Count], published: list[Document]) -> list[Document]:
    """The counts of each unit as rows; names, and which units had a row without a figure, are no matter of events."""
    names = {row["code"]: row["name"] for row in published}
    return [
        {"code": code, "name": names.get(code, ""), **counts.get(code, Count()).figures()}
        for code in sorted(names.keys() | counts.keys())
    ]


def differences(made: Recomputed) -> Iterator[str]:
    """What differs between the published week and the recomputed one, in plain words; nothing when all is the same."""
    before, now = ({row["code"]: row for row in rows} for rows in (made.frozen.figures, made.figures))
    for code in sorted(before.keys() | now.keys()):
        yield from _field_differences(code, before.get(code, {}), now.get(code, {}))
    for row in made.frozen.corrections:
        if row not in made.corrections:
            yield f"correction published, but not in the events: {_told(row)}"
    for row in made.corrections:
        if row not in made.frozen.corrections:
            yield f"correction in the events, but not published: {_told(row)}"
    if made.hash != made.frozen.hash:
        yield f"hash: published {made.frozen.hash}, recomputed {made.hash}"


def _field_differences(code: str, before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            yield f"{code} {name}: published {before.get(name)}, recomputed {now.get(name)}"


def _told(row: Document) -> str:
    return f"{row['week']} {row['unit']} {row['field']} {row['change']:+d} ({', '.join(row['cases'])})"


def corrections_of(session: Session, name: str) -> list[Document]:
    """The corrections of a published week, in the order in which later weeks carried them."""
    later = session.scalars(select(FrozenWeek).order_by(FrozenWeek.id))
    return [row for frozen in later for row in frozen.corrections if row["week"] == name]
