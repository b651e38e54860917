"""The letters about alarms: to the administrators, and one to the desk when mail waits in quarantine."""

from datetime import datetime

import structlog
from sqlalchemy import select

from service.agencies import directory as directories
from service.agencies.records import Account
from service.config import settings
from service.monitoring.records import Alarm
from service.monitoring.rules import ADVICE, TITLES, counted
from service.outbox.enqueue import Letter, enqueue
from service.outbox.records import OutboundMail
from service.tables import Session

log = structlog.get_logger()
RAISED, OPEN, CLEARED = "raised", "open", "cleared"


def tell(session: Session, alarm: Alarm, news: str, occasion: str = "") -> int:
    """To every administrator: an alarm was raised, stands still, or is over. Returns how many letters were added.

    `occasion` tells reminders apart; each administrator gets one letter an alarm, news and occasion.
    """
    added = 0
    for address, name in _recipients(session):
        key = f"alarm:{alarm.id}:{news}{occasion}:{address}"
        if session.scalar(select(OutboundMail.id).where(OutboundMail.ledger_key == key)):
            continue
        letter = Letter(
            key=key,
            kind="alarm",
            to_address=address,
            to_name=name,
            context={
                "news": news,
                "title": TITLES[alarm.kind],
                "words": alarm.words,
                "advice": ADVICE[alarm.kind],
                "since": alarm.since.isoformat(),
                "until": alarm.cleared_at.isoformat() if alarm.cleared_at else "",
                "link": f"{settings().public_url}/admin/surat",
            },
            reply_to=settings().mail_address,
            thread=[f"<alarm-{alarm.id}@{settings().mail_domain}>"],
        )
        enqueue(session, letter, settings().mail_domain)
        added += 1
    return added


def tell_desk(session: Session, waiting: int, oldest: datetime, now: datetime) -> None:
    """To the desk: mail waits for a decision. One letter, however many mails wait."""
    desk = directories.current(session).desk
    letter = Letter(
        key=f"quarantine:{now.isoformat(timespec='seconds')}",
        kind="quarantine",
        to_address=desk.inbox,
        to_name=desk.name,
        context={
            "waiting": counted(waiting),
            "oldest": oldest.isoformat(),
            "link": f"{settings().public_url}/meja/karantina",
        },
        reply_to=settings().mail_address,
    )
    enqueue(session, letter, settings().mail_domain)


def _recipients(session: Session) -> list[tuple[str, str]]:
    """The administrators' addresses and names; the desk's, where nobody administers."""
    query = select(Account.email, Account.name).where(Account.role == "administrator", Account.active)
    people = [(email, name) for email, name in session.execute(query.order_by(Account.id))]
    if people:
        return people
    log.error("alarm_without_administrator")
    desk = directories.current(session).desk
    return [(desk.inbox, desk.name)]
