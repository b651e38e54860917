"""Figures from the cases, in SQL."""

from datetime import datetime, timedelta

from sqlalchemy import Date, and_, case, cast, func, or_, select

from service.agencies.directory import Directory
from service.complaints.records import Complaint
from service.compliance.rules import AgencyFigures
from service.tables import Session

OPEN_STATES = ("received", "assigned")
_decided = or_(Complaint.breached_at.is_not(None), Complaint.responded_at.is_not(None))
# Whose figure a case is: the accountable unit once that is decided, until then whoever holds it.
UNIT = case((_decided, Complaint.accountable_id), else_=Complaint.agency_id)
IN_TIME = and_(Complaint.responded_at <= Complaint.due_at, Complaint.breached_at.is_(None))


def week_figures(session: Session, directory: Directory, start: datetime, end: datetime) -> list[AgencyFigures]:
    """One row for each agency in being and the desk: cases due in [start, end), received in it, open now."""
    minutes = func.extract("epoch", Complaint.responded_at - Complaint.received_at) / 60
    answered = Complaint.responded_at.is_not(None)
    cohort = session.execute(
        select(
            UNIT.label("unit"),
            func.count(),
            func.count().filter(IN_TIME),
            func.count().filter(Complaint.responded_at.is_(None)),
            func.percentile_cont(0.5).within_group(minutes).filter(answered),
            func.percentile_cont(0.9).within_group(minutes).filter(answered),
        )
        .where(Complaint.due_at >= start, Complaint.due_at < end)
        .group_by("unit")
    )
    rows = {row[0]: row[1:] for row in cohort}
    received = _counts(session, Complaint.received_at >= start, Complaint.received_at < end)
    open_now = _counts(session, Complaint.state.in_(OPEN_STATES))
    figures = []
    for unit in [*directory.agencies(), directory.desk]:
        due, in_time, open_late, median, p90 = rows.get(unit.id, (0, 0, 0, None, None))
        figures.append(
            AgencyFigures(
                agency_id=unit.id,
                code=unit.code,
                name=unit.name,
                due=due,
                in_time=in_time,
                late=due - in_time,
                open_late=open_late,
                received=received.get(unit.id, 0),
                open_now=open_now.get(unit.id, 0),
                median_minutes=None if median is None else int(median),
                p90_minutes=None if p90 is None else int(p90),
            )
        )
    return figures


def _counts(session: Session, *conditions: object) -> dict[int | None, int]:
    query = select(Complaint.agency_id, func.count()).where(*conditions).group_by(Complaint.agency_id)  # type: ignore[arg-type]
    return dict(session.execute(query).all())  # type: ignore[arg-type]


def daily_counts(
    session: Session, directory: Directory, start: datetime, end: datetime, agency_id: int | None = None
) -> list[tuple[int, int]]:
    """(in time, late) for each day of [start, end), by local due date; of one agency, or of all."""
    local = cast(func.timezone(str(directory.timezone), Complaint.due_at), Date)
    query = (
        select(local, func.count().filter(IN_TIME), func.count())
        .where(Complaint.due_at >= start, Complaint.due_at < end)
        .group_by(local)
    )
    if agency_id is not None:
        query = query.where(agency_id == UNIT)
    found = {day: (in_time, count - in_time) for day, in_time, count in session.execute(query)}
    days = (end - start).days
    first = start.astimezone(directory.timezone).date()
    return [found.get(first + timedelta(days=offset), (0, 0)) for offset in range(days)]


def late_cases(
    session: Session, start: datetime, end: datetime, agency_id: int | None = None, limit: int = 20
) -> list[Complaint]:
    """Cases due in [start, end) that were not answered in time, the longest late first."""
    query = (
        select(Complaint)
        .where(Complaint.due_at >= start, Complaint.due_at < end, ~func.coalesce(IN_TIME, False))
        .order_by((func.coalesce(Complaint.responded_at, end) - Complaint.due_at).desc(), Complaint.id)
        .limit(limit)
    )
    if agency_id is not None:
        query = query.where(agency_id == UNIT)
    return list(session.scalars(query))


def open_cases(session: Session, agency_id: int | None = None, limit: int = 20) -> list[Complaint]:
    """Cases that wait for an answer, next due first."""
    query = select(Complaint).where(Complaint.state.in_(OPEN_STATES)).order_by(Complaint.due_at).limit(limit)
    if agency_id is not None:
        query = query.where(Complaint.agency_id == agency_id)
    return list(session.scalars(query))
