"""The Flask-SQLAlchemy binding, and the one way in which doors open a transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

# Importing the records makes their tables known to the metadata.
from service.agencies import records as _agencies  # noqa: F401
from service.attachments import records as _attachments  # noqa: F401
from service.complaints import records as _complaints  # noqa: F401
from service.compliance import records as _compliance  # noqa: F401
from service.deadlines import records as _deadlines  # noqa: F401
from service.intake import records as _intake  # noqa: F401
from service.outbox import records as _outbox  # noqa: F401
from service.pacts import records as _pacts  # noqa: F401
from service.tables import Base, Session

db = SQLAlchemy(model_class=Base)
migrate = Migrate()


@contextmanager
def transaction() -> Iterator[Session]:
    """A session in a transaction of its own: committed at the end, rolled back on any exception.

    Needs an application context. Rooms are handed the session and never commit.
    """
    session = db.session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        db.session.remove()
