"""The figures of one week, for 60 agencies, out of 100,000 and then 1,000,000 complaints of one year.

`python -m bench.week_figures START TIMES` (started by the measure): the seconds of each reading, as JSON.
"""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from statistics import median

import psycopg

from bench.city import City, Site
from bench.figures import Figure
from service.agencies import directory as directories
from service.app import create_app
from service.compliance.figures import officer_figures, week_figures
from service.database import transaction

COMPLAINTS = 1_000_000
EVENTS_EACH = 5
AGENCIES = 60
WEEKS = 52
TIMES = 7
# The year ends before now, so that a year's cases are all past; the week measured is in its middle.
YEAR = datetime(2025, 1, 5, 17, tzinfo=UTC)
WEEK = YEAR + timedelta(weeks=26)

# One year of cases, spread evenly over its minutes and over the agencies. Nine in ten are answered within the day, and
# after the year 1 in 2,000 is still open. A case is settled by its number, so that each statement sees the same.
CASES = """
INSERT INTO complaint (id, number, token, state, channel, received_at, subject, classification, place, agency_id,
    routing_reason, candidates, anonymous, confidential, reporter_name, reporter_email, reporter_phone,
    reporter_thread, run, due_at, responded_at, breached_at, accountable_id, events, head_hash)
SELECT n, 'BKL-25-' || n, 'token-' || n, CASE WHEN n % 2000 = 0 THEN 'assigned' ELSE 'closed' END, 'form', at,
    'Jalan berlubang di depan sekolah', 'biasa', '', agency, 'kategori', '[]', false, false, 'Sari',
    'sari' || n || '@warga.example', '', '', 1, at + '24 hours',
    CASE WHEN n % 2000 > 0 THEN at + answer END, CASE WHEN late THEN at + '24 hours' END, agency, 5, repeat('0', 64)
FROM made
"""
CLOCKS = """
INSERT INTO deadline (complaint_id, kind, run, pact_id, calendar_id, start_at, due_at, next_step, next_kind, next_at,
    met_at, breached_at, accountable_id, excuse, objection, waited)
SELECT n, 'pact', 1, (SELECT min(id) FROM pact), (SELECT min(id) FROM calendar), at, at + '24 hours', 9, '',
    NULL::timestamptz, CASE WHEN n % 2000 > 0 THEN at + answer END, CASE WHEN late THEN at + '24 hours' END, agency,
    CASE WHEN late AND n % 50 = 0 THEN 'outage' ELSE '' END, '', 0
FROM made
UNION ALL
SELECT n, 'statute', 1, (SELECT min(id) FROM pact), (SELECT min(id) FROM calendar), at, at + '20 days', 9, '',
    NULL::timestamptz, at + '2 days', NULL, agency, '', '', 0
FROM made
"""
EVENTS = """
INSERT INTO event (complaint_id, seq, kind, at, recorded_at, actor, payload, previous_hash, hash)
SELECT n, seq, (ARRAY['open', 'assign', 'respond', 'remind', 'close'])[seq],
    CASE seq WHEN 3 THEN at + answer ELSE at END, at,
    CASE WHEN n %% 3 = 0 THEN 'account:' || n %% 200 ELSE 'agency:x' END,
    jsonb_build_object('holder', code, 'agency', code, 'message', md5(n::text)), repeat('0', 64), repeat('1', 64)
FROM made JOIN agency ON agency.id = made.agency, generate_series(1, %(events)s) AS seq
"""
MADE = """
CREATE TABLE made AS
WITH agencies AS (SELECT array_agg(id ORDER BY id) AS ids FROM (SELECT id FROM agency ORDER BY id LIMIT %(agencies)s) a)
SELECT n, %(start)s::timestamptz + (n - %(first)s) * (%(weeks)s * interval '7 days' / %(count)s) AS at,
    ids[1 + n %% array_length(ids, 1)] AS agency, (n * 7919 %% 1580) * interval '1 minute' AS answer,
    n %% 2000 = 0 OR n * 7919 %% 1580 > 1440 AS late
FROM agencies, generate_series(%(first)s::bigint, %(first)s + %(count)s - 1) AS n
"""
WEEKS_ROWS = "SELECT count(*) FROM deadline WHERE kind = 'pact' AND due_at >= %s AND due_at < %s"


