"""Latency: from a citizen's mail accepted by SMTP to the agency's assignment mail accepted by SMTP, one at a time."""

import random
import threading
import time
from collections.abc import Callable

from bench.bare_loop import watch
from bench.city import City, Site
from bench.corpus import CITIZENS_DOMAIN, mail
from bench.figures import Figure, percentile
from bench.sink import Sink, open_sink
from tests.road.parts import MAIL_ADDRESS

TIMES = 60
WARM_UP = 3
LONGEST_SECONDS = 20
BARE_ADDRESS = f"tanpa.apa.apa@{CITIZENS_DOMAIN}"


def measure(city: City, scale: float) -> list[Figure]:
    """All processes as in production; mail in through the parts' own server, mail out to a sink beside us."""
    times = max(3, int(TIMES * scale))
    with open_sink() as sink, city.site("latency", SMTP_URL=sink.url) as site:
        site.start_web()
        site.start("worker", "poller", "schedule")
        site.wait("SELECT count(*) FROM mailbox WHERE read_until IS NOT NULL", 1)
        took = _repeat(times, lambda number: _through_tuntas(site, sink, number))
        site.processes.end_all()
        bare = _bare(site, sink, max(3, times // 3))
    more = {
        "times": times,
        "p99 ms": percentile(took, 0.99),
        "most ms": max(took),
        "limit p99 ms": percentile(bare, 0.99),
    }
    limit_is = "IDLE, fetch, one insert and commit, SMTP"
    return [Figure("latency, p50", percentile(took, 0.5), "ms", percentile(bare, 0.5), limit_is, more)]


def _repeat(times: int, once: Callable[[int], float]) -> list[float]:
    """Milliseconds of each time, with uneven pauses so that no sweep keeps step with us."""
    dice = random.Random(times)
    took = []
    for number in range(WARM_UP + times):
        time.sleep(dice.uniform(0.02, 0.3))
        took.append(once(number) * 1000)
    return took[WARM_UP:]


def _through_tuntas(site: Site, sink: Sink, number: int) -> float:
    site.parts.send(mail(number, MAIL_ADDRESS), *_envelope(MAIL_ADDRESS))
    begin = time.monotonic()
    two = [sink.taken.get(timeout=LONGEST_SECONDS) for _ in range(2)]  # assignment and acknowledgement
    assignment = next(taken for taken in two if not taken.recipient.endswith(CITIZENS_DOMAIN))
    return assignment.at - begin


def _bare(site: Site, sink: Sink, times: int) -> list[float]:
    """The same way with nothing in between: what the servers themselves take."""
    stop, ready = threading.Event(), threading.Event()
    thread = threading.Thread(target=watch, args=(site, BARE_ADDRESS, sink.port, ready, stop))
    thread.start()

    def once(number: int) -> float:
        site.parts.send(mail(number, BARE_ADDRESS), *_envelope(BARE_ADDRESS))
        begin = time.monotonic()
        return sink.taken.get(timeout=LONGEST_SECONDS).at - begin

    try:
        if not ready.wait(LONGEST_SECONDS):
            raise RuntimeError("the bare loop did not start")
        return _repeat(times, once)
    finally:
        stop.set()
        thread.join()


def _envelope(recipient: str) -> tuple[str, str]:
    return f"warga@{CITIZENS_DOMAIN}", recipient
