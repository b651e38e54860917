"""States, hashes and masking."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from service.complaints.privacy import mask
from service.complaints.rules import (
    ACTS,
    FIRST_HASH,
    STATES,
    TRANSITIONS,
    ActRefusedError,
    event_hash,
    instant_text,
    next_state,
)

# Written out a second time, so that a slip in the table is found: an act and the states in which it may happen.
EVERYWHERE = "received assigned responded resolved closed rejected"
POSSIBLE = {
    "assign": "received assigned responded rejected",
    "decline": "assigned",
    "respond": "received assigned responded resolved closed",
    "remark": EVERYWHERE,
    "ask": "received assigned responded",
    "resolve": "received assigned responded",
    "close": "responded resolved",
    "reject": "received assigned",
    "reopen": "resolved closed rejected",
    "follow_up": EVERYWHERE,
    "dispute": "received assigned responded resolved rejected",
    "uphold": "received assigned responded resolved rejected",
    "dismiss": "received assigned responded resolved rejected",
    "remind": "received assigned responded",
    "escalate": "received assigned",
    "breach": EVERYWHERE,
    "withdraw": EVERYWHERE,
    "lapse": EVERYWHERE,
    "excuse": EVERYWHERE,
    "object": EVERYWHERE,
    "grant": EVERYWHERE,
    "refuse": EVERYWHERE,
    "redact": EVERYWHERE,
}


def test_the_table_knows_these_acts_and_no_others() -> None:
    assert set(ACTS) == set(POSSIBLE)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", ACTS)
def test_every_pair_of_state_and_act_is_allowed_or_refused_by_the_table(state: str, act: str) -> None:
    if state in POSSIBLE[act].split():
        assert next_state(state, act) == TRANSITIONS[state][act][0]
        assert all(next_state(state, act, to) == to for to in TRANSITIONS[state][act])
    else:
        with pytest.raises(ActRefusedError):
            next_state(state, act)


def test_an_act_leads_nowhere_but_where_its_row_says() -> None:
    with pytest.raises(ActRefusedError):
        next_state("responded", "uphold", "closed")


def test_a_hash_covers_every_field_and_what_went_before() -> None:
    fields = {"seq": 1, "kind": "open", "payload": {"a": 1}}
    base = event_hash(FIRST_HASH, fields)
    assert base == event_hash(FIRST_HASH, {"payload": {"a": 1}, "kind": "open", "seq": 1})
    assert base != event_hash("1" * 64, fields)
    assert base != event_hash(FIRST_HASH, fields | {"payload": {"a": 2}})


def test_an_instant_is_hashed_in_utc_whatever_zone_it_came_in() -> None:
    local = datetime(2026, 11, 23, 8, 0, tzinfo=timezone(timedelta(hours=7)))
    assert (
        instant_text(local) == instant_text(datetime(2026, 11, 23, 1, 0, tzinfo=UTC)) == "2026-11-23T01:00:00.000000Z"
    )


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("NIK saya 1771010101900001.", True),
        ("NIK 1771 0101 0190 0001", True),
        ("hubungi 081234567890", True),
        ("WA +62 812-3456-7890 ya", True),
        ("tulis ke umar.b@warga.example ya", True),
        ("harga @ 5000", False),
        ("Rp 1.500.000 untuk 25 orang", False),
        ("sejak 23-11-2026 pukul 08.30", False),
        ("nomor BKL-26-00012", False),
    ],
)
def test_numbers_that_name_a_person_are_hidden_and_others_are_not(text: str, hidden: bool) -> None:
    assert ("disamarkan" in mask(text)) is hidden
    assert (mask(text) == text) is not hidden
