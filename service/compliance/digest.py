"""The weekly digest: figures are frozen with their hash, and each head and the leaders are told."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from math import ceil, floor

import structlog
from sqlalchemy import func, select

from service import clock
from service.agencies import directory as directories
from service.agencies.directory import Directory, Person
from service.casework.sweep import Sight
from service.complaints import anchors
from service.complaints.privacy import mask
from service.complaints.records import Complaint
from service.compliance import figures as from_rows
from service.compliance.corrections import together
from service.compliance.freeze import freeze
from service.compliance.records import FrozenWeek
from service.compliance.rules import (
    COUNTS,
    SMALLEST_SAMPLE,
    AgencyFigures,
    Week,
    may_rank,
    publication,
    ranks,
    total,
    week_before,
    week_named,
    worst_first,
)
from service.config import settings
from service.deadlines.records import Deadline
from service.deadlines.rules import PACT
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
    first_due = session.scalar(select(func.min(Deadline.due_at)).where(Deadline.kind == PACT))
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
    frozen = freeze(session, directory, week)
    written = set(
        session.scalars(
            select(OutboundMail.ledger_key).where(OutboundMail.ledger_key.startswith(f"digest:{week.name}:"))
        )
    )
    added = 0
    unwanted = unsubscribed.stopped(session)
    for letter in letters_of(session, directory, week, frozen):
        if letter.key not in written and letter.to_address not in unwanted:
            enqueue(session, letter, settings().mail_domain)
            added += 1
    log.info("digest_published", week=week.name, letters=added)
    return added


def letters_of(session: Session, directory: Directory, week: Week, frozen: FrozenWeek) -> Iterator[Letter]:
    """The digest letters of a week, from its frozen figures."""
    figures = figures_of(directory, frozen)
    for item in figures:
        unit = directory.by_code.get(item.code)
        if unit and unit.active and unit.head:
            yield head_letter(session, directory, week, figures, item, unit.head, frozen)
    people = {
        directory.officials[post].email: directory.officials[post] for post in LEADERS if post in directory.officials
    }
    for person in people.values():
        yield leader_letter(session, directory, week, figures, person, frozen)


def figures_of(directory: Directory, frozen: FrozenWeek) -> list[AgencyFigures]:
    """A published week's figures, by the names under which they were published."""
    return [_restore(directory, row) for row in frozen.figures]


def _restore(directory: Directory, row: Document) -> AgencyFigures:
    unit = directory.by_code.get(row["code"])
    # Weeks of rules 1 had fewer fields.
    return AgencyFigures(agency_id=unit.id if unit else None, **(dict.fromkeys(COUNTS, 0) | row))


def head_letter(
    session: Session,
    directory: Directory,
    week: Week,
    figures: list[AgencyFigures],
    item: AgencyFigures,
    head: Person,
    frozen: FrozenWeek,
) -> Letter:
    """The digest of one agency, to its head."""
    late = from_rows.late_runs(session, week.start, week.end, item.agency_id)
    waiting = from_rows.open_cases(session, item.agency_id, limit=10)
    days = from_rows.daily_counts(session, directory, week.start, week.end, item.agency_id)
    own = [row for row in frozen.corrections if row["unit"] == item.code]
    context = _common(session, week, frozen) | {
        "agency": item.name,
        "title": head.title,
        "figures": _said(item, ranks(figures)),
        "late_cases": [_late_case(directory, case, run, week.end) for case, run in late],
        "waiting": [_waiting_case(case) for case in waiting],
        "corrections": _corrections(directory, own),
        "chart": _chart(days),
        "link": f"{settings().public_url}/opd",
    }
    return _letter(week, "digest_head", item.code, head, context, item.agency_id)


def leader_letter(
    session: Session, directory: Directory, week: Week, figures: list[AgencyFigures], person: Person, frozen: FrozenWeek
) -> Letter:
    """The digest of the whole government, to one of its leaders."""
    late = from_rows.late_runs(session, week.start, week.end, limit=10)
    days = from_rows.daily_counts(session, directory, week.start, week.end)
    places = ranks(figures)
    active = [f for f in worst_first(figures) if not f.quiet]
    context = _common(session, week, frozen) | {
        "title": person.title,
        "city": _said(total(figures, directory.name), {}),
        "agencies": [_said(f, places) for f in active],
        "quiet": len(figures) - len(active),
        "late_cases": [_late_case(directory, case, run, week.end) for case, run in late],
        "corrections": _corrections(directory, frozen.corrections),
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


def _common(session: Session, week: Week, frozen: FrozenWeek) -> Document:
    return anchors.printed(session) | {
        "week": week.name,
        "first_day": week.start.isoformat(),
        "last_day": (week.end - timedelta(seconds=1)).isoformat(),
        "seal": frozen.hash,
        "smallest_sample": SMALLEST_SAMPLE,
    }


def _said(item: AgencyFigures, places: dict[str, int]) -> Document:
    shown = item.due >= SMALLEST_SAMPLE
    fair = may_rank(item)
    return {name: getattr(item, name) for name in ("name", *COUNTS)} | {
        "counted": item.counted,
        "percent": _percent(item.rate) if shown else None,
        "range": _range(item.interval) if shown else None,
        "fair_percent": _percent(item.fair_rate) if fair else None,
        "fair_range": _range(item.fair_interval) if fair else None,
        "rank": places.get(item.code) if len(places) > 1 else None,  # alone, nobody is first
        "ranked": len(places),
        "median_hours": item.median_hours,
        "p90_hours": item.p90_hours,
    }


def _percent(rate: float | None) -> float | None:
    return None if rate is None else round(rate * 1000) / 10


def _range(interval: tuple[float, float] | None) -> list[int] | None:
    """Whole percents, the lower one rounded down and the upper one up: no narrower than it is."""
    return None if interval is None else [floor(interval[0] * 100), ceil(interval[1] * 100)]


def _corrections(directory: Directory, rows: list[Document]) -> list[Document]:
    """The corrections, each with the days of its week and the name of its unit."""
    said = []
    for row in together(rows):
        week = week_named(row["week"], directory.timezone)
        unit = directory.by_code.get(row["unit"], directory.desk)
        days = {"first_day": week.start.isoformat(), "last_day": (week.end - timedelta(seconds=1)).isoformat()}
        said.append(row | days | {"name": unit.name})
    return said


def _late_case(directory: Directory, complaint: Complaint, run: Deadline, week_end: datetime) -> Document:
    late_by = (run.met_at or week_end) - run.due_at
    return {
        "number": complaint.number,
        "subject": mask(complaint.subject),
        "due_at": run.due_at.isoformat(),
        "answered": run.met_at is not None,
        "late_minutes": int(late_by.total_seconds() // 60),
        "agency": directory.unit(run.accountable_id).name,
        "excuse": run.excuse,
    }


def _waiting_case(complaint: Complaint) -> Document:
    return {
        "number": complaint.number,
        "subject": mask(complaint.subject),
        "due_at": complaint.due_at.isoformat(),
    }


def _chart(days: list[tuple[int, int]]) -> Document:
    return {"labels": list(DAYS), "in_time": [a for a, _ in days], "late": [b for _, b in days]}
