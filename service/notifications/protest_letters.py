"""The letters about what may be contested: endings, disputes, objections, excuses. Made like those in letters.py."""

from datetime import datetime

from service.agencies.directory import Directory, Unit
from service.complaints.records import Complaint, Event, Message
from service.complaints.terms import QUIET_TERM, REOPEN_TERM
from service.config import settings
from service.deadlines.records import Deadline
from service.notifications.letters import to_citizen, to_person, to_unit
from service.tables import Document, Session

INSPECTOR = "inspector"


def question(session: Session, directory: Directory, complaint: Complaint, unit: Unit, message: Message) -> None:
    """To the citizen: what the holder must know first."""
    to_citizen(session, complaint, "question", {"agency": unit.name, "event_seq": message.event_seq})


def resolution(session: Session, directory: Directory, complaint: Complaint, unit: Unit, message: Message) -> None:
    """To the citizen: the work is said to be done; is it?"""
    until = message.at + QUIET_TERM
    facts = {"agency": unit.name, "event_seq": message.event_seq, "until": until.isoformat()}
    to_citizen(session, complaint, "resolution", facts)


def closed(session: Session, directory: Directory, complaint: Complaint, by: str, reason: str, at: datetime) -> None:
    """To the citizen, and to the holder: the case is closed, by whom, and until when it may be reopened."""
    unit = directory.unit(complaint.agency_id)
    facts = {"by": by, "reason": reason, "agency": unit.name, "until": (at + REOPEN_TERM).isoformat()}
    to_citizen(session, complaint, "closed", facts | {"recipient": "citizen"})
    if by == "citizen":
        to_unit(session, complaint, unit, "closed", facts | {"recipient": "unit"})


def reopened(session: Session, directory: Directory, complaint: Complaint, message: Message) -> None:
    """To the holder: the case is yours again, with a new due time; to the citizen: it is open again."""
    unit = directory.unit(complaint.agency_id)
    facts = {"agency": unit.name, "event_seq": message.event_seq, "by": message.author}
    to_unit(session, complaint, unit, "reopened", facts | {"recipient": "unit"})
    to_citizen(session, complaint, "reopened", facts | {"recipient": "citizen"})


def disputed(session: Session, directory: Directory, complaint: Complaint, answer: Event) -> None:
    """To the inspector, who decides, and to the unit whose answer it is, which may answer again meanwhile."""
    unit = _author(directory, answer)
    facts: Document = {"agency": unit.name, "event_seq": complaint.events, "answered_at": answer.at.isoformat()}
    _to_inspector(session, directory, complaint, unit, "disputed", facts | {"recipient": "inspector"})
    to_unit(session, complaint, unit, "disputed", facts | {"recipient": "unit"})


def dispute_decided(
    session: Session, directory: Directory, complaint: Complaint, answer: Event, reason: str, upheld: bool
) -> None:
    """To the citizen, to the unit whose answer it was, and to its head: whether the answer counts, and why."""
    unit = _author(directory, answer)
    facts = {"agency": unit.name, "reason": reason, "upheld": upheld, "answered_at": answer.at.isoformat()}
    to_citizen(session, complaint, "dispute_decided", facts | {"recipient": "citizen"})
    to_unit(session, complaint, unit, "dispute_decided", facts | {"recipient": "unit"})
    if unit.head and upheld:
        to_person(session, complaint, unit, unit.head, "dispute_decided", facts | {"recipient": "head"})


def objection(session: Session, directory: Directory, complaint: Complaint, deadline: Deadline) -> None:
    """To the inspector: a head objects to a breach."""
    unit = directory.unit(deadline.accountable_id)
    facts = {"agency": unit.name, "event_seq": complaint.events, "missed": deadline.due_at.isoformat()}
    _to_inspector(session, directory, complaint, unit, "objection", facts)


def objection_decided(
    session: Session, directory: Directory, complaint: Complaint, deadline: Deadline, reason: str, cause: str
) -> None:
    """To the head who objected, and the unit: granted for `cause`, or (empty) refused; always with the reason."""
    facts = {"reason": reason, "cause": cause, "missed": deadline.due_at.isoformat()}
    _to_accountable(session, directory, complaint, deadline, "objection_decided", facts)


def excused(
    session: Session, directory: Directory, complaint: Complaint, deadline: Deadline, cause: str, reason: str
) -> None:
    """To the accountable unit and its head: the lateness stays on record, and is excused."""
    facts = {"reason": reason, "cause": cause, "missed": deadline.due_at.isoformat()}
    _to_accountable(session, directory, complaint, deadline, "excused", facts)


def _author(directory: Directory, answer: Event) -> Unit:
    return directory.by_code.get(str(answer.payload.get("agency", "")), directory.desk)


def _to_accountable(
    session: Session, directory: Directory, complaint: Complaint, deadline: Deadline, kind: str, facts: Document
) -> None:
    unit = directory.unit(deadline.accountable_id)
    to_unit(session, complaint, unit, kind, facts | {"recipient": "unit"})
    if unit.head:
        to_person(session, complaint, unit, unit.head, kind, facts | {"recipient": "head"})


def _to_inspector(
    session: Session, directory: Directory, complaint: Complaint, unit: Unit, kind: str, facts: Document
) -> None:
    person = directory.officials.get(INSPECTOR)
    if person is not None:
        link = {"link": f"{settings().public_url}/kota/keputusan"}
        to_person(session, complaint, unit, person, kind, facts | link)
