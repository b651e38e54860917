"""Ingest: a backlog in the mailbox, until every mail is a complaint with its letters queued; and the memory it takes.

Poller and worker have started and wait; the poller stands still while the backlog is laid into the mailbox, so that
neither their start nor the laying counts.
"""

import base64
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from imapclient import IMAPClient
from redis import Redis

from bench.city import City, Site
from bench.corpus import mail
from bench.figures import Figure
from bench.mailbox import connect
from bench.usage import cpu_seconds, peak_mb, postmaster
from service import queues
from service.intake.archive import ARCHIVE
from tests.road.parts import MAIL_ADDRESS, wait_for

MAILS, SIZES = 2000, (2048, 8192)
MANY_MAILS, LARGE_BYTES = 20_000, 40_000_000
AT_ONCE = 50
COMPLAINTS = "SELECT count(*) FROM complaint"
LIMIT_IS = "IMAP fetch by 50s, one insert and commit each"


def measure(city: City, scale: float) -> list[Figure]:
    """Mails per second of the poller and one worker, and the processor time of each, at 2 KB and at 8 KB."""
    return [_at_size(city, int(MAILS * scale), size) for size in SIZES]


def _at_size(city: City, count: int, size: int) -> Figure:
    with _waiting_site(city, f"ingest_{size}") as (site, client):
        _lay(client, count, size)
        before = _Used.of(site)
        begin = time.monotonic()
        site.processes.signal("poller", signal.SIGCONT)
        site.wait(COMPLAINTS, count)
        seconds = time.monotonic() - begin
        used = _Used.of(site).since(before)
        letters = site.value("SELECT count(*) FROM outbound_mail WHERE status = 'queued'")
        routed = site.value("SELECT count(*) FROM complaint WHERE agency_id IS NOT NULL")
        site.processes.end_all()
        limit = _limit(site, client, count)
    if letters < 2 * count:
        raise RuntimeError(f"{letters} letters for {count} complaints")
    more = {"mails": count, "seconds": seconds} | used.per_thousand(count) | {"routed without the desk": routed / count}
    return Figure(f"ingest, {size // 1024} KB", count / seconds, "mails/s", limit, LIMIT_IS, more)


