"""For machines that watch over us: are we alive, and does the whole service work?"""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify
from redis import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from service import clock, queues
from service.config import settings
from service.database import db
from service.intake.mailbox import name_of
from service.intake.records import Mailbox
from service.monitoring import pulse
from service.monitoring.records import Alarm, Heartbeat
from service.outbox.records import DEAD, OutboundMail
from service.tables import Session
from service.web.locks import public

MAILBOX_AGE = timedelta(seconds=60)
# A worker does some job every few seconds; one long job, or a server that lets us wait, takes minutes.
WORKER_AGE, SWEEP_AGE, WATCH_AGE = timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=2)

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@public
def alive() -> Response:
    """This process answers. Load balancers ask here: the form works without Redis and without mail."""
    return jsonify(status="ok")


@pages.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Database, Redis, mailbox, worker, sweeps and watch; 503 when one of them fails.

    Dead letters and open alarms are counted, by kind, and fail nothing: a full quarantine needs people, not a restart.
    """
    checks = {"database": "ok", "redis": _redis()}
    more: dict[str, Any] = {"dead_letters": None, "alarms": None}
    try:
        session = db.session()
        more["dead_letters"] = session.scalar(select(func.count()).where(OutboundMail.status == DEAD))
        more["alarms"] = _alarms(session)
        checks["mailbox"] = _mailbox(session)
        checks |= _signs_of_life(session)
    except SQLAlchemyError as error:
        checks |= {"database": type(error).__name__, "mailbox": "unknown"}
    well = all(state == "ok" for state in checks.values())
    return jsonify(status="ok" if well else "failing", checks=checks, **more), 200 if well else 503


def _redis() -> str:
    try:
        queues.connection().ping()
    except RedisError as error:
        return type(error).__name__
    return "ok"


def _mailbox(session: Session) -> str:
    """Whether every mailbox was read within 60 seconds (of the machine's time, also in a fast demo)."""
    wanted = [name_of(url) for url in settings().imap_urls]
    known = {box.name: box for box in session.scalars(select(Mailbox).where(Mailbox.name.in_(wanted)))}
    oldest = clock.now() - MAILBOX_AGE * clock.speed()
    for name in wanted:
        box = known.get(name)
        if box is None or box.read_until is None:
            return "never read"
        if box.read_until < oldest:
            return f"last read {box.read_until.isoformat(timespec='seconds')}"
    return "ok"


def _signs_of_life(session: Session) -> dict[str, str]:
    """Whether a worker lives, every sweep goes well, and the watch looks."""
    seen = dict(session.execute(select(Heartbeat.name, Heartbeat.at)).all())
    jobs = [seen.get(job) for job in pulse.JOBS]
    last = max((at for at in jobs if at), default=None)
    first = None if None in jobs else min(at for at in jobs if at)
    return {
        "worker": _recent(last, WORKER_AGE),
        "sweeps": _recent(first, SWEEP_AGE),
        "watch": _recent(seen.get(pulse.WATCH), WATCH_AGE),
    }


def _recent(at: datetime | None, age: timedelta) -> str:
    if at is None:
        return "never"
    return "ok" if clock.now() - at <= age * clock.speed() else f"last {at.isoformat(timespec='seconds')}"


def _alarms(session: Session) -> dict[str, int]:
    """How many alarms of each kind are open. Not which mailbox they are about: everybody may read this."""
    query = select(Alarm.kind, func.count()).where(Alarm.cleared_at.is_(None)).group_by(Alarm.kind)
    return dict(session.execute(query.order_by(Alarm.kind)).all())