def measure(city: City, scale: float) -> list[Figure]:
    """Seconds for one week's figures of all agencies; how they grow when the city grows tenfold."""
    count = int(COMPLAINTS * scale)
    with city.site("figures") as site:
        _fill(site, 1, count // 10)
        few = _read(site)
        _fill(site, count // 10 + 1, count - count // 10)
        many = _read(site)
        limit = _limit(site)
        rows = {"rows before": few["rows"], "rows": many["rows"]}
    more = {
        "complaints": count,
        "events": count * EVENTS_EACH,
        "with a tenth s": few["figures"],
        "growth": many["figures"] / few["figures"],
        "growth of the week's rows": many["rows"] / few["rows"],
        "per officer s": many["officers"],
    }
    limit_is = "the same counts over a table that holds the week's rows and nothing else"
    return [Figure("figures of one week", many["figures"], "s", limit, limit_is, more | rows)]


def _fill(site: Site, first: int, count: int) -> None:
    """Add `count` cases to the year, by SQL; triggers and foreign keys would only cost time here."""
    facts = {"start": YEAR, "first": first, "count": count, "weeks": WEEKS, "agencies": AGENCIES}
    with site.database.transaction():
        site.database.execute("SET LOCAL session_replication_role = replica")
        site.database.execute("SET LOCAL synchronous_commit = off")
        site.database.execute(MADE, facts)
        for statement in (CASES, CLOCKS):
            site.database.execute(statement)
        site.database.execute(EVENTS, {"events": EVENTS_EACH})
        site.database.execute("DROP TABLE made")
    site.database.execute("VACUUM ANALYZE")


def _read(site: Site) -> dict[str, float]:
    seconds = json.loads(site.run("bench.week_figures", WEEK.isoformat(), str(TIMES)).splitlines()[-1])
    rows = site.database.execute(WEEKS_ROWS, (WEEK, WEEK + timedelta(weeks=1))).fetchone()[0]
    return {name: median(values) for name, values in seconds.items()} | {"rows": rows}


def _limit(site: Site) -> float:
    """Seconds of the least that must happen: the week's rows alone, in a table of their own."""
    with psycopg.connect(site.database_url) as database:
        database.execute(
            "CREATE TEMPORARY TABLE week AS SELECT accountable_id, met_at, due_at, start_at FROM deadline"
            " WHERE kind = 'pact' AND due_at >= %s AND due_at < %s",
            (WEEK, WEEK + timedelta(weeks=1)),
        )
        found = []
        for _ in range(TIMES):
            begin = time.monotonic()
            database.execute(
                "SELECT accountable_id, count(*), count(*) FILTER (WHERE met_at <= due_at),"
                " percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY met_at - start_at) FROM week GROUP BY 1"
            ).fetchall()
            found.append(time.monotonic() - begin)
    return median(found)


def read(start: datetime, times: int) -> dict[str, list[float]]:
    """Seconds of each reading of the week's figures; needs an application context."""
    end, seconds = start + timedelta(weeks=1), {"figures": [], "officers": []}
    for _ in range(times):
        with transaction() as session:
            directory = directories.current(session)
            for name, ask in (("figures", week_figures), ("officers", officer_figures)):
                begin = time.monotonic()
                ask(session, directory, start, end)
                seconds[name].append(time.monotonic() - begin)
    return seconds


if __name__ == "__main__":
    with create_app().app_context():
        print(json.dumps(read(datetime.fromisoformat(sys.argv[1]), int(sys.argv[2]))))
