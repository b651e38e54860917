"""The state table, and how an event is hashed. Standard library only."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

RECEIVED, ASSIGNED, RESPONDED, REJECTED = "received", "assigned", "responded", "rejected"
RESOLVED, CLOSED = "resolved", "closed"
STATES = (RECEIVED, ASSIGNED, RESPONDED, RESOLVED, CLOSED, REJECTED)
# In these somebody owes the citizen a first answer, or a further one after a dispute that was upheld.
OPEN_STATES = (RECEIVED, ASSIGNED)
# In these the case has ended: its clocks stand still, and it can be reopened.
ENDED_STATES = (RESOLVED, CLOSED, REJECTED)

# What the clocks and the inspector write may come at any time, for it speaks of a moment that has passed: an answer
# may be late, the case resolved and closed, and only then has the mailbox been read far enough to write the breach.
# Words that do not count, and the redaction of personal data, change nothing either.
_ALWAYS = ("remark", "breach", "withdraw", "lapse", "excuse", "object", "grant", "refuse", "redact")


def _row(state: str, **acts: str | tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """One state's row: what is always possible, and `acts` with the state, or the states, that each may lead to."""
    named = {act: (to,) if isinstance(to, str) else to for act, to in acts.items()}
    return dict.fromkeys(_ALWAYS, (state,)) | named


# {state: {act: where it may lead}}; where there are several the act says which. An act that is not in a state's row
# is refused. `open` makes the case and stands in no row.
TRANSITIONS: dict[str, dict[str, tuple[str, ...]]] = {
    # With the desk. No close before there was an answer, here and below: or whoever is late would have an interest
    # that citizens take their complaints back. No reopen either: nothing has ended.
    RECEIVED: _row(
        RECEIVED,
        assign=ASSIGNED,
        respond=RESPONDED,  # the desk may answer by itself
        ask=RECEIVED,  # a question leaves the work where it is, even if the pact counts it as the answer
        resolve=RESOLVED,
        reject=REJECTED,
        follow_up=RECEIVED,
        dispute=RECEIVED,  # of an answer from before the case came back to the desk
        uphold=RECEIVED,
        dismiss=RECEIVED,
        remind=RECEIVED,
        escalate=RECEIVED,
    ),
    ASSIGNED: _row(
        ASSIGNED,
        assign=ASSIGNED,
        decline=RECEIVED,
        respond=RESPONDED,
        ask=ASSIGNED,
        resolve=RESOLVED,
        reject=REJECTED,
        follow_up=ASSIGNED,
        dispute=ASSIGNED,  # of an answer of the agency that had it before, or of a question that counted
        uphold=ASSIGNED,
        dismiss=ASSIGNED,
        remind=ASSIGNED,
        escalate=ASSIGNED,
    ),
    # No decline and no reject: who has answered has taken the case on. No escalate: that says "no answer".
    RESPONDED: _row(
        RESPONDED,
        assign=ASSIGNED,  # the desk finds that another agency must act too
        respond=RESPONDED,  # a further answer
        ask=RESPONDED,
        resolve=RESOLVED,
        close=CLOSED,
        follow_up=RESPONDED,
        dispute=RESPONDED,
        uphold=(ASSIGNED, RECEIVED, RESPONDED),  # back to its holder, unless another answer stands
        dismiss=RESPONDED,
        remind=RESPONDED,  # that it be settled
    ),
    # The work is done; the citizen may protest. No assign: whoever finds more to do reopens it, with a new clock.
    RESOLVED: _row(
        RESOLVED,
        respond=RESOLVED,  # further words, or an answer that came earlier and is only read now
        close=CLOSED,
        reopen=(ASSIGNED, RECEIVED),
        follow_up=RESOLVED,
        dispute=RESOLVED,
        uphold=(ASSIGNED, RECEIVED, RESPONDED, RESOLVED),
        dismiss=RESOLVED,
    ),
    # No dispute: its ten days are over, or the citizen has said that all is well; what is wrong after all is reopened.
    # So nothing to uphold or dismiss: a case is not closed while a dispute is open.
    CLOSED: _row(
        CLOSED,
        respond=CLOSED,
        reopen=(ASSIGNED, RECEIVED),
        follow_up=CLOSED,
    ),
    # No respond: nobody holds it. The desk gives it to an agency first.
    REJECTED: _row(
        REJECTED,
        assign=ASSIGNED,  # the desk was wrong
        follow_up=RECEIVED,
        reopen=(ASSIGNED, RECEIVED),
        dispute=REJECTED,  # a rejection counts as an answer, so it can be contested like one
        uphold=(RECEIVED, REJECTED),
        dismiss=REJECTED,
    ),
}
# Every kind of event but the first, `open`.
ACTS = tuple(sorted({act for row in TRANSITIONS.values() for act in row}))


class ActRefusedError(Exception):
    """The act is not possible in the state that the case is in."""


def next_state(state: str, act: str, to: str = "") -> str:
    """The state after `act`, which is `to` where the act may lead to several; raises ActRefusedError."""
    states = TRANSITIONS[state].get(act, ())
    if not states or (to and to not in states):
        raise ActRefusedError(f"{act} is not possible while the case is {state}")
    return to or states[0]


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
    """The salted hash that stands in an event for words that may later be redacted."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
