"""The sweep: ten thousand clocks that are due at the same instant, with worker and schedule as in production."""

import time
from datetime import UTC, datetime, timedelta

import psycopg

from bench.city import City, Site
from bench.figures import Figure
from service import clock

CLOCKS = 10_000
BATCH = 100
LEAD = timedelta(seconds=4)
REMINDED = "SELECT count(*) FROM event WHERE kind = 'remind'"
LETTERS = "SELECT count(*) FROM outbound_mail WHERE kind = 'reminder'"


def measure(city: City, scale: float) -> list[Figure]:
    """Seconds from the instant until every clock has its event and its letter, committed."""
    count = int(CLOCKS * scale)
    with city.site("sweep") as site:
        filler = clock.now() - timedelta(hours=1)
        site.run("bench.fill", str(count), filler.isoformat())
        site.database.execute("UPDATE outbound_mail SET status = 'sent'")  # what the filling left; not measured
        city.parts.flush_redis()
        site.database.execute("VACUUM ANALYZE")
        limit = _limit(site, count)
        site.start("worker", "poller", "schedule")
        site.wait("SELECT count(*) FROM mailbox WHERE read_until IS NOT NULL", 1)
        due = _all_due_at(site, clock.now() + LEAD)
        time.sleep(max(0.0, (due - clock.now()).total_seconds()))
        site.wait(REMINDED, count)
        seconds = (clock.now() - due).total_seconds()
        letters = site.value(LETTERS)
        lateness = _lateness(site, due)
    if letters != count:
        raise RuntimeError(f"{letters} reminders for {count} clocks")
    more = {"clocks": count, "clocks per second": count / seconds} | lateness
    limit_is = "claim by 100s, two plain inserts and one update each, psycopg"
    return [Figure("sweep, until all is committed", seconds, "s", limit, limit_is, more)]


def _all_due_at(site: Site, due: datetime) -> datetime:
    """Move every case in time so that its first reminder is due then."""
    shift = due - site.value("SELECT min(next_at) FROM deadline")
    with site.database.transaction():
        site.database.execute(
            "UPDATE deadline SET start_at = start_at + %(shift)s, due_at = due_at + %(shift)s,"
            " next_at = next_at + %(shift)s",
            {"shift": shift},
        )
        site.database.execute(
            "UPDATE complaint SET received_at = received_at + %(shift)s, due_at = due_at + %(shift)s", {"shift": shift}
        )
    return due


def _lateness(site: Site, due: datetime) -> dict[str, float]:
    instants = site.value(
        "SELECT percentile_disc(ARRAY[0, 0.5, 0.99, 1]) WITHIN GROUP (ORDER BY recorded_at) FROM event"
        " WHERE kind = 'remind'"
    )
    names = ("first late s", "half late s", "p99 late s", "last late s")
    return {name: (at.astimezone(UTC) - due).total_seconds() for name, at in zip(names, instants, strict=True)}


def _limit(site: Site, count: int) -> float:
    """Seconds of the least that must happen for as many clocks, on copies of the tables."""
    with psycopg.connect(site.database_url) as database:
        database.execute("CREATE TABLE due AS SELECT * FROM deadline")
        database.execute("ALTER TABLE due ADD PRIMARY KEY (id)")
        database.execute("CREATE INDEX ON due (next_at) WHERE next_at IS NOT NULL")
        database.execute("CREATE TABLE said (LIKE event INCLUDING ALL)")
        database.execute("CREATE TABLE letter (LIKE outbound_mail INCLUDING ALL)")
        event, letter = _rows(database)
        database.commit()
        begin = time.monotonic()
        for _ in range(0, count, BATCH):
            claimed = database.execute(
                "SELECT id FROM due WHERE next_at IS NOT NULL ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED",
                (BATCH,),
            ).fetchall()
            with database.cursor() as cursor:
                cursor.executemany(event, claimed)
                cursor.executemany(letter, [(each, each, each) for (each,) in claimed])
                cursor.executemany("UPDATE due SET next_at = NULL WHERE id = %s", claimed)
            database.commit()
        seconds = time.monotonic() - begin
        database.execute("DROP TABLE due, said, letter")
    return seconds


def _rows(database: psycopg.Connection) -> tuple[str, str]:
    """Two INSERTs that write a row like a real one."""
    event = (
        "INSERT INTO said (complaint_id, seq, kind, at, recorded_at, actor, payload, previous_hash, hash)"
        " VALUES (%s, 3, 'remind', now(), now(), 'system', '{\"percent\": 50}', repeat('0', 64), repeat('1', 64))"
    )
    letter = (
        "INSERT INTO letter (ledger_key, complaint_id, kind, to_address, to_name, message_id, thread, reply_to,"
        " context, status, created_at, attempts, log)"
        " SELECT 'key' || %s::text, complaint_id, kind, to_address, to_name, 'mail' || %s::text, thread,"
        " reply_to, context, 'queued', now(), 0, '[]' FROM outbound_mail"
        " WHERE complaint_id = (SELECT complaint_id FROM due WHERE id = %s) LIMIT 1"
    )
    return event, letter
