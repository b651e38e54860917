"""Looking: what the tables say about mail in and out, the clocks, and who has shown a sign of life."""

from datetime import datetime, timedelta

from sqlalchemy import DateTime, Select, cast, exists, func, not_, or_, select

from service import clock
from service.agencies import directory as directories
from service.complaints.records import Complaint
from service.compliance.records import FrozenWeek
from service.compliance.rules import publication, week_before
from service.config import settings
from service.deadlines.records import Deadline
from service.deadlines.rules import REMINDER
from service.intake.mailbox import name_of
from service.intake.records import QUARANTINED, STORED, InboundMail, Mailbox
from service.intake.storing import is_unread
from service.monitoring import pulse
from service.monitoring.records import Heartbeat
from service.monitoring.rules import MAIL_UNPROCESSED, MOST_COUNTED, SMTP_DOWN, Box, State, limit
from service.outbox.records import DEAD, QUEUED, OutboundMail
from service.pacts import registry
from service.tables import Session

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def gather(session: Session) -> State:
    """What stands in the tables now. Four small queries; the heaps are walked for a bounded number of rows only."""
    beats = {beat.name: beat for beat in session.scalars(select(Heartbeat))}
    facts = session.execute(_facts()).one()
    smtp, first_smtp = beats.get(pulse.SMTP), beats.get(pulse.FIRST_SMTP)
    digest_week, digest_age = _digest(session)
    return State(
        watched=_since(_at(beats, pulse.WATCH_BEGAN)) or timedelta(0),
        boxes=tuple(boxes(session)),
        stored=facts.stored,
        unfetchable=facts.unfetchable,
        unfetched=facts.unfetched,
        quarantined=facts.quarantined,
        quarantine=_since(facts.quarantined_since),
        outbox=facts.outbox,
        queued=facts.queued,
        smtp_failing=_since(smtp.failing_since) if smtp else None,
        smtp_words=smtp.words if smtp else "",
        spare_used=_since(first_smtp.failing_since) if first_smtp else None,
        spare_words=first_smtp.words if first_smtp else "",
        dead_for_offices=facts.dead_for_offices,
        dead=facts.dead,
        dead_in_a_day=facts.dead_in_a_day,
        silent=tuple(_silence(job, beats.get(job)) for job in pulse.JOBS),
        step=_since(session.scalar(_late_step())),
        digest=digest_age,
        digest_week=digest_week,
    )


def boxes(session: Session) -> list[Box]:
    """Every mailbox that the settings name, whether it was read yet or not."""
    names = [name_of(url) for url in settings().imap_urls]
    known = {row.name: row for row in session.scalars(select(Mailbox).where(Mailbox.name.in_(names)))}
    return [_box(name, known.get(name)) for name in names]


def _box(name: str, row: Mailbox | None) -> Box:
    if row is None:
        return Box(name, None)
    found = row.reconciliation or {}
    return Box(
        name,
        unread=_since(row.read_until),
        problem=row.problem,
        not_compared=_since(row.reconciled_at),
        differences=int(found.get("differences") or 0),
        findings=str(found.get("words") or ""),
    )


def _silence(job: str, beat: Heartbeat | None) -> tuple[str, timedelta | None, str]:
    return (job, _since(beat.at), beat.words) if beat else (job, None, "")


def _at(beats: dict[str, Heartbeat], name: str) -> datetime | None:
    return beats[name].at if name in beats else None


def _since(instant: datetime | None) -> timedelta | None:
    """How long ago by the machine's time a civil instant was; never negative."""
    return None if instant is None else max(timedelta(0), (clock.now() - instant) / clock.speed())


def _ago(kind: str) -> datetime:
    """The civil instant after which a trouble of this kind is too young to be one."""
    return clock.now() - limit(kind) * clock.speed()


def _facts() -> Select[tuple[object, ...]]:
    """One row about mail in and out. Ages are by the database's clock, as leases and attempts are."""
    now = func.clock_timestamp()
    put_back = InboundMail.decided_at >= _ago(MAIL_UNPROCESSED)  # such a mail has its minutes anew
    stored = (
        select(InboundMail.stored_at)
        .where(InboundMail.status == STORED, or_(InboundMail.decided_at.is_(None), not_(put_back)))
        .order_by(InboundMail.received_at)
        .limit(MOST_COUNTED)
        .subquery()
    )
    held = (
        select(InboundMail.received_at, InboundMail.stored_at, is_unread().label("unread"))
        .where(InboundMail.status == QUARANTINED)
        .order_by(InboundMail.id)
        .limit(MOST_COUNTED)
        .subquery()
    )
    due = (
        select(OutboundMail.next_attempt_at)
        .where(OutboundMail.status == QUEUED, OutboundMail.next_attempt_at < now)
        .where(or_(OutboundMail.leased_until.is_(None), OutboundMail.leased_until < now))
        .order_by(OutboundMail.next_attempt_at)
        .limit(1)
        .subquery()
    )
    given_up = func.coalesce(
        cast(OutboundMail.log[-1]["at"].astext, DateTime(timezone=True)), OutboundMail.created_at
    ).label("at")
    dead = (
        select(OutboundMail.agency_id, given_up)
        .where(OutboundMail.status == DEAD)
        .order_by(OutboundMail.id.desc())
        .limit(MOST_COUNTED)
        .subquery()
    )
    for_office = (dead.c.agency_id.is_not(None)) & (dead.c.at > now - WEEK)
    return select(
        select(func.max(now - stored.c.stored_at)).scalar_subquery().label("stored"),
        select(func.count()).select_from(held).scalar_subquery().label("quarantined"),
        select(func.min(held.c.received_at)).scalar_subquery().label("quarantined_since"),
        select(func.count()).select_from(held).where(held.c.unread).scalar_subquery().label("unfetchable"),
        select(func.max(now - held.c.stored_at)).where(held.c.unread).scalar_subquery().label("unfetched"),
        select(func.max(now - due.c.next_attempt_at)).scalar_subquery().label("outbox"),
        exists().where(OutboundMail.status == QUEUED, OutboundMail.created_at <= _ago(SMTP_DOWN)).label("queued"),
        select(func.count()).select_from(dead).where(for_office).scalar_subquery().label("dead_for_offices"),
        select(func.max(now - dead.c.at)).where(for_office).scalar_subquery().label("dead"),
        select(func.count()).select_from(dead).where(dead.c.at > now - DAY).scalar_subquery().label("dead_in_a_day"),
    )


def _late_step() -> Select[tuple[datetime]]:
    """The instant of the oldest step that should have been taken. Breaches and escalations may rightly wait for the
    mailbox to be read that far, so those count only when the step itself failed."""
    due = (
        select(Deadline.next_at, Deadline.next_kind, Deadline.retry_at)
        .where(Deadline.next_at <= clock.now())
        .order_by(Deadline.next_at)
        .limit(MOST_COUNTED)
        .subquery()
    )
    return select(func.min(due.c.next_at)).where((due.c.next_kind == REMINDER) | due.c.retry_at.is_not(None))


def _digest(session: Session) -> tuple[str, timedelta | None]:
    """The last week whose digest should be out and is not, and since how long."""
    directory = directories.current(session)
    now = clock.now()
    week = week_before(now, directory.timezone)
    promise = registry.at(session, directory, now)
    due = publication(week, promise.digest_weekday, promise.digest_hour, promise.digest_minute)
    if due > now or session.scalar(select(FrozenWeek.id).where(FrozenWeek.week == week.name)):
        return "", None
    first_due = session.scalar(select(func.min(Complaint.due_at)))
    if first_due is None or first_due >= week.end:
        return "", None
    return week.name, _since(due)
