"""The page that explains a due time: milliseconds a page, on a database full of cases, beside an empty page."""

import http.client
import time
from datetime import timedelta

from bench.city import City, Site
from bench.figures import Figure, percentile
from service import clock

CASES = 20_000
PAGES = 300
WARM_UP = 20


def measure(city: City, scale: float) -> list[Figure]:
    """One browser, one page after another, each of another case."""
    cases, pages = max(1000, int(CASES * scale)), max(50, int(PAGES * scale))
    with city.site("explain") as site:
        for hours in range(0, 40, 10):  # in pieces, so that no step of the filling takes too long
            received = clock.now() - timedelta(hours=hours + 1)
            site.run("bench.fill", str(cases // 4), received.isoformat())
        site.database.execute("VACUUM ANALYZE")
        port = site.start_web()
        tokens = _tokens(site, pages + WARM_UP)
        took = _browse(port, [f"/lacak/{token}/waktu" for token in tokens])
        bare = _browse(port, ["/healthz"] * (pages + WARM_UP))
        filed = site.value("SELECT count(*) FROM complaint")
    more = {"cases": filed, "pages": pages, "p50 ms": percentile(took, 0.5), "worst ms": max(took)}
    limit = percentile(bare, 0.99)
    return [Figure("explain, p99 of a page", percentile(took, 0.99), "ms", limit, "an empty page, same gunicorn", more)]


def _tokens(site: Site, count: int) -> list[str]:
    rows = site.database.execute("SELECT token FROM complaint ORDER BY md5(number) LIMIT %s", (count,))
    return [token for (token,) in rows]


def _browse(port: int, addresses: list[str]) -> list[float]:
    """Milliseconds of each page but the first ones, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    took = []
    for address in addresses:
        begin = time.perf_counter()
        connection.request("GET", address)
        answer = connection.getresponse()
        answer.read()
        took.append((time.perf_counter() - begin) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{address} answered {answer.status}")
    connection.close()
    return took[WARM_UP:]
