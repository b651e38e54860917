"""Which troubles stand: the table of thresholds, without a database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.monitoring import rules
from service.monitoring.rules import ADVICE, MINUTES, TITLES, Box, State, standing

LONG = timedelta(days=30)
WELL = State(
    watched=LONG,
    boxes=(Box("lapor@kota/INBOX", timedelta(seconds=3), not_compared=timedelta(hours=8)),),
    silent=(("process_mail", timedelta(seconds=9), ""), ("deliver_mail", timedelta(seconds=4), "")),
)


def kinds(state: State) -> list[str]:
    return [trouble.kind for trouble in standing(state)]


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def box(**changes: object) -> tuple[Box, ...]:
    return (replace(WELL.boxes[0], **changes),)


def test_where_all_is_well_nothing_stands() -> None:
    assert standing(WELL) == []


def test_every_kind_has_threshold_title_and_advice() -> None:
    named = {value for name, value in vars(rules).items() if name.isupper() and isinstance(value, str)}
    assert named == set(MINUTES) == set(TITLES) == set(ADVICE)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (rules.MAILBOX_UNREAD, lambda age: {"boxes": box(unread=age)}),
        (rules.NOT_COMPARED, lambda age: {"boxes": box(not_compared=age)}),
        (rules.MAIL_UNPROCESSED, lambda age: {"stored": age}),
        (rules.QUARANTINE_WAITS, lambda age: {"quarantine": age, "quarantined": 3}),
        (rules.SMTP_DOWN, lambda age: {"smtp_failing": age, "queued": True}),
        (rules.OUTBOX_STUCK, lambda age: {"outbox": age, "queued": True}),
        (rules.DEAD_LETTERS, lambda age: {"dead": age, "dead_for_offices": 1}),
        (rules.SWEEPS_STOPPED, lambda age: {"silent": (("process_mail", age, ""),)}),
        (rules.STEPS_LATE, lambda age: {"step": age}),
        (rules.DIGEST_LATE, lambda age: {"digest": age, "digest_week": "2026-W47"}),
    ],
)
def test_each_trouble_stands_from_its_minute_on_and_not_before(kind: str, changed) -> None:
    limit = minutes(MINUTES[kind])
    assert kinds(replace(WELL, **changed(limit - timedelta(seconds=1)))) == []
    assert kinds(replace(WELL, **changed(limit))) == [kind]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (rules.MAIL_UNFETCHABLE, replace(WELL, unfetchable=1)),
        (rules.MAIL_MISSING, replace(WELL, boxes=box(differences=2, findings="2 surat tidak tercatat"))),
        (rules.DEAD_LETTERS, replace(WELL, dead_in_a_day=rules.DEAD_IN_A_DAY)),
    ],
)
def test_some_troubles_stand_at_once(kind: str, state: State) -> None:
    assert kinds(state) == [kind]


def test_the_problem_of_a_mailbox_is_in_the_words() -> None:
    found = standing(replace(WELL, boxes=box(unread=minutes(6), problem="LoginError: authentication failed")))
    assert "authentication failed" in found[0].words
    assert found[0].about == "lapor@kota/INBOX"


def test_a_mailbox_that_was_never_read_stands_once_we_have_looked_for_long_enough() -> None:
    never = replace(WELL, boxes=box(unread=None, not_compared=None))
    assert kinds(replace(never, watched=minutes(4))) == []
    assert kinds(replace(never, watched=minutes(5))) == [rules.MAILBOX_UNREAD]


def test_after_a_stop_of_everything_each_part_gets_its_time_anew() -> None:
    night = timedelta(hours=8)
    state = replace(WELL, boxes=box(unread=night), outbox=night, stored=night, silent=(("process_mail", night, ""),))
    assert kinds(replace(state, watched=minutes(1))) == []
    assert rules.MAILBOX_UNREAD in kinds(replace(state, watched=minutes(5)))


def test_no_server_without_mail_to_send_is_no_trouble() -> None:
    assert kinds(replace(WELL, smtp_failing=LONG, queued=False)) == []


def test_a_server_that_is_down_explains_why_mail_is_late() -> None:
    down = replace(
        WELL, smtp_failing=minutes(20), smtp_words="535 authentication failed", outbox=minutes(20), queued=True
    )
    assert kinds(down) == [rules.SMTP_DOWN]
    assert "535 authentication failed" in standing(down)[0].words


def test_sweeps_that_stopped_together_are_one_trouble() -> None:
    late = (("process_mail", minutes(7), "OperationalError: gone"), ("deliver_mail", None, ""))
    found = standing(replace(WELL, silent=late))
    assert [trouble.kind for trouble in found] == [rules.SWEEPS_STOPPED]
    assert "process_mail, deliver_mail" in found[0].words
    assert "gone" in found[0].words
