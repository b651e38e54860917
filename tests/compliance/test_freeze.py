"""Published weeks: never edited, corrected forward, and made once more from the events."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from service.agencies.directory import Directory
from service.casework.cases import locked
from service.casework.clocks import run_of
from service.casework.excuse import excuse
from service.casework.grant import grant
from service.casework.object_ import object_
from service.casework.respond import respond
from service.casework.withdraw import WITHDRAWN
from service.complaints.records import Event
from service.compliance import digest
from service.compliance.figures import week_figures
from service.compliance.freeze import freeze, frozen_week
from service.compliance.records import FrozenWeek
from service.compliance.rules import week_named
from service.database import transaction
from service.mail.message import Message
from service.mail.parse import parse
from service.notifications.render import render
from service.outbox.records import OutboundMail
from service.tables import Session
from tests.casework.test_acts import everything_seen, opened, sweep_all
from tests.compliance.histories import deliver
from tests.fakes.clock import FakeClock


@pytest.fixture
def published(directory: Directory, clock: FakeClock) -> list[int]:
    """Six complaints to PUPR, four answered in time and two late; the week is published. Then it is Tuesday after."""
    cases = [opened(directory) for _ in range(6)]
    deliver(clock())
    clock.advance(hours=5)
    with transaction() as session:
        for case in cases[:4]:
            respond(session, directory, locked(session, case), text="Ya.", arrived_at=clock(), actor="agency:pupr")
    _next_monday(clock)
    assert digest.turn(transaction, everything_seen)
    clock.advance(days=1)
    return cases


def _next_monday(clock: FakeClock) -> None:
    clock.instant += timedelta(days=7 - clock.instant.weekday())
    clock.instant = clock.instant.replace(hour=0, minute=0)
    sweep_all()


def _publish_next(clock: FakeClock) -> None:
    _next_monday(clock)
    digest.turn(transaction, everything_seen)


def _week(session: Session, name: str) -> FrozenWeek:
    found = frozen_week(session, name)
    assert found is not None
    return found


def _told(frozen: FrozenWeek) -> dict[tuple[str, str, str], tuple[int, list[str]]]:
    return {(row["week"], row["unit"], row["field"]): (row["change"], row["cases"]) for row in frozen.corrections}


def test_a_withdrawn_breach_is_a_correction_in_the_next_week_and_no_edit(
    published: list[int], directory: Directory, session: Session, clock: FakeClock
) -> None:
    before = _week(session, "2026-W48").figures
    with transaction() as other:
        case = locked(other, published[5])
        arrived = case.due_at - timedelta(hours=1)
        respond(other, directory, case, text="Sudah kemarin.", arrived_at=arrived, actor="agency:pupr")
    _publish_next(clock)
    session.expire_all()
    assert _week(session, "2026-W48").figures == before
    assert _told(_week(session, "2026-W49")) == {
        ("2026-W48", "pupr", "in_time"): (1, ["BKL-26-00006"]),
        ("2026-W48", "pupr", "late"): (-1, ["BKL-26-00006"]),
    }
    _publish_next(clock)
    assert _told(_week(session, "2026-W50")) == {}


def test_an_excuse_after_publication_is_a_correction(
    published: list[int], directory: Directory, session: Session, clock: FakeClock
) -> None:
    with transaction() as other:
        case = locked(other, published[4])
        run = run_of(other, case, 1)
        excuse(other, directory, case, run, cause="outage", actor="account:5", reason="Server padam.")
    _publish_next(clock)
    assert _told(_week(session, "2026-W49")) == {("2026-W48", "pupr", "excused"): (1, ["BKL-26-00005"])}


def test_a_breach_that_the_inspector_takes_back_leaves_the_figures(
    published: list[int], directory: Directory, session: Session, clock: FakeClock
) -> None:
    with transaction() as other:
        case = locked(other, published[4])
        run = run_of(other, case, 1)
        object_(other, directory, case, run, text="Bukan kami.", actor="account:3")
        grant(other, directory, case, run, cause=WITHDRAWN, reason="Benar.", actor="account:5")
    _publish_next(clock)
    assert _told(_week(session, "2026-W49")) == {
        ("2026-W48", "pupr", "due"): (-1, ["BKL-26-00005"]),
        ("2026-W48", "pupr", "late"): (-1, ["BKL-26-00005"]),
    }
    week = week_named("2026-W48", directory.timezone)
    pupr = next(f for f in week_figures(session, directory, week.start, week.end) if f.code == "pupr")
    assert (pupr.due, pupr.in_time, pupr.late, pupr.undecided) == (5, 4, 1, 0)


def test_the_digest_tells_interval_and_corrections_in_words(
    published: list[int], directory: Directory, session: Session, clock: FakeClock
) -> None:
    with transaction() as other:
        case = locked(other, published[4])
        excuse(other, directory, case, run_of(other, case, 1), cause="outage", actor="account:5", reason="Padam.")
    for _ in range(5):
        opened(directory)
    deliver(clock())
    _publish_next(clock)
    first, second = (
        parse(
            render(session, session.scalars(select(OutboundMail).where(OutboundMail.ledger_key.startswith(key))).one())
        )
        for key in ("digest:2026-W48:pupr:", "digest:2026-W49:pupr:")
    )
    assert "4 (66,7 %, rentang 29–91 %)" in first.text
    assert "Peringkat" not in first.text  # of a single unit
    assert "23–29 November 2026: dikecualikan +1\n  (BKL-26-00005)" in second.text
    assert "hasil yang sama berbagi" in second.text


def _letter(session: Session, key: str) -> Message:
    row = session.scalars(select(OutboundMail).where(OutboundMail.ledger_key.startswith(key))).one()
    return parse(render(session, row))


def test_what_may_still_be_answered_is_not_late_yet(directory: Directory, session: Session, clock: FakeClock) -> None:
    opened(directory)
    clock.advance(hours=30)  # and no sweep: the mailbox was not read that far
    week = week_named("2026-W48", directory.timezone)
    pupr = next(f for f in week_figures(session, directory, week.start, week.end) if f.code == "pupr")
    assert (pupr.due, pupr.late, pupr.undecided) == (0, 0, 1)


@pytest.mark.usefixtures("published")
def test_the_command_makes_the_same_figures_from_the_events(app: Flask, clock: FakeClock) -> None:
    _publish_next(clock)
    for week in ("2026-W48", "2026-W49"):
        result = app.test_cli_runner().invoke(args=["figures", "recompute", "--week", week])
        assert (result.exit_code, "the same from the events" in result.output) == (0, True)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE frozen_week SET figures = jsonb_set(figures, '{0,in_time}', '9')",
            "in_time: published 9, recomputed 0",
        ),
        ("UPDATE frozen_week SET hash = 'x'", "hash: published x"),
        ("UPDATE frozen_week SET last_event = last_event - 1", "hash:"),
        (
            'UPDATE frozen_week SET corrections = \'[{"week": "2026-W47", "unit": "pupr", "field": "late",'
            ' "change": -1, "cases": ["X"]}]\'',
            "correction published, but not in the events: 2026-W47 pupr late -1 (X)",
        ),
        (
            "UPDATE event SET at = at + interval '2 days' WHERE kind = 'respond'",
            "pupr in_time: published 4, recomputed 0",
        ),
        ("DELETE FROM event WHERE kind = 'breach'", "pupr late: published 2, recomputed 0"),
    ],
)
@pytest.mark.usefixtures("published")
def test_the_command_says_what_was_changed(app: Flask, statement: str, said: str) -> None:
    with transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # as somebody with all rights would
        session.execute(text(statement))
    result = app.test_cli_runner().invoke(args=["figures", "recompute", "--week", "2026-W48"])
    assert result.exit_code == 1
    assert said in result.output


@pytest.mark.usefixtures("published")
def test_a_week_of_earlier_rules_is_only_checked_for_its_seal(app: Flask) -> None:
    with transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE frozen_week SET rules = 1"))
    result = app.test_cli_runner().invoke(args=["figures", "recompute", "--week", "2026-W48"])
    assert result.exit_code == 1
    assert "its seal is BROKEN" in result.output


@pytest.mark.usefixtures("published")
def test_the_command_shows_a_week_for_people_and_for_machines(app: Flask) -> None:
    runner = app.test_cli_runner()
    assert "pupr" in runner.invoke(args=["figures", "show", "--week", "2026-W48"]).output
    shown = json.loads(runner.invoke(args=["figures", "show", "--week", "2026-W48", "--json"]).output)
    assert next(row for row in shown["figures"] if row["code"] == "pupr")["in_time"] == 4
    assert runner.invoke(args=["figures", "show", "--week", "W48"]).exit_code == 1
    assert runner.invoke(args=["figures", "recompute", "--week", "2026-W40"]).exit_code == 1


def test_an_act_that_is_under_way_when_a_week_is_frozen_is_wholly_known_or_not_at_all(
    app: Flask, directory: Directory, clock: FakeClock
) -> None:
    """Its events have got their time already, but cannot be seen yet: the freezing waits for them."""
    case = opened(directory)
    clock.instant = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
    begun, frozen = threading.Event(), threading.Event()

    def act() -> None:
        with app.app_context(), transaction() as session:
            complaint = locked(session, case)
            arrived = complaint.due_at - timedelta(hours=1)
            respond(session, directory, complaint, text="Ya.", arrived_at=arrived, actor="agency:pupr")
            session.flush()
            begun.set()
            assert not frozen.wait(0.5)

    def freezing() -> None:
        with app.app_context(), transaction() as session:
            freeze(session, directory, week_named("2026-W48", directory.timezone))
        frozen.set()

    threads = [threading.Thread(target=act), threading.Thread(target=freezing)]
    threads[0].start()
    begun.wait(5)
    threads[1].start()
    for thread in threads:
        thread.join(10)
    with transaction() as session:
        week = _week(session, "2026-W48")
        assert week.last_event == session.scalar(select(func.max(Event.id)))
        assert next(row for row in week.figures if row["code"] == "pupr")["in_time"] == 1
