"""The one line above the desk's and the administrator's pages while an alarm is open."""

from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from service.database import db
from service.monitoring.records import Alarm
from service.monitoring.rules import TITLES

TOLD = ("desk", "inspector", "administrator")


def troubles() -> list[str]:
    """The titles of alarms that stand now (not of those that went calm); empty for all who have no part in it."""
    if not current_user.is_authenticated or current_user.role not in TOLD:
        return []
    query = select(Alarm.kind).where(Alarm.cleared_at.is_(None), Alarm.calm_since.is_(None)).distinct()
    try:
        return [TITLES.get(kind, kind) for kind in db.session().scalars(query.order_by(Alarm.kind))]
    except SQLAlchemyError:  # an error page must not need the database
        return []
