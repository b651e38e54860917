"""A case's explanation, gathered from the database: four questions, however long the history."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from service.agencies.directory import Directory
from service.agencies.records import Account
from service.complaints.history import events_of
from service.complaints.records import Complaint, Event, Message
from service.complaints.terms import WAIT_TERM
from service.deadlines import calendars
from service.deadlines.explain import explain
from service.deadlines.records import Deadline
from service.deadlines.story import Explanation, Row
from service.intake.records import InboundMail, Mailbox
from service.pacts import registry
from service.tables import Session


@dataclass(frozen=True)
class Explained:
    """`mailboxes`: in which mailbox the mail lay that an event (its seq) brought; `roles`: role and agency id of the
    accounts that acted, by account id; `rows`: the clocks, by kind and run."""

    explanation: Explanation
    mailboxes: dict[int, str]
    roles: dict[int, tuple[str, int | None]]
    rows: dict[tuple[str, int], Deadline]


def explained(
    session: Session, directory: Directory, complaint: Complaint, now: datetime, until: int | None = None
) -> Explained:
    """Explain the case's due times as of `now` (aware UTC), up to the event `until` (all by default)."""
    last = complaint.events if until is None else until
    events = [event for event in events_of(session, complaint) if event.seq <= last]
    clocks = session.scalars(select(Deadline).where(Deadline.complaint_id == complaint.id)).all()
    rows = [_row(session, directory, clock) for clock in clocks]
    return Explained(
        explanation=explain(complaint.number, events, rows, now, WAIT_TERM),
        mailboxes=_mailboxes(session, complaint),
        roles=_roles(session, events),
        rows={(clock.kind, clock.run): clock for clock in clocks},
    )


def _row(session: Session, directory: Directory, clock: Deadline) -> Row:
    return Row(
        kind=clock.kind,
        run=clock.run,
        due=clock.due_at,
        promise=registry.by_id(session, directory, clock.pact_id),
        calendar=calendars.by_id(session, directory, clock.calendar_id),
        waited=clock.waited,
    )


def _mailboxes(session: Session, complaint: Complaint) -> dict[int, str]:
    query = (
        select(Message.event_seq, Mailbox.name)
        .join(InboundMail, InboundMail.id == Message.inbound_mail_id)
        .join(Mailbox, Mailbox.id == InboundMail.mailbox_id)
        .where(Message.complaint_id == complaint.id)
    )
    return dict(session.execute(query).all())


def _roles(session: Session, events: list[Event]) -> dict[int, tuple[str, int | None]]:
    """Events name accounts, never people; a page says which office they act for."""
    ids = {int(event.actor.removeprefix("account:")) for event in events if event.actor.startswith("account:")}
    query = select(Account.id, Account.role, Account.agency_id).where(Account.id.in_(ids))
    return {account_id: (role, agency_id) for account_id, role, agency_id in session.execute(query)}
