"""Weeks, figures and the digest."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

from service.agencies.directory import Directory
from service.casework.cases import locked
from service.casework.respond import respond
from service.casework.sweep import Sight
from service.compliance import digest
from service.compliance.figures import daily_counts, late_runs, week_figures
from service.compliance.records import FrozenWeek
from service.compliance.rules import figures_hash, publication, week_before, week_named
from service.database import transaction
from service.notifications.links import bounce_address
from service.notifications.render import render
from service.notifications.undelivered import tell_desk
from service.outbox import delivery
from service.outbox.records import OutboundMail
from service.tables import Session
from tests.casework.test_acts import dying, everything_seen, opened, sweep_all
from tests.compliance.histories import deliver
from tests.fakes.clock import FakeClock
from tests.fakes.smtp import FakeSmtp

WIB = ZoneInfo("Asia/Jakarta")


def test_a_week_runs_from_monday_to_monday_in_local_time() -> None:
    week = week_named("2026-W47", WIB)
    assert week.start == datetime(2026, 11, 15, 17, tzinfo=UTC)
    assert week.end - week.start == timedelta(days=7)
    assert publication(week, 0, 7, 0) == datetime(2026, 11, 23, 0, tzinfo=UTC)


def test_sunday_night_and_monday_morning_belong_to_different_weeks() -> None:
    assert week_before(datetime(2026, 11, 22, 16, 59, tzinfo=UTC), WIB).name == "2026-W46"
    assert week_before(datetime(2026, 11, 22, 17, 0, tzinfo=UTC), WIB).name == "2026-W47"


@pytest.mark.parametrize("name", ["2026-W60", "W47", "2026-47", ""])
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a week"):
        week_named(name, WIB)


@pytest.fixture
def busy_week(directory: Directory, clock: FakeClock) -> None:
    """Eight complaints to PUPR on Monday: six answered in time, one late, one not at all; then it is next Monday."""
    cases = [opened(directory) for _ in range(8)]
    deliver(clock())
    clock.advance(hours=5)
    with transaction() as session:
        for case in cases[:6]:
            respond(session, directory, locked(session, case), text="Ya.", arrived_at=clock(), actor="agency:pupr")
    clock.advance(hours=30)
    sweep_all()
    with transaction() as session:
        respond(session, directory, locked(session, cases[6]), text="Maaf.", arrived_at=clock(), actor="agency:pupr")
    clock.instant = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)  # Monday 07.00
    sweep_all()


@pytest.mark.usefixtures("busy_week")
def test_figures_count_the_cohort_by_deadline(directory: Directory, session: Session) -> None:
    week = week_named("2026-W48", WIB)
    figures = {f.code: f for f in week_figures(session, directory, week.start, week.end)}
    pupr = figures["pupr"]
    assert (pupr.due, pupr.in_time, pupr.late, pupr.open_late, pupr.received) == (8, 6, 2, 1, 8)
    assert pupr.rate == 0.75
    assert pupr.median_hours == 5
    assert figures["dlh"].due == 0
    assert daily_counts(session, directory, week.start, week.end)[1] == (6, 2)
    assert [run.met_at is None for _, run in late_runs(session, week.start, week.end)] == [True, False]


@pytest.mark.usefixtures("busy_week")
def test_the_digest_goes_to_every_head_and_the_leaders_once(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    assert digest.turn(transaction, everything_seen) > 0
    assert digest.turn(transaction, everything_seen) == 0
    heads = session.scalar(select(func.count()).where(OutboundMail.kind == "digest_head"))
    assert heads == len(directory.agencies())
    leaders = session.scalars(select(OutboundMail.to_address).where(OutboundMail.kind == "digest_leader")).all()
    assert directory.officials["leader"].email in leaders
    while delivery.turn(transaction, smtp, render, tell_desk, bounce_address):
        pass
    letters = smtp.to(directory.by_code["pupr"].head.email)
    hendra = next(letter for letter in letters if letter.subject.startswith("Rekapitulasi"))
    assert "6 dari 8" in hendra.subject
    assert "BELUM DIJAWAB" in hendra.text
    assert hendra.attachments[0].content_type == "image/png"


@pytest.mark.usefixtures("busy_week")
def test_no_digest_while_the_mailbox_is_unread(session: Session, clock: FakeClock) -> None:
    blind = Sight(until=clock() - timedelta(days=2))
    assert digest.turn(transaction, lambda _: blind) == 0
    assert session.scalar(select(func.count()).select_from(FrozenWeek)) == 0


@pytest.mark.usefixtures("busy_week")
def test_published_figures_are_sealed_and_cannot_be_changed(session: Session) -> None:
    digest.turn(transaction, everything_seen)
    week = session.scalars(select(FrozenWeek).where(FrozenWeek.week == "2026-W48")).one()
    assert week.hash == figures_hash(week.week, week.figures, week.corrections, week.last_event)
    with pytest.raises(Exception, match="refused"):
        session.execute(text("UPDATE frozen_week SET hash = ''"))
    session.rollback()


@pytest.mark.usefixtures("busy_week")
def test_a_digest_that_was_half_sent_is_completed_not_repeated(session: Session) -> None:
    digest.turn(transaction, everything_seen)
    before = session.scalar(select(func.count()).where(OutboundMail.kind.startswith("digest")))
    session.execute(text("DELETE FROM outbound_mail WHERE kind = 'digest_leader'"))
    session.commit()
    with transaction() as other:
        assert digest.publish(other, week_named("2026-W48", WIB)) == 3
    assert session.scalar(select(func.count()).where(OutboundMail.kind.startswith("digest"))) == before


@pytest.mark.usefixtures("busy_week")
def test_a_digest_that_dies_before_its_commit_is_published_whole_by_the_next(
    directory: Directory, session: Session
) -> None:
    with pytest.raises(KeyboardInterrupt):
        digest.turn(dying, everything_seen)
    assert session.scalar(select(func.count()).select_from(FrozenWeek)) == 0
    digest.turn(transaction, everything_seen)
    digest.turn(transaction, everything_seen)
    heads = session.scalar(select(func.count()).where(OutboundMail.kind == "digest_head"))
    assert heads == len(directory.agencies())
