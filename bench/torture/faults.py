"""What breaks, when, and for how long. The same seed gives the same list."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

KILL, CUT, FREEZE, STOP = "kill", "cut", "freeze", "stop"
PRODUCT = ("worker", "worker-2", "poller", "poller-2", "schedule")
PARTS = ("postgres", "redis", "dovecot", "postfix")
NETWORK = ("database", "redis", "smtp", "imap")
GROUPS = {"workers": ("worker", "worker-2"), "pollers": ("poller", "poller-2"), "everything": PRODUCT}
# One round: everything once, what matters most several times. A run deals such rounds, each in another order.
ROUND = (
    *[(KILL, target) for target in (*PRODUCT, *PARTS, *GROUPS)],
    *[(CUT, target) for target in NETWORK],
    *[(FREEZE, target) for target in NETWORK],
    *[(STOP, target) for target in ("worker", "worker-2", "poller", "postgres", "dovecot", "postfix")],
    *[(KILL, target) for target in ("worker", "worker-2", "poller", "postgres", "dovecot", "postfix")],
    *[(CUT, "database"), (CUT, "smtp")],
)
# Some of these are aimed at the instant where a letter can go twice.
AIMED = (
    *[(KILL, target) for target in ("workers", "everything", "postgres", "postfix")],
    *[(CUT, "database"), (CUT, "smtp"), (FREEZE, "smtp"), (FREEZE, "database"), (STOP, "postgres")],
)
AIMED_SHARE = 0.5
# Mostly a blink; now and then longer than a lease of the mailbox, or than anybody waits for an answer.
MEAN_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.8, 6.0
LONG_SHARE, LONG_SECONDS = 0.02, 35.0


@dataclass
class Fault:
    """One thing that breaks `wait` seconds after the one before it, and is mended `pause` seconds later. `begun` and
    `mended` are machine time, 0 while it has not happened. One that is `aimed` waits a while for the instant in which
    the mail server has just taken a letter of ours, and we do not know it yet."""

    kind: str
    target: str
    wait: float
    pause: float
    aimed: bool = False
    begun: float = 0.0
    mended: float = 0.0

    @property
    def name(self) -> str:
        """Its kind, as tables name it."""
        return f"{self.kind} {self.target}"


def deal(dice: random.Random, mean_wait: float) -> Iterator[Fault]:
    """Faults without end."""
    while True:
        for kind, target in dice.sample(ROUND, len(ROUND)):
            pause = min(LONGEST_PAUSE_SECONDS, dice.expovariate(1 / MEAN_PAUSE_SECONDS))
            if kind in (FREEZE, STOP) and dice.random() < LONG_SHARE:
                pause = LONG_SECONDS
            wait, aimed = dice.uniform(0.1, 1.9) * mean_wait, dice.random() < AIMED_SHARE
            yield Fault(kind, target, wait, pause, aimed and (kind, target) in AIMED)
