"""The letters, one function each: who is written to, and which facts are stated.

Each is called inside an act's transaction and adds one outbox row (or several, one a recipient). Ledger keys
hold the number of the case and the seq of the event that caused the letter, so nothing is said twice.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from service import clock
from service.agencies.directory import Directory, Person, Unit
from service.complaints.privacy import mask
from service.complaints.records import Complaint, Message
from service.complaints.rules import ASSIGNED, RECEIVED
from service.config import settings
from service.deadlines.rules import Step
from service.notifications import links
from service.notifications.links import CITIZEN, DESK_PARTY, Party
from service.outbox.enqueue import Letter, enqueue
from service.tables import Document, Session

# So many waiting cases are named in a letter.
MOST_LISTED = 10


def acknowledgement(session: Session, directory: Directory, complaint: Complaint) -> None:
    """To the citizen: we have it, this is its number, by then you will be answered."""
    to_citizen(session, complaint, "acknowledgement", {"agency": directory.unit(complaint.agency_id).name})


def joined(session: Session, directory: Directory, complaint: Complaint, before: str) -> None:
    """To the citizen, who sent the same complaint once more: it is this case, which was in the state `before`."""
    facts = {"agency": directory.unit(complaint.agency_id).name, "before": before}
    to_citizen(session, complaint, "joined", facts)


def forwarded(session: Session, directory: Directory, complaint: Complaint) -> None:
    """To the citizen: another agency has your case now; the due time stands."""
    to_citizen(session, complaint, "forwarded", {"agency": directory.unit(complaint.agency_id).name})


def answer(session: Session, directory: Directory, complaint: Complaint, unit: Unit, message: Message) -> None:
    """To the citizen: what the agency answered."""
    to_citizen(session, complaint, "answer", {"agency": unit.name, "event_seq": message.event_seq})


def rejection(session: Session, directory: Directory, complaint: Complaint, reason: str) -> None:
    """To the citizen: why this is not handled here."""
    to_citizen(session, complaint, "rejection", {"reason": reason})


def assignment(session: Session, directory: Directory, complaint: Complaint, note: str = "") -> None:
    """To the agency's inbox (or the desk's): this case is yours, by then, and how to answer."""
    unit = directory.unit(complaint.agency_id)
    kind = "assignment" if unit.id else "desk_case"
    to_unit(session, complaint, unit, kind, {"reason": complaint.routing_reason, "note": note})


def follow_up(session: Session, directory: Directory, complaint: Complaint, message: Message) -> None:
    """To whoever holds the case: the citizen wrote again."""
    unit = directory.unit(complaint.agency_id)
    to_unit(session, complaint, unit, "follow_up", {"event_seq": message.event_seq})


def sent_again(session: Session, directory: Directory, complaint: Complaint, before: str) -> None:
    """To whoever holds the case, in few words: the citizen sent the same complaint again, perhaps with new files."""
    unit = directory.unit(complaint.agency_id)
    to_unit(session, complaint, unit, "sent_again", {"event_seq": complaint.events, "before": before})


def reminder(
    session: Session, directory: Directory, complaint: Complaint, step: Step, left: timedelta, hours: str
) -> None:
    """To whoever holds the case: so much of the time has gone, and so much is `left` in the `hours` that count."""
    facts = {"percent": step.level, "left_minutes": int(left.total_seconds() // 60), "hours": hours}
    to_unit(session, complaint, directory.unit(complaint.agency_id), "reminder", facts)


def statute_reminder(session: Session, directory: Directory, complaint: Complaint, due: datetime) -> None:
    """To whoever holds the case: the day by which the law wants it settled comes nearer."""
    unit = directory.unit(complaint.agency_id)
    to_unit(session, complaint, unit, "statute_reminder", {"settle_by": due.isoformat()})


def statute_lapsed(session: Session, directory: Directory, complaint: Complaint, due: datetime) -> None:
    """To the holder and its head: the time that the law gives for settling the case has passed."""
    unit = directory.unit(complaint.agency_id)
    to_unit(session, complaint, unit, "statute_lapsed", {"settle_by": due.isoformat()})
    if unit.head:
        to_person(session, complaint, unit, unit.head, "statute_lapsed", {"settle_by": due.isoformat()})


def breach(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    accountable: Unit,
    held: list[Document],
    undelivered: list[Document],
    notes: Document,
) -> None:
    """To holder and accountable unit, and the heads of both: the promise was not kept. `undelivered` are letters
    (`unit`, a code, and `letter`, a kind) that an agency should have had and has not; `notes` what else bears on it
    (`casework.breach`)."""
    named = [said | {"unit": directory.by_code[said["unit"]].name} for said in undelivered]
    facts = {"held": held, "accountable": accountable.name, "undelivered": named} | notes
    for unit in _involved(directory, complaint, accountable):
        to_unit(session, complaint, unit, "breach", facts | {"recipient": "unit"})
        if unit.head:
            to_person(session, complaint, unit, unit.head, "breach", facts | {"recipient": "head"})


def escalation(session: Session, directory: Directory, complaint: Complaint, step: Step, late: timedelta) -> None:
    """To the officials that the pact names: still no answer."""
    unit = directory.unit(complaint.agency_id)
    facts: Document = {
        "agency": unit.name,
        "head": unit.head.name if unit.head else "",
        "late_hours": int(late.total_seconds() // 3600),
        "level": step.level,
    }
    officials = [directory.officials[post] for post in step.posts if post in directory.officials]
    people = {person.email: person for person in officials}  # one person may hold two posts
    for person in people.values():
        to_person(session, complaint, unit, person, "escalation", facts)


def withdrawal(
    session: Session, directory: Directory, complaint: Complaint, told: Iterable[str], arrived: datetime | None
) -> None:
    """To everyone who was told of a breach: it is withdrawn; an answer had arrived in time, or (None) the inspector
    found the facts wrong."""
    people = {unit.head.email: unit.head.name for unit in directory.units.values() if unit.head}
    people |= {unit.inbox: unit.name for unit in directory.units.values()}
    people |= {person.email: person.name for person in directory.officials.values()}
    for address in sorted(set(told)):
        facts = {
            "agency": directory.unit(complaint.agency_id).name,
            "arrived_at": arrived.isoformat() if arrived else "",
        }
        person = Person("", people.get(address, ""), address)
        to_person(session, complaint, directory.unit(complaint.agency_id), person, "withdrawal", facts)


def declined(session: Session, directory: Directory, complaint: Complaint, unit: Unit, reason: str) -> None:
    """To the desk: an agency says that the case is not within its remit."""
    to_unit(session, complaint, directory.desk, "declined", {"agency": unit.name, "reason": reason})


def undelivered(session: Session, directory: Directory, row: Any) -> None:
    """To the desk: a mail could not be delivered for good. Nobody is told that the desk's own mail failed that way."""
    if row.kind == "undelivered" or row.to_address == directory.desk.inbox:
        return
    words = row.log[-1]["words"] if row.log else ""
    facts = {"mail_kind": row.kind, "to": row.to_address if row.agency_id else "", "server_words": words}
    letter = Letter(
        key=f"undelivered:{row.id}:{row.attempts}",
        kind="undelivered",
        to_address=directory.desk.inbox,
        to_name=directory.desk.name,
        context=facts | {"link": f"{settings().public_url}/meja/surat-gagal"},
        complaint_id=row.complaint_id,
    )
    enqueue(session, letter, settings().mail_domain)


