"""The state table, and how an event is hashed. Standard library only."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

RECEIVED, ASSIGNED, RESPONDED, REJECTED = "received", "assigned", "responded", "rejected"
STATES = (RECEIVED, ASSIGNED, RESPONDED, REJECTED)

# {state: {act: next state}}. An act that is not in a state's row is refused.
TRANSITIONS: dict[str, dict[str, str]] = {
    RECEIVED: {  # with the desk
        "assign": ASSIGNED,
        "respond": RESPONDED,  # the desk may answer by itself
        "reject": REJECTED,
        "follow_up": RECEIVED,
        "remind": RECEIVED,
        "breach": RECEIVED,
        "escalate": RECEIVED,
        "lapse": RECEIVED,
    },
    ASSIGNED: {
        "assign": ASSIGNED,
        "decline": RECEIVED,
        "respond": RESPONDED,
        "reject": REJECTED,
        "follow_up": ASSIGNED,
        "remind": ASSIGNED,
        "breach": ASSIGNED,
        "escalate": ASSIGNED,
        "lapse": ASSIGNED,
    },
    RESPONDED: {
        "assign": ASSIGNED,  # the desk finds that another agency must act too
        "respond": RESPONDED,  # a further answer
        "follow_up": RESPONDED,
        "remind": RESPONDED,  # that it be settled
        "lapse": RESPONDED,
        "breach": RESPONDED,  # the answer came late, before the breach was written
        "withdraw": RESPONDED,
    },
    REJECTED: {
        "assign": ASSIGNED,  # the desk was wrong
        "follow_up": RECEIVED,
        "breach": REJECTED,  # rejected after the due moment
        "withdraw": REJECTED,
    },
}


class ActRefusedError(Exception):
    """The act is not possible in the state that the case is in."""


def next_state(state: str, act: str) -> str:
    """The state after `act`; raises ActRefusedError."""
    try:
        return TRANSITIONS[state][act]
    except KeyError:
        raise ActRefusedError(f"{act} is not possible while the case is {state}") from None


FIRST_HASH = "0" * 64


def event_hash(previous: str, fields: dict[str, Any]) -> str:
    """SHA-256 (hex) over the previous hash and the canonical JSON of `fields`.

    Canonical: keys sorted, no spaces, UTF-8, instants as ISO 8601 UTC with microseconds. Fields hold only
    text, whole numbers, booleans, null, lists and objects, so that JSON written anywhere reads the same.
    """
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def instant_text(instant: datetime) -> str:
    """`2026-11-23T07:00:00.000000Z`: how instants stand in hashed fields."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def text_commitment(salt: str, text: str) -> str:
    """The salted hash that stands in an event for words that may later be redacted (design §5)."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
