"""How long something may still be said about a case. Standard library only."""

from datetime import datetime, timedelta

# SP4N-LAPOR! gives a citizen ten days to reply to an answer, and closes the case when nothing came.
DISPUTE_TERM = timedelta(days=10)
QUIET_TERM = timedelta(days=10)
# A question to the citizen keeps the law's clock waiting for as long, and no longer.
WAIT_TERM = timedelta(days=10)
# A repair that falls apart does so within weeks; later it is a new complaint, with facts of its own.
REOPEN_TERM = timedelta(days=30)
# A head has a week: the figures of the week before are spoken of in the leaders' meeting, and must come to rest.
OBJECTION_TERM = timedelta(days=7)


def within(term: timedelta, since: datetime, now: datetime) -> bool:
    """Whether `now` is not later than `term` after `since`."""
    return now - since <= term
