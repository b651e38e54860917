"""Close the cases that are done and about which the citizen has been quiet for ten days."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import exists, select

from service import clock
from service.agencies import directory as directories
from service.casework.close import BY_SYSTEM, close
from service.casework.sweep import Sight
from service.complaints.records import Complaint, Event
from service.complaints.rules import RESOLVED
from service.complaints.terms import QUIET_TERM
from service.tables import Session

BATCH = 100


def turn(transaction: Callable[[], AbstractContextManager[Session]], sight_of: Callable[[Session], Sight]) -> int:
    """Close one batch in one transaction; returns how many. A protest that lies unread in the mailbox counts, so cases
    wait until everything up to the end of their term was read and decided."""
    with transaction() as session:
        sight = sight_of(session)
        now = clock.now()
        limit = min(now, sight.until) - QUIET_TERM
        said = exists().where(Event.complaint_id == Complaint.id, Event.kind == "follow_up", Event.at > limit)
        query = (
            select(Complaint)
            .where(Complaint.state == RESOLVED, Complaint.resolved_at < limit, Complaint.disputed_at.is_(None), ~said)
            .where(Complaint.id.not_in(sight.undecided))
            .order_by(Complaint.resolved_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        cases = session.scalars(query.execution_options(populate_existing=True)).all()
        directory = directories.current(session) if cases else None
        for case in cases:
            close(session, directory, case, by=BY_SYSTEM, at=now, actor="system")
        return len(cases)
