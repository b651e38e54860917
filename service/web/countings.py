"""In which hours the times of cases are told: those of the pact that each was started with."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from service.agencies.directory import Directory
from service.complaints.records import Complaint
from service.deadlines import calendars
from service.deadlines.records import Deadline
from service.deadlines.rules import PACT, measure_of
from service.pacts import registry
from service.pacts.rules import WORKING
from service.tables import Session
from service.web.standing import ALL_HOURS, Counting, Standing, standing


def counting_of(session: Session, directory: Directory, clock: Deadline) -> Counting:
    """How the pact of this clock counts."""
    promise = registry.by_id(session, directory, clock.pact_id)
    calendar = calendars.by_id(session, directory, clock.calendar_id)
    return Counting(promise.hours, measure_of(promise, calendar))


def standings(session: Session, directory: Directory, cases: Iterable[Complaint], now: datetime) -> dict[int, Standing]:
    """How each case (its id) stands. No question is asked where every pact counts all hours, as most do."""
    rows = list(cases)
    countings: dict[int, Counting] = {}
    if any(promise.hours == WORKING for promise in registry.promises(session, directory)):
        query = select(Deadline).join(Complaint, Complaint.id == Deadline.complaint_id)
        present = (Deadline.kind == PACT) & (Deadline.run == Complaint.run)
        clocks = session.scalars(query.where(Complaint.id.in_([case.id for case in rows]), present))
        countings = {clock.complaint_id: counting_of(session, directory, clock) for clock in clocks}
    return {case.id: standing(case, now, countings.get(case.id, ALL_HOURS)) for case in rows}
