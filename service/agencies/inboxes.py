"""Inboxes of agencies that refuse mail: known until somebody sees that they take it again."""

from datetime import datetime

from sqlalchemy import select, update

from service.agencies import directory
from service.agencies.records import Agency, Government
from service.tables import Session


def flag(session: Session, agency_id: int, words: str, at: datetime) -> bool:
    """Note that mail to this agency's inbox came back, with the server's `words`; True when that is news."""
    return _write(session, agency_id, words[:500] or "?", at)


def clear(session: Session, agency_id: int) -> bool:
    """Note that the inbox takes mail again; True when it was thought not to."""
    return _write(session, agency_id, "", None)


def _write(session: Session, agency_id: int, words: str, at: datetime | None) -> bool:
    session.execute(select(Government.revision).with_for_update())  # first, as `load.load` does: no deadlock
    known = Agency.inbox_problem != "" if not words else Agency.inbox_problem == ""
    change = update(Agency).where(Agency.id == agency_id, known).values(inbox_problem=words, inbox_problem_at=at)
    changed = session.execute(change.execution_options(synchronize_session=False).returning(Agency.id)).first()
    if changed:
        session.execute(update(Government).values(revision=Government.revision + 1))
        directory.forget()
    return changed is not None
