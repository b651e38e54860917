"""Excuses that the system can prove by itself (docs/decisions/019): our outage, and a notice that never arrived."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from service.agencies.directory import Directory
from service.casework.excuse import excuse
from service.complaints.records import Complaint
from service.complaints.rules import instant_text
from service.deadlines import calendars, outages
from service.deadlines.records import Deadline
from service.deadlines.rules import joined, later, measure_of
from service.outbox.records import SENT, OutboundMail
from service.pacts import registry
from service.tables import Document, Session

OUTAGE, UNDELIVERED = "outage", "undelivered"
# The letters by which a unit learns that a case is its own.
NOTICES = ("assignment", "desk_case", "reopened")
# An inbox whose head has known for longer than this that it refuses mail excuses nothing any more.
TOLD_BEFORE = timedelta(hours=24)


@dataclass(frozen=True)
class Lost:
    """What our outages took of a run: how long (in the hours that the pact counts) between start and due, until when
    an answer is excused for it, and from which notes."""

    length: timedelta
    until: datetime
    whole: timedelta
    evidence: list[Document] = field(default_factory=list)

    def document(self) -> Document:
        """As it stands in events."""
        return {
            "lost": int(self.length.total_seconds()),
            "until": instant_text(self.until),
            "outages": self.evidence,
        }


def lost_by(session: Session, directory: Directory, deadline: Deadline) -> Lost | None:
    """What the unit lost of its time; None when there was no outage."""
    found = outages.between(session, deadline.start_at, deadline.due_at)
    if not found:
        return None
    promise = registry.by_id(session, directory, deadline.pact_id)
    calendar = calendars.by_id(session, directory, deadline.calendar_id)
    measure = measure_of(promise, calendar)
    spans = joined(((row.began_at, row.ended_at) for row in found), deadline.start_at, deadline.due_at)
    length = sum((measure(begin, end) for begin, end in spans), timedelta())
    if not length:
        return None
    rows = [
        {"part": row.part, "began": instant_text(row.began_at), "ended": instant_text(row.ended_at)} for row in found
    ]
    until = later(deadline.due_at, length, promise, calendar)
    return Lost(length, until, measure(deadline.start_at, deadline.due_at), rows)


def proven(
    session: Session, directory: Directory, complaint: Complaint, deadline: Deadline, lost: Lost | None
) -> tuple[str, Document] | None:
    """The cause that excuses this run's lateness, with its evidence; None when nothing is proven (yet).

    A notice that was not accepted before the due instant; an outage that took half of the time or more; or an answer
    that came no later than the due instant and as much as was lost.
    """
    notices = _unaccepted(session, directory, complaint, deadline)
    if notices:
        ours = all("looked" in row.log[-1] for row in notices)  # no server took any mail from us
        unit = directory.unit(deadline.accountable_id).code
        letters = [{"unit": unit, "letter": row.kind, "mail": row.id, "tries": len(row.log)} for row in notices]
        return OUTAGE if ours else UNDELIVERED, {"letters": letters}
    if lost is None:
        return None
    in_time = deadline.met_at is not None and deadline.met_at <= lost.until
    return (OUTAGE, lost.document()) if in_time or lost.length * 2 >= lost.whole else None


def _unaccepted(session: Session, directory: Directory, complaint: Complaint, deadline: Deadline) -> list[OutboundMail]:
    """The notices of this run to the accountable unit that were tried, when none was accepted before due."""
    unit = directory.unit(deadline.accountable_id)
    if unit.inbox_problem and unit.inbox_problem_at and unit.inbox_problem_at < deadline.start_at - TOLD_BEFORE:
        return []
    query = select(OutboundMail).where(
        OutboundMail.complaint_id == complaint.id,
        OutboundMail.kind.in_(NOTICES),
        OutboundMail.agency_id.is_not_distinct_from(unit.id),
        OutboundMail.created_at >= deadline.start_at,
    )
    with session.no_autoflush:  # what this transaction writes was not sent
        rows = list(session.scalars(query.order_by(OutboundMail.id)))
    accepted = any(row.status == SENT and row.sent_at and row.sent_at <= deadline.due_at for row in rows)
    tried = [row for row in rows if row.log]
    return [] if accepted else tried


def excuse_if_proven(session: Session, directory: Directory, complaint: Complaint, deadline: Deadline) -> None:
    """After a late answer: excuse the breach that stands, if the system can now prove why."""
    if deadline.breached_at is None or deadline.excuse:
        return
    found = proven(session, directory, complaint, deadline, lost_by(session, directory, deadline))
    if found:
        excuse(session, directory, complaint, deadline, cause=found[0], actor="system", evidence=found[1])
