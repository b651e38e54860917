"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Starts on Monday 23 November 2026, 08.00 in Bengkulu (01.00 UTC)."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant

    def advance(self, **length: float) -> datetime:
        """Move on by a timedelta's arguments; returns the new instant."""
        self.instant += timedelta(**length)
        return self.instant
