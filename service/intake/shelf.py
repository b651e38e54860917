"""Looking through the mail in quarantine: what waits, why, how many; and what was decided."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select

from service.complaints.search import holding
from service.intake.records import QUARANTINED, InboundMail
from service.tables import Session

# Reasons read "kind: what was found in this mail".
kind_of_reason = func.split_part(InboundMail.reason, ":", 1)


@dataclass(frozen=True)
class Which:
    """Which mails: of this kind of reason, and with these words in sender or subject. Empty: all."""

    kind: str = ""
    words: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as SQL."""
        found = []
        if self.kind:
            found.append(kind_of_reason == self.kind)
        if self.words:
            pattern = holding(self.words)
            sender, subject = InboundMail.sender, InboundMail.subject
            found.append(or_(sender.ilike(pattern, escape="\\"), subject.ilike(pattern, escape="\\")))
        return found


def waiting(session: Session, most: int | None = None) -> list[InboundMail]:
    """Mail in quarantine, oldest first."""
    return list(session.scalars(waiting_of(Which()).limit(most)))


def count(session: Session) -> int:
    """How many mails wait."""
    return session.scalar(select(func.count()).where(InboundMail.status == QUARANTINED)) or 0


def waiting_of(which: Which) -> Select[InboundMail]:
    """The mails that wait, oldest first."""
    query = select(InboundMail).where(InboundMail.status == QUARANTINED, *which.conditions())
    return query.order_by(InboundMail.received_at, InboundMail.id)


def decided_of(which: Which) -> Select[InboundMail]:
    """The mails about which somebody has decided, the latest decision first."""
    decided = (InboundMail.decided_at.is_not(None), InboundMail.status != QUARANTINED)
    query = select(InboundMail).where(*decided, *which.conditions())
    return query.order_by(InboundMail.decided_at.desc(), InboundMail.id.desc())


def kinds(session: Session) -> list[tuple[str, int]]:
    """The kinds of reasons that mail waits for, with how many mails each, the most frequent first."""
    query = select(kind_of_reason, func.count()).where(InboundMail.status == QUARANTINED).group_by(kind_of_reason)
    return sorted(((kind, number) for kind, number in session.execute(query)), key=lambda pair: (-pair[1], pair[0]))


def chosen(session: Session, mail_ids: list[int], status: str) -> list[InboundMail]:
    """Of these mails those that are still in this status, locked one after another by id."""
    query = select(InboundMail).where(InboundMail.id.in_(mail_ids), InboundMail.status == status)
    return list(session.scalars(query.order_by(InboundMail.id).with_for_update()))


def all_of(session: Session, which: Which, newest: int, most: int) -> list[int]:
    """The ids of the first `most` mails that wait, none of them newer (by id) than `newest`."""
    query = waiting_of(which).where(InboundMail.id <= newest).with_only_columns(InboundMail.id)
    return list(session.scalars(query.limit(most)))
