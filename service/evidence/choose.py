"""Which cases and weeks a bundle is about."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select

from service.agencies.directory import Directory, Unit
from service.complaints import search
from service.complaints.records import Complaint, Event
from service.compliance.records import FrozenWeek
from service.compliance.rules import Week, week_of
from service.deadlines.records import Deadline
from service.deadlines.rules import PACT
from service.tables import Session


class NothingFoundError(Exception):
    """There is no such case, or no case of which a bundle could be made; the message says which."""


@dataclass(frozen=True)
class Choice:
    """What a bundle holds. `week` is the week whose every case is in it; "" when it is about something else."""

    about: str
    case_ids: list[int]
    weeks: list[FrozenWeek] = field(default_factory=list)
    week: str = ""


def one_case(session: Session, directory: Directory, number: str) -> Choice:
    """One case, with the published weeks in which its runs fell due."""
    case = search.by_number(session, number)
    if case is None:
        raise NothingFoundError(f"there is no case {number}")
    return Choice(f"Pengaduan {case.number}", [case.id], _weeks(session, directory, [case.id]))


def of_agency(
    session: Session, directory: Directory, unit: Unit, start: datetime | None, end: datetime | None
) -> Choice:
    """Every case with a run due in [start, end) that the unit holds, has held, or is accountable for."""
    named = select(Event.complaint_id).where(Event.payload["holder"].as_string() == unit.code)
    query = (
        select(Complaint.id)
        .join(Deadline, Deadline.complaint_id == Complaint.id)
        .where(Deadline.kind == PACT)
        .where(or_(Deadline.accountable_id == unit.id, Complaint.agency_id == unit.id, Complaint.id.in_(named)))
    )
    if start is not None:
        query = query.where(Deadline.due_at >= start)
    if end is not None:
        query = query.where(Deadline.due_at < end)
    ids = sorted(session.scalars(query.distinct()))
    if not ids:
        raise NothingFoundError(f"no case of {unit.code} fell due then")
    return Choice(unit.name, ids, _weeks(session, directory, ids))


def of_week(session: Session, frozen: FrozenWeek, week: Week) -> Choice:
    """Every case with a run due in a published week."""
    query = (
        select(Deadline.complaint_id)
        .where(Deadline.kind == PACT, Deadline.due_at >= week.start, Deadline.due_at < week.end)
        .distinct()
    )
    return Choice(f"Minggu {frozen.week}", sorted(session.scalars(query)), [frozen], frozen.week)


def _weeks(session: Session, directory: Directory, case_ids: list[int]) -> list[FrozenWeek]:
    dues = session.scalars(select(Deadline.due_at).where(Deadline.complaint_id.in_(case_ids), Deadline.kind == PACT))
    names = {week_of(due, directory.timezone).name for due in dues}
    return list(session.scalars(select(FrozenWeek).where(FrozenWeek.week.in_(names)).order_by(FrozenWeek.week)))