def measure_memory(city: City, scale: float) -> list[Figure]:
    """The most memory that poller and worker held: after a tenth of 20,000 mails, after all, and with one of 40 MB."""
    count = int(MANY_MAILS * scale)
    peaks = {}
    with _waiting_site(city, "memory") as (site, client):
        done = 0
        for part in (count // 10, count - count // 10):
            _lay(client, part, SIZES[0], first=done)
            done += part
            site.processes.signal("poller", signal.SIGCONT)
            site.wait(COMPLAINTS, done, pause=0.5, seconds=600)
            peaks[done] = _peaks(site)
            site.processes.signal("poller", signal.SIGSTOP)
        client.append("INBOX", _large(done, int(LARGE_BYTES * min(1.0, scale * 10))))
        site.processes.signal("poller", signal.SIGCONT)
        site.wait(COMPLAINTS, done + 1)
        large = _peaks(site)
    first, last = peaks.values()
    return [
        Figure(
            f"memory, {role}",
            last[role],
            "MB",
            first[role],
            f"the same after {count // 10} mails",
            {"mails": count, "MB with a 40 MB mail": large[role]},
        )
        for role in ("poller", "worker")
    ]


@dataclass(frozen=True)
class _Used:
    """Processor seconds of the three."""

    poller: float
    worker: float
    database: float

    @classmethod
    def of(cls, site: Site) -> "_Used":
        """Since they were started."""
        pids = {name: process.pid for name, process in site.processes.running.items()}
        return cls(*(cpu_seconds(pid) for pid in (pids["poller"], pids["worker"], postmaster(site.database))))

    def since(self, before: "_Used") -> "_Used":
        """What was used since `before`."""
        return _Used(self.poller - before.poller, self.worker - before.worker, self.database - before.database)

    def per_thousand(self, count: int) -> dict[str, float]:
        """For a table: in all, and each."""
        parts = {"poller": self.poller, "worker": self.worker, "database": self.database}
        each = {f"{name} CPU-s/1000": 1000 * seconds / count for name, seconds in parts.items()}
        return {"CPU-s/1000": sum(each.values())} | each


def _peaks(site: Site) -> dict[str, float]:
    return {role: peak_mb(site.processes.running[role].pid) for role in ("poller", "worker")}


@contextmanager
def _waiting_site(city: City, name: str) -> Iterator[tuple[Site, IMAPClient]]:
    """A site whose worker waits for a bell and whose poller was stopped as it waited for mail.

    No letter leaves it: the bell of the outbox is taken (as if a delivery were about to start), and no schedule runs
    that would ring it. The letters lie in the outbox, rendered by nobody.
    """
    with city.site(name) as site, connect(site, MAIL_ADDRESS) as client:
        for folder in ("INBOX", ARCHIVE):
            _empty(client, folder)
        with contextlib.closing(Redis.from_url(site.parts.redis_url)) as redis:
            redis.set(queues._mark(queues.DELIVER_MAIL), 1)
        site.start("worker", "poller")
        wait_for(lambda: site.value("SELECT count(read_until) FROM mailbox"), "the poller")
        time.sleep(0.5)
        site.processes.signal("poller", signal.SIGSTOP)
        yield site, client


def _empty(client: IMAPClient, folder: str) -> None:
    """What an earlier measure left behind."""
    if client.folder_exists(folder):
        client.select_folder(folder)
        client.delete_messages(client.search())
        client.expunge()


def _lay(client: IMAPClient, count: int, size: int, first: int = 0) -> None:
    for number in range(first, first + count):
        client.append("INBOX", mail(number, MAIL_ADDRESS, size))


def _large(number: int, size: int) -> bytes:
    """A complaint with a film of so many bytes as mails carry it."""
    film = base64.encodebytes(
        b"\0\0\0\x18ftypmp42" + os.urandom(size * 37 // 50)
    )  # as base64 with line ends it is 50/37 as long.replace(b"\n", b"\r\n")
    head, _, text = mail(2 * number + 1, MAIL_ADDRESS, SIZES[0]).partition(b"\r\n\r\n")
    kept = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith((b"Content-", b"MIME-")))
    parts = (
        b"MIME-Version: 1.0", b'Content-Type: multipart/mixed; boundary="film"', b"", b"--film",
        b"Content-Type: text/plain; charset=utf-8", b"", text, b"--film", b"Content-Type: video/mp4",
        b"Content-Transfer-Encoding: base64", b'Content-Disposition: attachment; filename="banjir.mp4"', b"", film,
        b"--film--", b"",
    )  # fmt: skip
    return b"\r\n".join((kept, *parts))


def _limit(site: Site, client: IMAPClient, count: int) -> float:
    """The same mails fetched from where they were archived, each inserted and committed by itself."""
    folder = ARCHIVE if client.folder_exists(ARCHIVE) else "INBOX"
    with psycopg.connect(site.database_url) as database:
        database.execute("CREATE TABLE scratch (id bigserial PRIMARY KEY, uid bigint, raw bytea)")
        database.commit()
        begin = time.monotonic()
        client.select_folder(folder, readonly=True)
        uids = client.search()
        for start in range(0, len(uids), AT_ONCE):
            for uid, data in client.fetch(uids[start : start + AT_ONCE], ["BODY.PEEK[]"]).items():
                database.execute("INSERT INTO scratch (uid, raw) VALUES (%s, %s)", (uid, data[b"BODY[]"]))
                database.commit()
        seconds = time.monotonic() - begin
    if len(uids) != count:
        raise RuntimeError(f"{len(uids)} mails archived of {count}")
    return count / seconds
