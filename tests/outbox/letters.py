"""One letter of every kind, with contents as a test wants them."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select

from service import clock
from service.agencies.directory import Directory, Person, Unit
from service.attachments.files import KeptFile
from service.casework.cases import locked
from service.casework.follow_up import follow_up
from service.complaints.anchors import Anchor
from service.complaints.records import Complaint, Event, Message
from service.compliance import digest
from service.compliance.records import FrozenWeek
from service.compliance.rules import RULES, AgencyFigures, week_named
from service.config import settings
from service.database import transaction
from service.deadlines.records import Deadline
from service.deadlines.rules import ESCALATION, REMINDER, Step
from service.monitoring import letters as alarms
from service.monitoring.records import Alarm
from service.monitoring.rules import TITLES
from service.notifications import counting_letters, letters, protest_letters
from service.notifications.words import UNCOUNTED
from service.outbox.enqueue import enqueue
from service.outbox.records import OutboundMail
from service.pacts.rules import CALENDAR, WORKING
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


@dataclass(frozen=True)
class Outcome:
    """What the letters say that may say one thing or another."""

    before: str  # the state in which the same complaint came again
    closed_by: str
    upheld: bool
    cause: str  # of an objection's success; empty: it is refused
    late: bool
    hours: str
    percent: int
    excuse: str  # of a breach, from its beginning


OUTCOMES = (
    Outcome("assigned", "citizen", True, "misassigned", False, WORKING, 50, "outage"),
    Outcome("rejected", "desk", True, "withdrawn", False, CALENDAR, 80, ""),
    Outcome("responded", "system", False, "", True, CALENDAR, 95, ""),
)


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
        for outcome in OUTCOMES:
            follow_up(session, directory, case, text=contents.text, at=clock.now(), files=list(contents.files))
            query = select(Message).where(Message.complaint_id == case.id).order_by(Message.event_seq.desc())
            message = session.scalars(query.limit(1)).one()
            _to_the_citizen(session, directory, case, message, outcome, contents)
            _to_the_holder(session, directory, case, message, outcome, contents)
            _about_lateness(session, directory, case, outcome, contents)
            _about_protest(session, directory, case, outcome, contents)
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


def _to_the_citizen(
    session: Session, directory: Directory, case: Complaint, message: Message, outcome: Outcome, contents: Contents
) -> None:
    unit = directory.unit(case.agency_id)
    letters.forwarded(session, directory, case)
    letters.joined(session, directory, case, outcome.before)
    counting_letters.remark(session, case, unit, message, waiting=not outcome.late)
    protest_letters.question(session, directory, case, unit, message)
    letters.answer(session, directory, case, unit, message)
    protest_letters.resolution(session, directory, case, unit, message)
    letters.rejection(session, directory, case, contents.text)


def _to_the_holder(
    session: Session, directory: Directory, case: Complaint, message: Message, outcome: Outcome, contents: Contents
) -> None:
    letters.sent_again(session, directory, case, outcome.before)
    step, left = Step(REMINDER, clock.now(), outcome.percent, ()), timedelta(minutes=72)
    letters.reminder(session, directory, case, step, left, outcome.hours)
    letters.statute_reminder(session, directory, case, clock.now() + timedelta(days=14))
    letters.statute_lapsed(session, directory, case, clock.now())
    counting_letters.not_counted(session, directory, case, list(UNCOUNTED), outcome.late)
    counting_letters.counted(session, directory, case, message.event_seq, contents.text)


def _about_lateness(
    session: Session, directory: Directory, case: Complaint, outcome: Outcome, contents: Contents
) -> None:
    """The accountable unit is another one than the holder. Every unit had the case, and many letters did not arrive."""
    unit, other, now = directory.unit(case.agency_id), directory.by_code["dishub"], clock.now()
    held = [{"unit": one.name, "minutes": 1440, "hours": outcome.hours} for one in directory.agencies()]
    undelivered = [{"unit": unit.code, "letter": "follow_up"}] * MANY
    undelivered += [{"unit": one.code, "letter": "assignment"} for one in directory.agencies()]
    notes = {"unread": 2, "excuse": outcome.excuse, "lost_minutes": 90, "excused_until": now.isoformat()}
    letters.breach(session, directory, case, other, held, undelivered, notes)
    letters.escalation(session, directory, case, Step(ESCALATION, now, 1, ("leader",)), timedelta(hours=24))
    letters.withdrawal(session, directory, case, [unit.inbox], None if outcome.cause else now)
    missed = Deadline(accountable_id=unit.id, due_at=case.due_at)
    protest_letters.objection(session, directory, case, missed)
    protest_letters.objection_decided(session, directory, case, missed, contents.text, outcome.cause)
    protest_letters.excused(session, directory, case, missed, "undelivered", contents.text if outcome.late else "")


def _about_protest(
    session: Session, directory: Directory, case: Complaint, outcome: Outcome, contents: Contents
) -> None:
    unit, now = directory.unit(case.agency_id), clock.now()
    answer = Event(at=now, payload={"agency": unit.code})
    query = select(Message).where(Message.complaint_id == case.id, Message.event_seq == case.events)
    protest_letters.disputed(session, directory, case, answer)
    protest_letters.dispute_decided(session, directory, case, answer, contents.text, outcome.upheld)
    protest_letters.closed(session, directory, case, outcome.closed_by, contents.text, now)
    protest_letters.reopened(session, directory, case, session.scalars(query).one())


def _about_the_desk(session: Session, directory: Directory, case: Complaint, contents: Contents) -> None:
    unit = directory.unit(case.agency_id)
    letters.declined(session, directory, case, unit, contents.text)
    letters.inbox_problem(session, directory, unit, "550 5.1.1 <inbox>: Recipient address rejected " + "x" * 450)
    session.flush()
    row = session.scalars(select(OutboundMail).where(OutboundMail.kind == "reminder").limit(1)).one()
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
    figures = [_figures(unit) for unit in directory.agencies()]
    frozen = _frozen_week()
    session.add(_anchor())
    session.flush()
    unit = directory.by_code["pupr"]
    assert unit.head
    cases = [
        {
            "number": f"BKL-26-{number:05d}", "subject": contents.subject, "due_at": week.end.isoformat(),
            "answered": number % 2 == 0, "late_minutes": 1000, "agency": unit.name,
            "excuse": "outage" if number % 3 == 0 else "",
        }
        for number in range(MANY)
    ]  # fmt: skip
    for letter in (
        digest.head_letter(session, directory, week, figures, _figures(unit), unit.head, frozen),
        digest.leader_letter(session, directory, week, figures, directory.officials["leader"], frozen),
    ):
        letter.context["late_cases"] = cases if letter.kind == "digest_head" else cases[:10]
        letter.context["chart"] = {"labels": list(digest.DAYS), "in_time": [5] * 7, "late": [2] * 7}
        enqueue(session, letter, settings().mail_domain)


def _figures(unit: Unit) -> AgencyFigures:
    return AgencyFigures(
        unit.id, unit.code, unit.name, due=20, in_time=14, late=6, open_late=3, excused=2, undecided=1, received=25,
        reopened=2, disputed=3, open_now=9, median_minutes=690, p90_minutes=1380,
    )  # fmt: skip


def _frozen_week() -> FrozenWeek:
    """A published week that corrects many cases of each of many earlier ones."""
    corrections = [
        {
            "week": f"2026-W{week:02d}", "unit": "pupr", "field": "late", "change": -MANY,
            "cases": [f"BKL-26-{week:02d}{case:03d}" for case in range(MANY)],
        }
        for week in range(1, 41)
    ]  # fmt: skip
    return FrozenWeek(
        week="2026-W47", frozen_at=clock.now(), last_event=1, rules=RULES, figures=[], corrections=corrections,
        hash="a" * 64,
    )  # fmt: skip


def _anchor() -> Anchor:
    return Anchor(
        day=clock.now().date(), made_at=clock.now(), until={}, complaints=1, events=1, root="b" * 64,
        previous_hash="0" * 64, hash="c" * 64,
    )  # fmt: skip
