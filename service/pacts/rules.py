"""The pact's promise as plain data."""

from dataclasses import dataclass
from datetime import timedelta

# Which hours a pact counts, and who answers for a case that several units held.
CALENDAR, WORKING = "calendar", "working"
LONGEST, LAST = "longest", "last"


@dataclass(frozen=True)
class Escalation:
    """Who is told when a case is still unanswered `after` the due moment."""

    after: timedelta
    posts: tuple[str, ...]


@dataclass(frozen=True)
class Promise:
    """What a pact version promises. `reminders` are percentages of the response time."""

    pact_id: int
    version: str
    title: str
    response: timedelta
    reminders: tuple[int, ...]
    escalations: tuple[Escalation, ...]
    digest_weekday: int  # Monday is 0
    digest_hour: int
    digest_minute: int
    hours: str = CALENDAR
    accountable: str = LONGEST  # the unit that held the case longest, or the last one before the due moment
    question_counts: bool = False  # whether a question to the citizen is an answer
