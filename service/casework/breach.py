"""Write a breach. Only the sweep calls this, once nothing that arrived in time can still be unread."""

from datetime import datetime

from sqlalchemy import select

from service.agencies.directory import Directory
from service.casework import proof
from service.casework.cases import mirror
from service.casework.excuse import excuse
from service.complaints.history import record
from service.complaints.records import Complaint
from service.complaints.rules import instant_text
from service.deadlines import calendars
from service.deadlines.records import Deadline
from service.deadlines.rules import Holding, Step, accountable, held_times, measure_of
from service.notifications import letters
from service.outbox.records import SENT, OutboundMail
from service.pacts import registry
from service.pacts.rules import WORKING
from service.tables import Document, Session

# The letters from which an agency knows that it must answer.
TOLD_BY = ("assignment", "follow_up", "reminder")


def breach(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    deadline: Deadline,
    step: Step,
    holdings: list[Holding],
    unread: tuple[datetime, ...] = (),
) -> None:
    """Write that the promise was not kept: at the due instant, against the unit that the pact makes accountable. What
    the system can excuse by itself it excuses in the same breath.

    `unread` are the arrivals of mails whose content nobody could get: the breach says how many came in this run.
    """
    promise = registry.by_id(session, directory, deadline.pact_id)
    measure = measure_of(promise, calendars.by_id(session, directory, deadline.calendar_id))
    held = held_times(holdings, deadline.start_at, step.at, measure)
    unit_id = accountable(holdings, deadline.start_at, step.at, promise.accountable, measure)
    deadline.accountable_id, deadline.breached_at = unit_id, step.at
    mirror(complaint, deadline)
    rows = [
        {"unit": directory.unit(unit).name, "minutes": int(length.total_seconds() // 60), "hours": promise.hours}
        for unit, length in held.items()
    ]
    payload = {
        "run": deadline.run,
        "accountable": directory.unit(unit_id).code,
        "held": {directory.unit(unit).code: int(length.total_seconds()) for unit, length in held.items()},
        "answered": instant_text(deadline.met_at) if deadline.met_at else None,
    }
    if promise.hours == WORKING:
        payload["hours"] = WORKING  # so that nobody takes eight hours of work for a third of a day
    unknown = _undelivered(session, directory, complaint)
    if unknown:
        payload["undelivered"] = unknown
    unread_here = sum(deadline.start_at <= arrived <= step.at for arrived in unread)
    if unread_here:
        payload["unread"] = unread_here
    lost = proof.lost_by(session, directory, deadline)
    if lost:
        payload["outage"] = lost.document()
    record(session, complaint, "breach", at=step.at, actor="system", payload=payload)
    found = proof.proven(session, directory, complaint, deadline, lost)
    notes = _notes(unread_here, lost, found[0] if found else "")
    letters.breach(session, directory, complaint, directory.unit(unit_id), rows, unknown, notes)
    if found:
        cause, evidence = found
        excuse(session, directory, complaint, deadline, cause=cause, actor="system", evidence=evidence, tell=False)


def _notes(unread: int, lost: proof.Lost | None, cause: str) -> Document:
    """What else the letter says: what may lie unread, what our outages took, and why the lateness is excused."""
    notes: Document = {"unread": unread, "excuse": cause}
    if lost:
        notes |= {"lost_minutes": int(lost.length.total_seconds() // 60), "excused_until": lost.until.isoformat()}
    return notes


def _undelivered(session: Session, directory: Directory, complaint: Complaint) -> list[Document]:
    """What no agency's inbox has taken of what it was to know of this case, though it was tried: it may explain the
    lateness, and whoever judges it must see it."""
    query = (
        select(OutboundMail.agency_id, OutboundMail.kind)
        .where(OutboundMail.complaint_id == complaint.id, OutboundMail.status != SENT, OutboundMail.log != [])
        .where(OutboundMail.kind.in_(TOLD_BY), OutboundMail.agency_id.is_not(None))
        .order_by(OutboundMail.id)
    )
    with session.no_autoflush:  # what this sweep writes is not in question
        rows = session.execute(query).all()
    return [{"unit": directory.unit(agency_id).code, "letter": kind} for agency_id, kind in rows]
