"""The form: complaints filed per second by eight browsers, beside a bare Flask insert under the same gunicorn."""

import json
from dataclasses import dataclass

from bench.browsers import BROWSERS, WARM_UP
from bench.city import City, Site
from bench.figures import Figure, percentile

POSTS = 1500
LIMIT_IS = "a bare Flask insert, same gunicorn, same requests"


@dataclass
class Run:
    """What the browsers saw."""

    rate: float
    p50: float
    p99: float


def measure(city: City, scale: float) -> list[Figure]:
    """POST / at concurrency 8: with web alone, and with worker and schedule at work as in production."""
    posts = max(BROWSERS, int(POSTS * scale) // BROWSERS * BROWSERS)
    with city.site("form") as site:
        port = site.start_web()
        alone = _browse(site, port, posts)
        bare_port = _start_bare(site)
        bare = _browse(site, bare_port, posts)
        site.processes.terminate("bare")
        site.start("worker", "schedule")
        together = _browse(site, port, posts)
        filed = site.value("SELECT count(*) FROM complaint")
    expected = 2 * (posts + BROWSERS * WARM_UP)
    if filed != expected:
        raise RuntimeError(f"{filed} complaints of {expected}")
    shared = {"posts": posts, "limit p50 ms": bare.p50, "limit p99 ms": bare.p99}
    return [
        Figure(name, run.rate, "posts/s", bare.rate, LIMIT_IS, {"p50 ms": run.p50, "p99 ms": run.p99} | shared)
        for name, run in (("form, web alone", alone), ("form, with worker and schedule", together))
    ]


def _start_bare(site: Site) -> int:
    site.database.execute("CREATE TABLE scratch (id serial PRIMARY KEY, text text NOT NULL)")
    return site.start_web("bare", "bench.bare:app")


def _browse(site: Site, port: int, posts: int) -> Run:
    seen = json.loads(site.run("bench.browsers", str(port), str(posts)))
    if seen["statuses"] != {"303": posts}:
        raise RuntimeError(f"answers were {seen['statuses']}")
    took = seen["milliseconds"]
    return Run(posts / seen["seconds"], percentile(took, 0.5), percentile(took, 0.99))
