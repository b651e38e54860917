"""Delivery: letters in the outbox, sent by one worker to a real SMTP server, beside a bare smtplib loop."""

import contextlib
import smtplib
import time

from redis import Redis
from rq import Queue

from bench.city import City, Site
from bench.figures import Figure
from service import clock, queues
from tests.road.parts import HOST

LETTERS = 1000
SENT = "SELECT count(*) FROM outbound_mail WHERE status = 'sent'"


def measure(city: City, scale: float) -> list[Figure]:
    """Letters per second: rendered, sent over one connection, each one's outcome committed."""
    count = int(LETTERS * scale) // 2 * 2
    with city.site("deliver") as site:
        site.run("bench.fill", str(count // 2), clock.now().isoformat())  # two letters each
        city.parts.flush_redis()
        site.start("worker")
        begin = time.monotonic()
        with contextlib.closing(Redis.from_url(city.parts.redis_url)) as client:
            Queue(queues.MAIL, connection=client).enqueue(queues.DELIVER_MAIL)
        site.wait(SENT, count)
        seconds = time.monotonic() - begin
        site.processes.end_all()
        city.settle()
        limit, size = _limit(site, count)
        city.settle()
    more = {
        "letters": count,
        "seconds": seconds,
        "bytes each": size,
        "server": "Postfix" if city.parts.name == "debian" else "aiosmtpd",
    }
    return [Figure("deliver", count / seconds, "mails/s", limit, "smtplib, one connection, the same bytes", more)]


def _limit(site: Site, count: int) -> tuple[float, int]:
    """The rate of a bare loop over the same mails, and how large they are."""
    mails = site.database.execute("SELECT to_address, raw FROM outbound_mail WHERE raw IS NOT NULL").fetchall()
    if len(mails) != count:
        raise RuntimeError(f"{len(mails)} letters of {count} were rendered")
    sender = site.environment["MAIL_ADDRESS"]
    with smtplib.SMTP(HOST, site.parts.smtp_port, timeout=30) as client:
        begin = time.monotonic()
        for recipient, raw in mails:
            client.sendmail(sender, [recipient], raw)
        seconds = time.monotonic() - begin
    return count / seconds, sum(len(raw) for _, raw in mails) // count
