"""Who wants no weekly digest (RFC 8058). All other letters are notices of a case, and are not for unsubscribing."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from service.outbox.records import Unsubscribed
from service.tables import Session


def stop(session: Session, email: str) -> None:
    """Write this address no more digests; twice is as good as once."""
    session.execute(insert(Unsubscribed).values(email=email).on_conflict_do_nothing())


def resume(session: Session, email: str) -> None:
    """Write this address digests again."""
    session.execute(delete(Unsubscribed).where(Unsubscribed.email == email))


def is_stopped(session: Session, email: str) -> bool:
    """Whether this address wants no digests."""
    return session.get(Unsubscribed, email) is not None


def stopped(session: Session) -> frozenset[str]:
    """All addresses that want no digests."""
    return frozenset(session.scalars(select(Unsubscribed.email)))