def inbox_problem(session: Session, directory: Directory, unit: Unit, words: str) -> None:
    """To an agency's head and to the desk, once until it is mended: the agency's inbox refuses our mail."""
    now = clock.now()
    open_cases = (
        select(Complaint)
        .where(Complaint.agency_id == unit.id, Complaint.state.in_((RECEIVED, ASSIGNED)))
        .order_by(Complaint.due_at)
        .limit(MOST_LISTED + 1)
    )
    cases = session.scalars(open_cases).all()
    facts: Document = {
        "unit": unit.name,
        "acronym": unit.acronym,
        "inbox": unit.inbox,
        "server_words": words[:200],
        "since": now.isoformat(),
        "waiting": [_facts(case) | {"subject": mask(case.subject)} for case in cases[:MOST_LISTED]],
        "more": len(cases) > MOST_LISTED,
    }
    desk = Person("", directory.desk.name, directory.desk.inbox)
    for person, link in ((unit.head, "/opd"), (desk, "/meja/surat-gagal")):
        if person is None:
            continue
        letter = Letter(
            key=f"inbox:{unit.code}:{now.isoformat()}:{person.email}",
            kind="inbox_problem",
            to_address=person.email,
            to_name=person.name,
            context=facts | {"title": person.title, "person": person.name, "link": settings().public_url + link},
            agency_id=unit.id if person is unit.head else None,
            reply_to=directory.desk.inbox,
        )
        enqueue(session, letter, settings().mail_domain)


