"""What a measure gives: figures, and the small arithmetic that they share."""

import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Figure:
    """One figure beside its physical limit, measured in the same run.

    `unit` is a rate ("mails/s") or a time ("ms", "s"); `ratio` is how much of the limit is reached, 1.0 being all.
    """

    name: str
    value: float
    unit: str
    limit: float
    limit_is: str
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Share of the limit: for rates value ÷ limit, for times limit ÷ value."""
        best, worst = (self.value, self.limit) if self.unit.endswith("/s") else (self.limit, self.value)
        return best / worst if worst else 0.0

    def as_json(self) -> dict[str, Any]:
        """Plain data, rounded to what the measuring can tell."""
        plain = asdict(self) | {"ratio": self.ratio}
        return {name: rounded(value) for name, value in plain.items()}


def rounded(value: Any) -> Any:
    """Numbers with three significant digits, also inside of dicts."""
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    return float(f"{value:.3g}") if isinstance(value, float) else value


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of `values` lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def cores_in_use(seconds: float = 1.0) -> float:
    """How many cores all processes of this machine keep busy just now; 0.0 where the system does not tell."""
    before = _busy()
    time.sleep(seconds)
    return (_busy() - before) / os.sysconf("SC_CLK_TCK") / seconds


def _busy() -> int:
    path = Path("/proc/stat")
    if not path.exists():
        return 0
    ticks = [int(word) for word in path.read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4]  # all but idle and waiting for the disk
