"""The Flask-SQLAlchemy binding, and the one way in which doors open a transaction."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import Pool

# Importing the records makes their tables known to the metadata.
from service.agencies import records as _agencies  # noqa: F401
from service.attachments import records as _attachments  # noqa: F401
from service.complaints import anchors as _anchors  # noqa: F401
from service.complaints import records as _complaints  # noqa: F401
from service.compliance import records as _compliance  # noqa: F401
from service.deadlines import outages as _outages  # noqa: F401
from service.deadlines import records as _deadlines  # noqa: F401
from service.intake import records as _intake  # noqa: F401
from service.monitoring import records as _monitoring  # noqa: F401
from service.outbox import records as _outbox  # noqa: F401
from service.pacts import records as _pacts  # noqa: F401
from service.tables import Base, Session, follow_clock

db = SQLAlchemy(model_class=Base)


@event.listens_for(Pool, "checkout")
def _pass_over_the_dead(connection: Any, _record: object, _proxy: object) -> None:
    """A connection whose server has hung up (a restart) is replaced before anybody's first attempt fails on it.

    A server that owes us nothing says nothing: a readable socket means that it has closed. That costs no round
    trip, as asking it would.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError("the database has hung up")


@contextmanager
def transaction() -> Iterator[Session]:
    """A session in a transaction of its own: committed at the end, rolled back on any exception.

    Now and then it begins by comparing our clock with the database's. Needs an application context. Rooms are handed
    the session and never commit.
    """
    session = db.session()
    try:
        follow_clock(session)
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        db.session.remove()
