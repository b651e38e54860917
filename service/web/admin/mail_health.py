"""`/admin/surat`: whether mail comes in and goes out, and what is amiss."""

from flask import render_template
from sqlalchemy import func, select

from service.agencies.records import Agency
from service.database import db
from service.intake.records import QUARANTINED, STORED, InboundMail, Mailbox
from service.monitoring import pulse
from service.monitoring.records import Alarm, Heartbeat
from service.monitoring.rules import ADVICE, TITLES
from service.outbox.records import DEAD, QUEUED, OutboundMail
from service.tables import Session
from service.web.admin.pages import pages
from service.web.locks import role_required

MOST_CLEARED = 20


@pages.get("/surat")
@role_required("administrator")
def mail_health() -> str:
    """Alarms, mailboxes, outbox, agencies whose inbox takes no mail."""
    session = db.session()
    cleared = select(Alarm).where(Alarm.cleared_at.is_not(None)).order_by(Alarm.id.desc()).limit(MOST_CLEARED)
    broken = select(Agency).where(Agency.inbox_problem != "").order_by(Agency.name)
    beats = {beat.name: beat for beat in session.scalars(select(Heartbeat))}
    return render_template(
        "admin/mail_health.html",
        titles=TITLES,
        advice=ADVICE,
        standing=list(session.scalars(select(Alarm).where(Alarm.cleared_at.is_(None)).order_by(Alarm.id))),
        cleared=list(session.scalars(cleared)),
        mailboxes=list(session.scalars(select(Mailbox).order_by(Mailbox.name))),
        smtp=beats.get(pulse.SMTP),
        watch=beats.get(pulse.WATCH),
        jobs=[(job, beats.get(job)) for job in pulse.JOBS],
        broken=list(session.scalars(broken)),
        **_waiting(session),
    )


def _waiting(session: Session) -> dict[str, object]:
    """How many mails wait where, and since when the oldest."""
    stored = select(func.count(), func.min(InboundMail.received_at)).where(InboundMail.status == STORED)
    held = select(func.count(), func.min(InboundMail.received_at)).where(InboundMail.status == QUARANTINED)
    queued = select(func.count(), func.min(OutboundMail.created_at)).where(OutboundMail.status == QUEUED)
    return {
        "stored": session.execute(stored).one(),
        "held": session.execute(held).one(),
        "queued": session.execute(queued).one(),
        "dead": session.scalar(select(func.count()).where(OutboundMail.status == DEAD)),
    }
