"""The watch on real PostgreSQL: each alarm raised once, told once, cleared once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from service.agencies.directory import Directory
from service.database import transaction
from service.monitoring import letters, rules, watch
from service.monitoring.records import Alarm
from service.monitoring.rules import Trouble
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.fakes.smtp import FakeSmtp
from tests.monitoring.conftest import FAJAR, GITA, alarms, delivery_of_all, told


def trouble(kind: str = rules.SMTP_DOWN, about: str = "") -> Trouble:
    return Trouble(kind, about, timedelta(minutes=7), "kata server")


def settle(now: datetime, *troubles: Trouble) -> int:
    with transaction() as session:
        return len(watch.settle(session, troubles, now))


@pytest.mark.usefixtures("well")
def test_where_all_is_well_nobody_is_told(session: Session) -> None:
    assert watch.turn(transaction) == 0
    assert alarms(session) == []


@pytest.mark.parametrize("kind", sorted(set(rules.MINUTES) - {rules.OUTAGE}))
@pytest.mark.usefixtures("fajar")
def test_every_alarm_is_raised_once_told_once_cleared_once(
    kind: str, session: Session, clock: FakeClock, smtp: FakeSmtp
) -> None:
    assert [settle(clock(), trouble(kind)) for _ in range(3)] == [1, 0, 0]
    for _ in range(3):
        settle(clock.advance(minutes=16))
    assert alarms(session) == [(kind, False)]
    assert told(session) == [f"raised {rules.TITLES[kind]}", f"cleared {rules.TITLES[kind]}"]
    delivery_of_all(smtp)
    raised, cleared = smtp.to(FAJAR)
    assert rules.TITLES[kind] in raised.subject
    assert "sejak Sen 23 Nov 07.53" in raised.subject
    assert rules.ADVICE[kind] in " ".join(raised.text.split())
    assert "/admin/surat" in raised.text
    assert cleared.subject.startswith("Selesai: ")


@pytest.mark.usefixtures("fajar")
def test_the_same_trouble_of_two_mailboxes_is_two_alarms(session: Session, clock: FakeClock) -> None:
    assert settle(clock(), trouble(rules.MAILBOX_UNREAD, "a"), trouble(rules.MAILBOX_UNREAD, "b")) == 2


@pytest.mark.usefixtures("fajar")
def test_a_trouble_that_comes_and_goes_within_minutes_is_one_alarm(session: Session, clock: FakeClock) -> None:
    for minute in range(120):
        standing = [trouble()] if minute % 12 < 6 else []
        settle(clock.advance(minutes=1), *standing)
    assert told(session) == [f"raised {rules.TITLES[rules.SMTP_DOWN]}"]
    assert alarms(session) == [(rules.SMTP_DOWN, True)]


@pytest.mark.usefixtures("fajar")
def test_a_trouble_that_comes_and_goes_all_day_writes_a_handful_of_letters(session: Session, clock: FakeClock) -> None:
    for minute in range(0, 24 * 60, 2):
        standing = [trouble()] if minute % 40 < 20 else []  # gone for twenty minutes each time
        settle(clock.advance(minutes=2), *standing)
    assert len(told(session)) <= 4


@pytest.mark.usefixtures("fajar")
def test_after_a_day_the_administrator_is_reminded_once_a_day(session: Session, clock: FakeClock) -> None:
    settle(clock(), trouble())
    for _ in range(2 * 24 + 1):
        settle(clock.advance(hours=1), trouble())
    title = rules.TITLES[rules.SMTP_DOWN]
    assert told(session) == [f"raised {title}", f"open {title}", f"open {title}"]


@pytest.mark.usefixtures("app")
def test_without_an_administrator_the_desk_is_told(session: Session, directory: Directory, clock: FakeClock) -> None:
    settle(clock(), trouble())
    assert len(told(session, directory.desk.inbox)) == 1


@pytest.mark.usefixtures("fajar")
def test_who_has_left_is_not_told(session: Session, clock: FakeClock) -> None:
    settle(clock(), trouble())
    assert told(session, GITA) == []


@pytest.mark.usefixtures("well")
def test_two_watches_at_once_raise_an_alarm_once(
    app: Flask, session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "standing", lambda _state: [trouble()])
    assert sum(at_once(app, lambda: watch.turn(transaction))) == 1
    assert alarms(session) == [(rules.SMTP_DOWN, True)]
    assert len(told(session)) == 1


@pytest.mark.usefixtures("fajar")
def test_even_without_the_lock_the_table_takes_an_alarm_once(app: Flask, session: Session, clock: FakeClock) -> None:
    assert sum(at_once(app, lambda: settle(clock(), trouble()))) == 1
    assert len(told(session)) == 1


def at_once(app: Flask, act) -> list[int]:
    """What four threads got that acted at the same moment."""
    barrier, results = threading.Barrier(4), []

    def run() -> None:
        with app.app_context():
            barrier.wait()
            results.append(act())

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@contextmanager
def dying() -> Iterator[Session]:
    with transaction() as session:
        yield session
        raise KeyboardInterrupt


@pytest.mark.usefixtures("well")
def test_a_watch_that_dies_before_its_commit_is_made_good_by_the_next(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "standing", lambda _state: [trouble()])
    with pytest.raises(KeyboardInterrupt):
        watch.turn(dying)
    assert (alarms(session), told(session)) == ([], [])
    assert watch.turn(transaction) == 1
    assert len(told(session)) == 1


@pytest.mark.usefixtures("well")
def test_a_stop_of_everything_is_told_once_it_is_over_and_nothing_else(session: Session, clock: FakeClock) -> None:
    watch.turn(transaction)
    clock.advance(hours=8)
    assert watch.turn(transaction) == 2
    assert watch.turn(transaction) == 0
    assert alarms(session) == [(rules.OUTAGE, False)]
    assert told(session) == [f"cleared {rules.TITLES[rules.OUTAGE]}"]


@pytest.mark.usefixtures("well")
def test_an_update_of_some_minutes_is_no_outage(session: Session, clock: FakeClock) -> None:
    watch.turn(transaction)
    clock.advance(minutes=20)
    watch.turn(transaction)
    assert alarms(session) == []


@pytest.mark.usefixtures("fajar")
def test_a_letter_is_not_written_twice_for_one_occasion(session: Session, clock: FakeClock) -> None:
    settle(clock(), trouble())
    with transaction() as other:
        alarm = other.scalars(select(Alarm)).one()
        assert letters.tell(other, alarm, letters.RAISED) == 0
