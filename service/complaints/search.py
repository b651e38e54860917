"""Finding cases by what somebody remembers of them: part of the number, the reporter's address, words of the subject.

Plain pattern matching over the newest cases first; a full-text search is a later step.
"""

from sqlalchemy import ColumnElement, or_, select

from service.complaints.records import Complaint
from service.tables import Session

# Words beyond this many narrow nothing down any more.
MOST_WORDS = 8
_LARGEST_ID = 2**63 - 1


def by_number(session: Session, asked: str) -> Complaint | None:
    """The case with exactly this number (`bkl-26-00012`), or with these last digits of it (`12`)."""
    text = asked.strip().upper()
    if not text or "\0" in text:
        return None
    found = session.scalar(select(Complaint).where(Complaint.number == text))
    if found is None and text.isascii() and text.isdigit() and len(text) < 19 and int(text) <= _LARGEST_ID:
        found = session.get(Complaint, int(text))
    return found


def matching(session: Session, asked: str, most: int) -> list[Complaint]:
    """At most `most` cases, the newest first, whose number or address holds `asked`, or whose subject holds each of
    its words.

    An anonymous reporter's address finds nothing: the answer would give away whose case it is.
    """
    text = asked.replace("\0", "").strip()
    if not text:
        return []
    words = text.split()[:MOST_WORDS]
    address = Complaint.reporter_email.ilike(holding(text), escape="\\") & Complaint.anonymous.is_(False)
    subject: ColumnElement[bool] = Complaint.subject.ilike(holding(words[0]), escape="\\")
    for word in words[1:]:
        subject &= Complaint.subject.ilike(holding(word), escape="\\")
    number = Complaint.number.ilike(holding(text), escape="\\")
    query = select(Complaint).where(or_(number, address, subject)).order_by(Complaint.id.desc()).limit(most)
    return list(session.scalars(query))


def holding(text: str) -> str:
    """The LIKE pattern (escaped with a backslash) of everything that holds `text`."""
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"
