"""The only source of time.

`now()` is the city's civil time, aware UTC. In the demo and in tests it may start elsewhere and run
faster (`TUNTAS_CLOCK=2026-11-23T08:00+07:00@600x;since=1763900000`: the civil time at that machine
instant, and its speed). Leases and retries of delivery do not use it: they go by the database's clock,
so that a fast demo does not make a lease lapse in a blink.

Machines' clocks differ, and one that is hours wrong would call answers late that are not. The database's is the
reference: every process asks it (`tables.follow_clock`) and corrects its own by what is between them.
"""

import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_PATTERN = re.compile(r"^(?P<start>[0-9T:.+Z-]+?)(?:@(?P<speed>\d+(?:\.\d+)?)x)?(?:;since=(?P<since>\d+(?:\.\d+)?))?$")


# What differs by less is left as it is: an answer takes time to come, and clocks that are kept right differ so much.
SMALLEST_CORRECTION = timedelta(seconds=1)
_correction = timedelta()


def uncorrected() -> datetime:
    """The machine's own time as it shows it, right or wrong (aware UTC)."""
    return datetime.now(UTC)


def machine_clock() -> datetime:
    """The machine's time, corrected to the database's (aware UTC)."""
    return uncorrected() + _correction


def follow(reference: datetime, asked: datetime, answered: datetime) -> timedelta:
    """Correct this process's clock: `reference` was the right time somewhere between `asked` and `answered`, both
    `uncorrected`. Returns the correction, which changes only by more than a second and more than the answer took."""
    global _correction
    found = reference - (asked + (answered - asked) / 2)
    if abs(found - _correction) > max(SMALLEST_CORRECTION, answered - asked):
        _correction = found
    return _correction


def simulated(text: str) -> Callable[[], datetime]:
    """A clock as described by `text`; raises ValueError when it cannot be understood."""
    match = _PATTERN.match(text)
    if not match:
        raise ValueError(f"TUNTAS_CLOCK {text!r} is not START[@SPEEDx][;since=EPOCH]")
    start = datetime.fromisoformat(match["start"])
    if start.tzinfo is None:
        raise ValueError(f"TUNTAS_CLOCK {text!r} has no time zone")
    speed = float(match["speed"] or 1)
    since = float(match["since"] or time.time())

    def tick() -> datetime:
        return start.astimezone(UTC) + timedelta(seconds=(machine_clock().timestamp() - since) * speed)

    tick.speed = speed  # type: ignore[attr-defined]
    return tick


_source: Callable[[], datetime] = machine_clock


def use(source: Callable[[], datetime]) -> None:
    """Replace the clock of this process (start-up of the demo, and tests)."""
    global _source
    _source = source


def now() -> datetime:
    """The present civil instant, aware UTC."""
    return _source()


def speed() -> float:
    """How many civil seconds pass in one machine second; 1.0 outside the demo."""
    return float(getattr(_source, "speed", 1.0))


if os.environ.get("TUNTAS_CLOCK") and os.environ.get("TUNTAS_ENV", "production") != "production":
    use(simulated(os.environ["TUNTAS_CLOCK"]))
