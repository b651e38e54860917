"""Figures for machines that watch over us, in families of Prometheus. Read from the database when asked for: every
process of ours gives the same answer, and none keeps a count that dies with it. Names and numbers, no personal data.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, or_, select

from service import clock
from service.complaints.records import Complaint
from service.deadlines.records import Deadline
from service.intake.records import InboundMail
from service.monitoring import pulse
from service.monitoring.records import Alarm, Heartbeat
from service.monitoring.state import boxes, gather
from service.outbox.records import DEAD, QUEUED, OutboundMail
from service.tables import Session

# Counting every row of the large tables is done this often, whoever asks.
COUNTED_EVERY_SECONDS = 60.0
Counts = dict[str, list[tuple[Any, ...]]]
_counts: Counts = {}
_counted_at = -COUNTED_EVERY_SECONDS


def families(session: Session, queue_lengths: dict[str, int]) -> Iterator[GaugeMetricFamily]:
    """Everything that `/metrics` says. Ages are in seconds of the machine's time; what never was has no value."""
    yield from _mail(session)
    yield from _mailboxes(session)
    alarms = session.execute(
        select(Alarm.kind, func.count()).where(Alarm.cleared_at.is_(None)).group_by(Alarm.kind)
    ).all()
    yield _family("tuntas_alarms_open", "Alarms that are open", ["kind"], alarms)
    late = select(func.count()).where(Deadline.next_at <= clock.now())
    yield _family("tuntas_deadline_steps_due", "Steps of clocks that are due and not done", [], _one(session, late))
    yield _family("tuntas_queue_jobs", "Jobs waiting in Redis", ["queue"], list(queue_lengths.items()))
    beats = session.execute(select(Heartbeat.name, Heartbeat.at).where(Heartbeat.at.is_not(None))).all()
    ages = [(name, _age(at)) for name, at in beats if name in (*pulse.JOBS, pulse.SMTP, pulse.WATCH)]
    yield _family("tuntas_success_age_seconds", "Since each part last did its work", ["part"], ages)


def _mail(session: Session) -> Iterator[GaugeMetricFamily]:
    counts = _whole_tables(session)
    state = gather(session)
    yield _family("tuntas_inbound_mails", "Mails read, by what became of them", ["status", "verdict"], counts["in"])
    yield _family("tuntas_outbound_mails", "Mails written, by what became of them", ["status"], counts["out"])
    yield _family("tuntas_complaints", "Complaints by state", ["state"], counts["cases"])
    yield _age_family("tuntas_inbound_stored_age_seconds", "Longest wait of mail to be processed", state.stored)
    yield _family("tuntas_quarantine_mails", "Mails waiting in quarantine (at most 1000)", [], [(state.quarantined,)])
    yield _age_family("tuntas_quarantine_age_seconds", "Since the oldest mail in quarantine came", state.quarantine)
    yield _age_family("tuntas_outbound_untried_age_seconds", "Longest that due mail waits untried", state.outbox)
    yield _age_family("tuntas_smtp_failing_seconds", "Since no SMTP server takes mail", state.smtp_failing)
    now = func.clock_timestamp()
    lapsed = or_(OutboundMail.leased_until.is_(None), OutboundMail.leased_until < now)
    due = select(func.count()).where(OutboundMail.status == QUEUED, OutboundMail.next_attempt_at <= now, lapsed)
    yield _family("tuntas_outbound_due", "Mails due to be sent now", [], _one(session, due))
    dead = select(func.count()).where(OutboundMail.status == DEAD)
    yield _family("tuntas_outbound_dead", "Mails given up", [], _one(session, dead))
    oldest = session.scalar(select(func.min(OutboundMail.created_at)).where(OutboundMail.status == QUEUED))
    yield _age_family("tuntas_outbound_queued_age_seconds", "Since the oldest unsent mail was written", _length(oldest))


def _mailboxes(session: Session) -> Iterator[GaugeMetricFamily]:
    read = GaugeMetricFamily("tuntas_mailbox_read_age_seconds", "Since the mailbox was read", labels=["mailbox"])
    compared = GaugeMetricFamily("tuntas_mailbox_compared_age_seconds", "Since it was compared", labels=["mailbox"])
    differing = GaugeMetricFamily("tuntas_mailbox_differences", "What that found", labels=["mailbox"])
    for box in boxes(session):
        for family, age in ((read, box.unread), (compared, box.not_compared)):
            if age is not None:
                family.add_metric([box.name], age.total_seconds())
        differing.add_metric([box.name], box.differences)
    yield from (read, compared, differing)


def _whole_tables(session: Session) -> Counts:
    """Counts over the tables that only grow, at most a minute old."""
    global _counted_at
    if time.monotonic() - _counted_at >= COUNTED_EVERY_SECONDS:
        mails = select(InboundMail.status, InboundMail.verdict, func.count())
        sent = select(OutboundMail.status, func.count())
        cases = select(Complaint.state, func.count())
        _counts["in"] = _rows(session, mails.group_by(InboundMail.status, InboundMail.verdict))
        _counts["out"] = _rows(session, sent.group_by(OutboundMail.status))
        _counts["cases"] = _rows(session, cases.group_by(Complaint.state))
        _counted_at = time.monotonic()
    return _counts


def _rows(session: Session, query: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.execute(query)]


def _one(session: Session, query: Any) -> list[tuple[Any, ...]]:
    return [(session.scalar(query) or 0,)]


def _family(name: str, words: str, labels: list[str], rows: Any) -> GaugeMetricFamily:
    """A family of figures; each row is its labels' values, then the figure."""
    family = GaugeMetricFamily(name, words, labels=labels)
    for row in rows:
        family.add_metric([str(value) for value in row[:-1]], float(row[-1]))
    return family


def _age_family(name: str, words: str, age: timedelta | None) -> GaugeMetricFamily:
    """An age in seconds; 0 where nothing waits, so that a rule on it needs no case for absence."""
    return _family(name, words, [], [(age.total_seconds() if age else 0.0,)])


def _length(instant: datetime | None) -> timedelta | None:
    return None if instant is None else (clock.now() - instant) / clock.speed()


def _age(instant: datetime) -> float:
    return (clock.now() - instant).total_seconds() / clock.speed()
