"""How far the system has seen: the guard against accusing while blind (design §4)."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from service import clock
from service.casework.sweep import Sight
from service.config import settings
from service.intake.mailbox import name_of
from service.intake.records import QUARANTINED, STORED, InboundMail, Mailbox
from service.intake.storing import is_unread
from service.intake.unread import BLIND
from service.tables import Session

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def sight(session: Session) -> Sight:
    """Until when every mail was read and processed, and which cases have mail that the desk must still judge.

    A mailbox that was never read makes us blind: no step that accuses is taken.
    """
    instants = [clock.now()]
    names = [name_of(url) for url in settings().imap_urls]
    if names:
        read = dict(session.execute(select(Mailbox.name, Mailbox.read_until).where(Mailbox.name.in_(names))).all())
        instants += [read.get(name) or LONG_AGO for name in names]
    waiting = session.scalar(select(func.min(InboundMail.received_at)).where(InboundMail.status == STORED))
    if waiting:
        instants.append(waiting)
    undelivered = session.scalar(
        select(func.min(InboundMail.received_at)).where(
            is_unread(), InboundMail.stored_at > func.clock_timestamp() - BLIND
        )
    )
    if undelivered:
        instants.append(undelivered)
    undecided = session.execute(
        select(InboundMail.complaint_id, func.min(InboundMail.received_at))
        .where(InboundMail.status == QUARANTINED, InboundMail.complaint_id.is_not(None), InboundMail.party != "citizen")
        .group_by(InboundMail.complaint_id)
    )
    return Sight(until=min(instants), undecided=dict(undecided.all()))
