"""Figures from the rows of the pact's clocks, in SQL. `from_events` is the same from the events, and proves it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Select, and_, case, cast, func, not_, or_, select

from service.agencies.directory import Directory, Unit
from service.casework.withdraw import WITHDRAWN
from service.complaints.records import Complaint, Event
from service.complaints.rules import OPEN_STATES
from service.compliance.from_events import ANSWERS, COUNTING, DESK
from service.compliance.rules import AgencyFigures, OfficerFigures
from service.deadlines.records import Deadline
from service.deadlines.rules import PACT
from service.tables import Session

IN_TIME = and_(Deadline.met_at.is_not(None), Deadline.met_at <= Deadline.due_at)
LATE = and_(not_(IN_TIME), Deadline.breached_at.is_not(None))
DECIDED = or_(IN_TIME, LATE)
UNDECIDED = and_(not_(DECIDED), Deadline.excuse != WITHDRAWN)
# Whose figure a run is: the accountable unit once that is decided, until then whoever holds the case.
_holder = select(Complaint.agency_id).where(Complaint.id == Deadline.complaint_id).scalar_subquery()
UNIT = case((DECIDED, Deadline.accountable_id), else_=_holder)
MINUTES = cast(func.floor(func.extract("epoch", Deadline.met_at - Deadline.start_at) / 60), BigInteger)
_NONE = (0, 0, 0, 0, 0, None, None)


def _cohort(start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(Deadline.kind == PACT, Deadline.due_at >= start, Deadline.due_at < end)


def week_figures(session: Session, directory: Directory, start: datetime, end: datetime) -> list[AgencyFigures]:
    """One row for each agency in being, the desk, and every dissolved agency that has a figure yet.

    Of runs due in [start, end), of what came in it, and of what is open now.
    """
    answered = and_(DECIDED, Deadline.met_at.is_not(None))
    cohort = session.execute(
        select(
            UNIT.label("unit"),
            func.count().filter(IN_TIME),
            func.count().filter(LATE),
            func.count().filter(LATE, Deadline.met_at.is_(None)),
            func.count().filter(LATE, Deadline.excuse != ""),
            func.count().filter(UNDECIDED),
            func.percentile_disc(0.5).within_group(MINUTES).filter(answered),
            func.percentile_disc(0.9).within_group(MINUTES).filter(answered),
        )
        .where(_cohort(start, end))
        .group_by("unit")
    )
    rows = {row[0]: row[1:] for row in cohort}
    received = _by_holder(session, Complaint.received_at >= start, Complaint.received_at < end)
    open_now = _by_holder(session, Complaint.state.in_(OPEN_STATES))
    reopened = _reopened(session, start, end)
    disputed = _disputed(session, directory, start, end)
    concerned = {*rows, *received, *open_now, *reopened, *disputed}
    figures = []
    for unit in units(directory, concerned):
        in_time, late, open_late, excused, undecided, median, p90 = rows.get(unit.id, _NONE)
        figures.append(
            AgencyFigures(
                agency_id=unit.id,
                code=unit.code,
                name=unit.name,
                due=in_time + late,
                in_time=in_time,
                late=late,
                open_late=open_late,
                excused=excused,
                undecided=undecided,
                received=received.get(unit.id, 0),
                reopened=reopened.get(unit.id, 0),
                disputed=disputed.get(unit.id, 0),
                open_now=open_now.get(unit.id, 0),
                median_minutes=median,
                p90_minutes=p90,
            )
        )
    return figures


def units(directory: Directory, concerned: set[int | None]) -> list[Unit]:
    """Who has a row in the figures: agencies in being, dissolved ones that are concerned, and the desk."""
    gone = [unit for unit in directory.units.values() if not unit.active and unit.id in concerned]
    return [*directory.agencies(), *gone, directory.desk]


def _by_holder(session: Session, *conditions: ColumnElement[bool]) -> dict[int | None, int]:
    query = select(Complaint.agency_id, func.count()).where(*conditions).group_by(Complaint.agency_id)
    return _pairs(session, query)


def _reopened(session: Session, start: datetime, end: datetime) -> dict[int | None, int]:
    query = (
        select(Complaint.agency_id, func.count())
        .join(Deadline, Deadline.complaint_id == Complaint.id)
        .where(Deadline.kind == PACT, Deadline.run > 1, Deadline.start_at >= start, Deadline.start_at < end)
        .group_by(Complaint.agency_id)
    )
    return _pairs(session, query)


def _disputed(session: Session, directory: Directory, start: datetime, end: datetime) -> dict[int | None, int]:
    """Disputes raised in [start, end), by the unit whose answer was disputed."""
    answer = Event.__table__.alias("answer")
    unit = answer.c.payload["agency"].as_string()
    query = (
        select(unit, func.count())
        .select_from(Event)
        .join(
            answer,
            and_(
                answer.c.complaint_id == Event.complaint_id,
                answer.c.seq == Event.payload["response"].as_integer(),
            ),
        )
        .where(Event.kind == "dispute", Event.at >= start, Event.at < end)
        .group_by(unit)
    )
    counts: dict[int | None, int] = {}
    for code, number in session.execute(query):
        unit_id = _id(directory, code)
        counts[unit_id] = counts.get(unit_id, 0) + number
    return counts


def _pairs(session: Session, query: Select[Any]) -> dict[int | None, int]:
    return {unit: number for unit, number in session.execute(query)}  # noqa: C416 - rows, not pairs


def _id(directory: Directory, code: str | None) -> int | None:
    unit = directory.by_code.get(code or "")
    return unit.id if unit else None


def officer_figures(
    session: Session, directory: Directory, start: datetime, end: datetime
) -> dict[tuple[str, int | None], OfficerFigures]:
    """What each account of each unit (its code) answered, of the runs due in [start, end); None is its inbox."""
    first = _first_answer()
    account = case((first.c.actor.startswith("account:"), cast(func.split_part(first.c.actor, ":", 2), BigInteger)))
    query = (
        select(
            first.c.unit,
            account.label("account"),
            func.count(),
            func.count().filter(IN_TIME),
            func.percentile_disc(0.5).within_group(MINUTES),
        )
        .select_from(Deadline)
        .join(first, first.c.seq.is_not(None))
        .where(_cohort(start, end), DECIDED, Deadline.met_at.is_not(None))
        .group_by(first.c.unit, "account")
    )
    found = {}
    for code, account_id, answered, in_time, median in session.execute(query):
        found[(code, account_id)] = OfficerFigures(account_id, answered, in_time, median)
    return found


def _first_answer() -> Any:
    """The event that met a clock: the first of those that count, arrived at that instant, and are not voided."""
    voiding = Event.__table__.alias("voiding")
    voided = (
        select(voiding.c.id)
        .where(voiding.c.complaint_id == Event.complaint_id, voiding.c.kind == "uphold")
        .where(voiding.c.payload["voids"].as_integer() == Event.seq)
        .exists()
    )
    counts = or_(Event.kind.not_in(COUNTING), Event.payload["counts"].as_boolean())
    return (
        select(Event.seq, Event.actor, func.coalesce(Event.payload["agency"].as_string(), DESK).label("unit"))
        .where(Event.complaint_id == Deadline.complaint_id, Event.at == Deadline.met_at)
        .where(Event.kind.in_(ANSWERS), counts, ~voided)
        .order_by(Event.seq)
        .limit(1)
        .lateral("first")
    )


def daily_counts(
    session: Session, directory: Directory, start: datetime, end: datetime, agency_id: int | None = None
) -> list[tuple[int, int]]:
    """(in time, late) for each day of [start, end), by local due date; of one agency, or of all."""
    local = cast(func.timezone(str(directory.timezone), Deadline.due_at), Date)
    query = (
        select(local, func.count().filter(IN_TIME), func.count().filter(LATE))
        .where(_cohort(start, end))
        .group_by(local)
    )
    if agency_id is not None:
        query = query.where(agency_id == UNIT)
    found = {day: (in_time, late) for day, in_time, late in session.execute(query)}
    days = (end - start).days
    first = start.astimezone(directory.timezone).date()
    return [found.get(first + timedelta(days=offset), (0, 0)) for offset in range(days)]


def late_runs(
    session: Session, start: datetime, end: datetime, agency_id: int | None = None, limit: int = 20
) -> list[tuple[Complaint, Deadline]]:
    """Cases that fell due in [start, end) and were not answered in time, each with that run of its clock; the
    longest late first."""
    query = (
        select(Complaint, Deadline)
        .join(Complaint, Complaint.id == Deadline.complaint_id)
        .where(_cohort(start, end), LATE)
        .order_by((func.coalesce(Deadline.met_at, end) - Deadline.due_at).desc(), Deadline.id)
        .limit(limit)
    )
    if agency_id is not None:
        query = query.where(Deadline.accountable_id == agency_id)
    return [(complaint, deadline) for complaint, deadline in session.execute(query)]


def open_cases(session: Session, agency_id: int | None = None, limit: int = 20) -> list[Complaint]:
    """Cases that wait for an answer, next due first."""
    query = select(Complaint).where(Complaint.state.in_(OPEN_STATES)).order_by(Complaint.due_at).limit(limit)
    if agency_id is not None:
        query = query.where(Complaint.agency_id == agency_id)
    return list(session.scalars(query))
