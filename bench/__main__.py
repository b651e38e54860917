"""`python -m bench [NAME …] [--quick]`: measure, print a table and JSON, keep the JSON in out/bench.json."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import deliver, explain, form, hostile, ingest, latency, sweep, verify, week_figures
from bench.city import City, end_on_sigterm
from bench.figures import Figure, cores_in_use, rounded
from service import clock

Measure = Callable[[City, float], list[Figure]]
MEASURES: dict[str, Measure] = {
    "ingest": ingest.measure,
    "memory": ingest.measure_memory,
    "form": form.measure,
    "latency": latency.measure,
    "sweep": sweep.measure,
    "deliver": deliver.measure,
    "hostile": hostile.measure,
    "explain": explain.measure,
    "figures": week_figures.measure,
    "verify": verify.measure,
}
REPORT = Path("out/bench.json")


def main(arguments: list[str]) -> int:
    """Run what was asked for; returns 1 when a measure failed, 2 when it was interrupted."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Tuntas on real parts.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(MEASURES)} (all without one)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes: shows that it runs, not how fast")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in MEASURES]
    if unknown:
        parser.error(f"no measure {unknown[0]!r}; there are {', '.join(MEASURES)}")
    end_on_sigterm()
    city = City()
    if city.why_embedded:
        print(f"Embedded parts, for want of {city.why_embedded}.", file=sys.stderr)
    report = {"at": clock.machine_clock().isoformat(timespec="seconds"), "quick": chosen.quick, **_machine(city)}
    try:
        with city.running():
            report["measures"] = [
                _measured(city, name, 0.1 if chosen.quick else 1.0) for name in chosen.names or MEASURES
            ]
    except KeyboardInterrupt:
        return 2
    _print(report)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1) + "\n")
    return 1 if any("failed" in measure for measure in report["measures"]) else 0


def _measured(city: City, name: str, scale: float) -> dict[str, Any]:
    """One measure with how busy the machine was with other work just before it."""
    busy = cores_in_use()
    print(f"{name} …", file=sys.stderr, flush=True)
    begin = time.monotonic()
    around = {"measure": name, "cores busy before": rounded(busy)}
    try:
        figures = MEASURES[name](city, scale)
    except Exception as error:  # the other measures are still worth having
        print(f"{name} failed: {error}", file=sys.stderr)
        return around | {"failed": f"{type(error).__name__}: {error}"}
    seconds = rounded(time.monotonic() - begin)
    return around | {"took s": seconds, "figures": [figure.as_json() for figure in figures]}


def _machine(city: City) -> dict[str, Any]:
    return {
        "parts": city.parts.name,
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def _print(report: dict[str, Any]) -> None:
    print(f"\nTuntas on {report['parts']} parts, {report['cores']} cores ({report['processor']}), {report['at']}\n")
    print(f"{'measure':32}{'result':>16}{'limit':>16}{'ratio':>8}   more")
    for measure in report["measures"]:
        if "failed" in measure:
            print(f"{measure['measure']:32}failed: {measure['failed']}")
        for figure in measure.get("figures", ()):
            result, limit = (f"{_short(figure[key])} {figure['unit']}" for key in ("value", "limit"))
            more = ", ".join(f"{name} {_short(value)}" for name, value in figure["more"].items())
            print(f"{figure['name']:32}{result:>16}{limit:>16}{figure['ratio']:>7.0%}   {more}")
    print("\n" + json.dumps(report))


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
