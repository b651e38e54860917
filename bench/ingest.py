"""Ingest: a backlog in the mailbox, from the first fetch until every mail is a complaint with its letters queued."""

import contextlib
import json
import time
from datetime import datetime

import psycopg
from imapclient import IMAPClient
from redis import Redis

from bench.city import City, Site
from bench.corpus import mail
from bench.figures import Figure
from bench.mailbox import connect
from service import clock, queues
from service.intake.mailbox import ARCHIVE, BATCH_MAILS
from tests.road.parts import MAIL_ADDRESS

MAILS = 2000
COMPLAINTS = "SELECT count(*) FROM complaint"


def measure(city: City, scale: float) -> list[Figure]:
    """Mails per second of the poller and one worker.

    No letter leaves meanwhile: the bell of the outbox is taken (as if a delivery were about to start), and no
    schedule runs that would ring it. The letters lie in the outbox, rendered by nobody.
    """
    count = int(MAILS * scale)
    with city.site("ingest") as site, connect(site, MAIL_ADDRESS) as client:
        for number in range(count):
            client.append("INBOX", mail(number, MAIL_ADDRESS))
        _hold_letters(site)
        site.start("worker")
        site.start("poller")
        site.wait(COMPLAINTS, count)
        seconds = (clock.machine_clock() - _first_fetch(site)).total_seconds()
        letters = site.value("SELECT count(*) FROM outbound_mail WHERE status = 'queued'")
        stored = site.value("SELECT extract(epoch FROM max(stored_at) - min(stored_at)) FROM inbound_mail")
        routed = site.value("SELECT count(*) FROM complaint WHERE agency_id IS NOT NULL")
        site.processes.end_all()
        limit = _limit(site, client, count)
    if letters < 2 * count:
        raise RuntimeError(f"{letters} letters for {count} complaints")
    more = {
        "mails": count,
        "seconds": seconds,
        "raw mails stored per second": count / float(stored) if stored else 0.0,
        "routed without the desk": routed / count,
    }
    return [Figure("ingest", count / seconds, "mails/s", limit, "IMAP fetch by 50s, one insert and commit each", more)]


def _hold_letters(site: Site) -> None:
    with contextlib.closing(Redis.from_url(site.parts.redis_url)) as client:
        client.set(queues._mark(queues.DELIVER_MAIL), 1)


def _first_fetch(site: Site) -> datetime:
    """When the poller was connected: its next step is the first fetch."""
    for line in (site.processes.logs / "poller.log").read_text().splitlines():
        if '"mailbox_connected"' in line:
            return datetime.fromisoformat(json.loads(line)["at"])
    raise RuntimeError("the poller never connected")


def _limit(site: Site, client: IMAPClient, count: int) -> float:
    """The same mails fetched from where they were archived, each inserted and committed by itself."""
    folder = ARCHIVE if client.folder_exists(ARCHIVE) else "INBOX"
    with psycopg.connect(site.database_url) as database:
        database.execute("CREATE TABLE scratch (id bigserial PRIMARY KEY, uid bigint, raw bytea)")
        database.commit()
        begin = time.monotonic()
        client.select_folder(folder, readonly=True)
        uids = client.search()
        for start in range(0, len(uids), BATCH_MAILS):
            for uid, data in client.fetch(uids[start : start + BATCH_MAILS], ["BODY.PEEK[]"]).items():
                database.execute("INSERT INTO scratch (uid, raw) VALUES (%s, %s)", (uid, data[b"BODY[]"]))
                database.commit()
        seconds = time.monotonic() - begin
    if len(uids) != count:
        raise RuntimeError(f"{len(uids)} mails archived of {count}")
    return count / seconds
