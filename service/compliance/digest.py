"""The weekly digest: figures are frozen with their hash, and each head and the leaders are told."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from service import clock
from service.agencies import directory as directories
from service.agencies.directory import Directory, Person, Unit
from service.casework.sweep import Sight
from service.complaints.privacy import mask
from service.complaints.records import Complaint
from service.compliance import figures as from_cases
from service.compliance.records import FrozenWeek
from service.compliance.rules import (
    SMALLEST_SAMPLE,
    AgencyFigures,
    Week,
    as_rows,
    figures_hash,
    publication,
    total,
    week_before,
    week_named,
    worst_first,
)
from service.config import settings
from service.outbox import unsubscribed
from service.outbox.enqueue import Letter, enqueue
from service.outbox.records import OutboundMail
from service.pacts import registry
from service.tables import Document, Session

log = structlog.get_logger()
Transaction = Callable[[], AbstractContextManager[Session]]
LEADERS = ("leader", "secretary", "inspector")
DAYS = ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min")
# A week that was missed (we were down over Monday) is still published, up to this many weeks back.
WEEKS_BACK = 4


def turn(transaction: Transaction, sight_of: Callable[[Session], Sight]) -> int:
    """Publish every week whose digest is due and not published; returns how many were.

    A week is published only once every mail of it has been read and processed: no figure while blind.
    """
    with transaction() as session:
        weeks = list(_unpublished(session))
    published = 0
    for week in weeks:
        with transaction() as session:
            if sight_of(session).until < week.end:
                log.warning("digest_waits_for_mailbox", week=week.name)
                continue
            published += publish(session, week)
    return published


def _unpublished(session: Session) -> Iterator[Week]:
    directory = directories.current(session)
    now = clock.now()
    first_due = session.scalar(select(func.min(Complaint.due_at)))
    promise = registry.at(session, directory, now)
    known = set(session.scalars(select(FrozenWeek.week)))
    for back in reversed(range(WEEKS_BACK)):
        week = week_before(now - timedelta(days=7 * back), directory.timezone)
        due = publication(week, promise.digest_weekday, promise.digest_hour, promise.digest_minute)
        if first_due is not None and week.end > first_due and due <= now and week.name not in known:
            yield week


def publish(session: Session, week: Week) -> int:
    """Freeze the week's figures, unless they are, and write every digest letter that is not written yet.

    Returns how many letters were added. The caller commits: figures and letters stand together or not at all.
    """
    directory = directories.current(session)
    live = from_cases.week_figures(session, directory, week.start, week.end)
    rows = as_rows(live)
    # A second schedule that comes here at the same moment waits for our commit, and then adds nothing.
    session.execute(
        insert(FrozenWeek)
        .values(week=week.name, frozen_at=clock.now(), figures=rows, hash=figures_hash(week.name, rows))
        .on_conflict_do_nothing()
    )
    frozen = session.scalars(select(FrozenWeek).where(FrozenWeek.week == week.name)).one()
    written = set(
        session.scalars(
            select(OutboundMail.ledger_key).where(OutboundMail.ledger_key.startswith(f"digest:{week.name}:"))
        )
    )
    added = 0
    unwanted = unsubscribed.stopped(session)
    for letter in letters_of(session, directory, week, frozen.figures, frozen.hash):
        if letter.key not in written and letter.to_address not in unwanted:
            enqueue(session, letter, settings().mail_domain)
            added += 1
    log.info("digest_published", week=week.name, letters=added)
    return added


def letters_of(session: Session, directory: Directory, week: Week, rows: list[Document], seal: str) -> Iterator[Letter]:
    """The digest letters of a week, from its frozen figures."""
    figures = [_restore(directory, row) for row in rows]
    for item in figures:
        unit = directory.by_code.get(item.code)
        if unit and unit.active and unit.head:
            yield head_letter(session, directory, week, item, unit, unit.head, seal)
    people = {
        directory.officials[post].email: directory.officials[post] for post in LEADERS if post in directory.officials
    }
    for person in people.values():
        yield leader_letter(session, directory, week, figures, person, seal)


def _restore(directory: Directory, row: Document) -> AgencyFigures:
    unit = directory.by_code.get(row["code"])
    return AgencyFigures(agency_id=unit.id if unit else None, **row)


def head_letter(
    session: Session, directory: Directory, week: Week, item: AgencyFigures, unit: Unit, head: Person, seal: str
) -> Letter:
    """The digest of one agency, to its head."""
    late = from_cases.late_cases(session, week.start, week.end, unit.id)
    waiting = from_cases.open_cases(session, unit.id, limit=10)
    days = from_cases.daily_counts(session, directory, week.start, week.end, unit.id)
    context = _common(week, seal) | {
        "agency": unit.name,
        "title": head.title,
        "figures": _said(item),
        "late_cases": [_late_case(directory, case, week.end) for case in late],
        "waiting": [_waiting_case(case) for case in waiting],
        "chart": _chart(days),
        "link": f"{settings().public_url}/opd",
    }
    return _letter(week, "digest_head", unit.code, head, context, unit.id)


def leader_letter(
    session: Session, directory: Directory, week: Week, figures: list[AgencyFigures], person: Person, seal: str
) -> Letter:
    """The digest of the whole government, to one of its leaders."""
    late = from_cases.late_cases(session, week.start, week.end, limit=10)
    days = from_cases.daily_counts(session, directory, week.start, week.end)
    active = [f for f in worst_first(figures) if f.due or f.received or f.open_now]
    context = _common(week, seal) | {
        "title": person.title,
        "city": _said(total(figures, directory.name)),
        "agencies": [_said(f) for f in active],
        "quiet": len(figures) - len(active),
        "late_cases": [_late_case(directory, case, week.end) for case in late],
        "chart": _chart(days),
        "link": f"{settings().public_url}/kota",
    }
    return _letter(week, "digest_leader", "city", person, context, None)


def _letter(week: Week, kind: str, code: str, person: Person, context: Document, agency_id: int | None) -> Letter:
    return Letter(
        key=f"digest:{week.name}:{code}:{person.email}",
        kind=kind,
        to_address=person.email,
        to_name=person.name,
        context=context,
        agency_id=agency_id,
        reply_to=settings().mail_address,
    )


def _common(week: Week, seal: str) -> Document:
    return {
        "week": week.name,
        "first_day": week.start.isoformat(),
        "last_day": (week.end - timedelta(seconds=1)).isoformat(),
        "seal": seal,
        "smallest_sample": SMALLEST_SAMPLE,
    }


def _said(item: AgencyFigures) -> Document:
    percent = None if item.rate is None or item.due < SMALLEST_SAMPLE else round(item.rate * 1000) / 10
    return {
        "name": item.name,
        "due": item.due,
        "in_time": item.in_time,
        "late": item.late,
        "open_late": item.open_late,
        "received": item.received,
        "open_now": item.open_now,
        "percent": percent,
        "median_hours": item.median_hours,
    }


def _late_case(directory: Directory, complaint: Complaint, week_end: datetime) -> Document:
    answered = complaint.responded_at
    late_by = (answered or week_end) - complaint.due_at
    return {
        "number": complaint.number,
        "subject": mask(complaint.subject),
        "due_at": complaint.due_at.isoformat(),
        "answered": answered is not None,
        "late_minutes": int(late_by.total_seconds() // 60),
        "agency": directory.unit(complaint.accountable_id).name,
    }


def _waiting_case(complaint: Complaint) -> Document:
    return {
        "number": complaint.number,
        "subject": mask(complaint.subject),
        "due_at": complaint.due_at.isoformat(),
    }


def _chart(days: list[tuple[int, int]]) -> Document:
    return {"labels": list(DAYS), "in_time": [a for a, _ in days], "late": [b for _, b in days]}


__all__ = ["Week", "head_letter", "leader_letter", "letters_of", "publish", "turn", "week_named"]
