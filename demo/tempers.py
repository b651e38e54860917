"""How each agency of the simulated city behaves, and when its officers act. Pure.

An agency goes through its pattern case by case, so that after a weekend the figures tell the same story every time:
the civil registry excels, public works muddle along, waste has several late ones, one district office is silent.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import Enum
from random import Random


class Fate(Enum):
    """What becomes of one case at an agency, with the hours (from, to) after the assignment mail."""

    PROMPT = (1.0, 7.0)
    SLOW = (13.0, 18.0)
    LATE = (26.0, 40.0)
    NEVER = (0.0, 0.0)
    USELESS = (3.0, 9.0)  # two words that say nothing
    AWAY = (27.0, 34.0)  # a machine's reply at once, an answer too late
    ASK = (2.0, 6.0)  # a question to the citizen first


@dataclass(frozen=True)
class Temper:
    """`pattern` is gone through case by case, again and again; `haste` below 1 makes every answer earlier."""

    pattern: tuple[Fate, ...]
    haste: float = 1.0


_LETTERS = {
    "p": Fate.PROMPT, "s": Fate.SLOW, "l": Fate.LATE, "n": Fate.NEVER, "u": Fate.USELESS, "o": Fate.AWAY, "a": Fate.ASK,
}  # fmt: skip


def _temper(pattern: str, haste: float = 1.0) -> Temper:
    return Temper(tuple(_LETTERS[letter] for letter in pattern), haste)


TEMPERS = {
    "disdukcapil": _temper("pppppppp", haste=0.4),
    "pdam": _temper("ppsppappps", haste=0.7),
    "dishub": _temper("pspplpaspp"),
    "pupr": _temper("plspnspalps"),
    "dlh": _temper("lpnlslpnpl"),
    "dinsos": _temper("psppappp"),
    "dinkes": _temper("pspa"),
    "rsud": _temper("ps"),
    "disdikbud": _temper("opslp"),
    "satpolpp": _temper("upspul"),
    "inspektorat": _temper("ps"),
    "kec-selebar": _temper("n"),
}
USUAL = _temper("psp")

# Nobody writes in the night: what falls into it is done in the morning.
MORNING, NIGHT = time(6, 30), time(22, 0)
# An answer that is meant to be in time leaves by then, whatever the night; the promise is 24 hours.
LATEST_IN_TIME = timedelta(hours=21)
IN_TIME = (Fate.PROMPT, Fate.SLOW, Fate.USELESS, Fate.ASK)


class Tempers:
    """Which fate is whose turn."""

    def __init__(self) -> None:
        self._cases: Counter[str] = Counter()

    def next(self, agency: str) -> Fate:
        """The fate of the next case of this agency (a code of the preset)."""
        pattern = of(agency).pattern
        fate = pattern[self._cases[agency] % len(pattern)]
        self._cases[agency] += 1
        return fate


def of(agency: str) -> Temper:
    """The temper of an agency; those without one of their own are good enough."""
    return TEMPERS.get(agency, USUAL)


def moment(fate: Fate, agency: str, since: datetime, zone: tzinfo, random: Random) -> datetime:
    """When the officer of `agency` writes on a case assigned at `since` (aware); never in the night."""
    first, last = fate.value
    haste = of(agency).haste if fate in IN_TIME else 1.0
    at = daytime(since + timedelta(hours=random.uniform(first, last) * haste), zone, random)
    return min(at, since + LATEST_IN_TIME) if fate in IN_TIME else at


def daytime(at: datetime, zone: tzinfo, random: Random) -> datetime:
    """`at`, or within the first hours of the next morning when it falls into the night."""
    local = at.astimezone(zone)
    if MORNING <= local.time() < NIGHT:
        return at
    day = local.date() + timedelta(days=1) if local.time() >= NIGHT else local.date()
    return datetime.combine(day, MORNING, zone) + timedelta(minutes=random.uniform(0, 100))
