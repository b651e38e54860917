"""For machines that watch over us: are we alive, and does the whole service work?"""

from datetime import timedelta

from flask import Blueprint, Response, jsonify
from redis import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from service import clock, queues
from service.config import settings
from service.database import db
from service.intake.mailbox import name_of
from service.intake.records import Mailbox
from service.outbox.records import DEAD, OutboundMail
from service.tables import Session
from service.web.locks import public

MAILBOX_AGE = timedelta(seconds=60)

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@public
def alive() -> Response:
    """This process answers. Load balancers ask here: the form works without Redis and without mail."""
    return jsonify(status="ok")


@pages.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Database, Redis and mailbox; 503 when one of them fails. Dead letters are counted, and fail nothing."""
    checks = {"database": "ok", "redis": _redis()}
    dead = None
    try:
        session = db.session()
        dead = session.scalar(select(func.count()).where(OutboundMail.status == DEAD))
        checks["mailbox"] = _mailbox(session)
    except SQLAlchemyError as error:
        checks |= {"database": type(error).__name__, "mailbox": "unknown"}
    well = all(state == "ok" for state in checks.values())
    return jsonify(status="ok" if well else "failing", checks=checks, dead_letters=dead), 200 if well else 503


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
