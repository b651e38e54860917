"""One letter of every kind, with contents as a test wants them."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select

from service import clock
from service.agencies.directory import Directory, Person
from service.attachments.files import KeptFile
from service.casework.cases import locked
from service.casework.follow_up import follow_up
from service.complaints.records import Complaint, Message
from service.compliance import digest
from service.compliance.rules import AgencyFigures, week_named
from service.config import settings
from service.database import transaction
from service.deadlines.rules import ESCALATION, REMINDER, Step
from service.monitoring import letters as alarms
from service.monitoring.records import Alarm
from service.monitoring.rules import TITLES
from service.notifications import letters
from service.outbox.enqueue import enqueue
from service.outbox.records import OutboundMail
from service.tables import Session
from tests.casework.test_acts import opened

MANY = 60


@dataclass(frozen=True)
class Contents:
    """What people wrote and are called."""

    text: str = "Jalan di depan SD 45 berlubang besar.\n\nSudah dua motor jatuh sejak Senin. Mohon segera ditambal."
    subject: str = "Jalan berlubang di depan SD 45"
    name: str = "Sari Wulandari"
    files: tuple[KeptFile, ...] = ()


def with_long_names(directory: Directory, name: str) -> Directory:
    """The same government, all of whose offices and people have this name."""
    units = {
        key: replace(unit, name=name, head=Person(name, name, unit.head.email) if unit.head else None)
        for key, unit in directory.units.items()
    }
    officials = {post: Person(name, name, person.email) for post, person in directory.officials.items()}
    desk = replace(directory.desk, name=name)
    by_code = {unit.code: unit for unit in units.values()}
    return replace(
        directory, name=name, desk=desk, units=units, officials=officials, by_code=by_code, leader_title=name
    )


def write_case(directory: Directory, contents: Contents) -> int:
    """Write a letter of every kind that is about a case, to citizen, office and leaders; returns the case's id."""
    case_id = opened(
        directory,
        text=contents.text,
        subject=contents.subject,
        reporter_name=contents.name,
        place=contents.name,
        files=list(contents.files),
    )
    with transaction() as session:
        case = locked(session, case_id)
        assert case is not None
        follow_up(session, directory, case, text=contents.text, at=clock.now(), files=list(contents.files))
        _about_the_case(session, directory, case, contents)
    return case_id


def write_all(directory: Directory, contents: Contents) -> list[int]:
    """Write a letter of every kind; returns the ids of all of them."""
    case_id = write_case(directory, contents)
    with transaction() as session:
        case = locked(session, case_id)
        assert case is not None
        _about_the_desk(session, directory, case, contents)
        _digests(session, directory, contents)
    with transaction() as session:
        return list(session.scalars(select(OutboundMail.id).order_by(OutboundMail.id)))


def _about_the_case(session: Session, directory: Directory, case: Complaint, contents: Contents) -> None:
    unit, now = directory.unit(case.agency_id), clock.now()
    query = select(Message).where(Message.complaint_id == case.id).order_by(Message.event_seq.desc())
    message = session.scalars(query.limit(1)).one()
    held = [{"unit": unit.name, "minutes": 1440}]
    letters.forwarded(session, directory, case)
    letters.answer(session, directory, case, unit, message)
    letters.rejection(session, directory, case, contents.text)
    letters.joined(session, directory, case, now.isoformat())
    letters.sent_again(session, directory, case, now.isoformat())
    letters.reminder(session, directory, case, Step(REMINDER, now, 95, ()))
    letters.breach(session, directory, case, held, [{"unit": unit.code, "letter": "assignment"}])
    letters.escalation(session, directory, case, Step(ESCALATION, now, 1, ("leader",)), timedelta(hours=24))
    letters.withdrawal(session, directory, case, [unit.inbox], now)


def _about_the_desk(session: Session, directory: Directory, case: Complaint, contents: Contents) -> None:
    unit = directory.unit(case.agency_id)
    letters.declined(session, directory, case, unit, contents.text)
    letters.inbox_problem(session, directory, unit, "550 5.1.1 <inbox>: Recipient address rejected " + "x" * 450)
    session.flush()
    row = session.scalars(select(OutboundMail).where(OutboundMail.kind == "reminder")).one()
    letters.undelivered(session, directory, row)
    case.agency_id, holder = None, case.agency_id
    letters.assignment(session, directory, case)
    session.flush()
    case.agency_id = holder
    alarm = Alarm(id=1, kind=next(iter(TITLES)), about="", words=contents.text[:500], since=clock.now())
    alarms.tell(session, alarm, alarms.RAISED)
    alarms.tell_desk(session, 12, clock.now(), clock.now())


def _digests(session: Session, directory: Directory, contents: Contents) -> None:
    week = week_named("2026-W47", directory.timezone)
    figures = [
        AgencyFigures(unit.id, unit.code, unit.name, 20, 14, 6, 3, 25, 9, 690, 1380) for unit in directory.agencies()
    ]
    unit = directory.by_code["pupr"]
    assert unit.head
    cases = [
        {
            "number": f"BKL-26-{number:05d}", "subject": contents.subject, "due_at": week.end.isoformat(),
            "answered": number % 2 == 0, "late_minutes": 1000, "agency": unit.name,
        }
        for number in range(MANY)
    ]  # fmt: skip
    for letter in (
        digest.head_letter(session, directory, week, figures[0], unit, unit.head, "a" * 64),
        digest.leader_letter(session, directory, week, figures, directory.officials["leader"], "a" * 64),
    ):
        letter.context["late_cases"] = cases if letter.kind == "digest_head" else cases[:10]
        letter.context["chart"] = {"labels": list(digest.DAYS), "in_time": [5] * 7, "late": [2] * 7}
        enqueue(session, letter, settings().mail_domain)