def _involved(directory: Directory, complaint: Complaint, other: Unit) -> list[Unit]:
    ids = dict.fromkeys([complaint.agency_id, other.id])
    return [directory.unit(agency_id) for agency_id in ids]


def _facts(complaint: Complaint) -> Document:
    return {"number": complaint.number, "due_at": complaint.due_at.isoformat(), "subject": complaint.subject}


def to_citizen(session: Session, complaint: Complaint, kind: str, facts: Document) -> None:
    """Nothing is written for a citizen who left no address: the tracking page is their only tie."""
    if not complaint.reporter_email:
        return
    thread = [links.thread_root(complaint, "pelapor")]
    if complaint.reporter_thread:
        thread.append(complaint.reporter_thread)
    letter = Letter(
        key=f"{complaint.number}:{complaint.events}:{kind}:citizen",
        kind=kind,
        to_address=complaint.reporter_email,
        to_name=complaint.reporter_name,
        context=_facts(complaint) | facts | {"link": links.tracking_url(complaint)},
        complaint_id=complaint.id,
        reply_to=links.reply_address(complaint.id, Party(complaint.id, CITIZEN)),
        thread=thread,
    )
    enqueue(session, letter, settings().mail_domain)


def to_unit(session: Session, complaint: Complaint, unit: Unit, kind: str, facts: Document) -> None:
    """A letter of this kind to a unit's inbox; its reply is the unit's answer."""
    party = Party(complaint.id, "a", unit.id) if unit.id else Party(complaint.id, DESK_PARTY)
    letter = Letter(
        key=f"{complaint.number}:{complaint.events}:{kind}:{unit.code}",
        kind=kind,
        to_address=unit.inbox,
        to_name=unit.name,
        context=_facts(complaint) | facts | {"unit": unit.name, "link": links.agency_url(complaint, unit.id)},
        complaint_id=complaint.id,
        agency_id=unit.id,
        reply_to=links.reply_address(complaint.id, party),
        thread=[links.thread_root(complaint, unit.code)],
    )
    enqueue(session, letter, settings().mail_domain)


def to_person(session: Session, complaint: Complaint, unit: Unit, person: Person, kind: str, facts: Document) -> None:
    """A letter of this kind to somebody who reads and decides, but does not answer for `unit` by mail."""
    letter = Letter(
        key=f"{complaint.number}:{complaint.events}:{kind}:{unit.code}:{person.email}",
        kind=kind,
        to_address=person.email,
        to_name=person.name,
        context=_facts(complaint)
        | {"unit": unit.name, "person": person.name, "title": person.title, "link": settings().public_url + "/masuk"}
        | facts,
        complaint_id=complaint.id,
        agency_id=unit.id,
        reply_to=settings().mail_address,
        thread=[links.thread_root(complaint, unit.code)],
    )
    enqueue(session, letter, settings().mail_domain)
