"""The check of the whole database: 100,000 cases of five events, with words and clocks, and a daily anchor over them.

`python -m bench.verify fill COUNT` and `python -m bench.verify check` (started by the measure) do one half each.
"""

import hashlib
import json
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from bench.city import City
from bench.figures import Figure
from service.complaints.rules import FIRST_HASH, event_hash, instant_text, text_commitment

CASES = 100_000
YEAR = datetime(2025, 1, 5, 17, tzinfo=UTC)
WORDS = ("Jalan di depan SD 45 berlubang besar, sudah dua motor jatuh. " * 4, "Sudah kami tambal. " * 6)
CASE = (
    "id, number, token, state, channel, received_at, subject, classification, place, agency_id, routing_reason,"
    " candidates, anonymous, confidential, reporter_name, reporter_email, reporter_phone, reporter_thread, run, due_at,"
    " responded_at, accountable_id, closed_at, events, head_hash"
)
EVENT = "complaint_id, seq, kind, at, recorded_at, actor, payload, previous_hash, hash"
MESSAGE = "complaint_id, event_seq, author, agency_id, at, text, salt"
CLOCK = (
    "complaint_id, kind, run, pact_id, calendar_id, start_at, due_at, next_step, next_kind, met_at, accountable_id,"
    " excuse, objection, waited"
)


def measure(city: City, scale: float) -> list[Figure]:
    """Events checked in a second, with everything that belongs to them."""
    count = int(CASES * scale)
    with city.site("verify") as site:
        site.run("bench.verify", "fill", str(count))
        site.database.execute("VACUUM ANALYZE")
        found = json.loads(site.run("bench.verify", "check").splitlines()[-1])
        limit = _limit(site.database_url)
    if found["faults"]:
        raise RuntimeError(f"{len(found['faults'])} faults, the first: {found['faults'][0]}")
    events, seconds = found["events"], sum(found["seconds"].values())
    more = {f"{name} s": value for name, value in found["seconds"].items()} | {
        "events": events,
        "cases": count,
        "CPU s without the server": found["cpu"],
    }
    limit_is = "the same events read through one cursor, one SHA-256 each"
    return [Figure("verify the database", events / seconds, "events/s", limit, limit_is, more)]


def _limit(url: str) -> float:
    """Events a second of the least that must happen: each read and hashed."""
    begin, count = time.monotonic(), 0
    with psycopg.connect(url) as connection, connection.cursor(name="events") as cursor:
        cursor.itersize = 5_000
        cursor.execute("SELECT payload::text, previous_hash, hash FROM event ORDER BY complaint_id, seq")
        for payload, previous, _ in cursor:
            hashlib.sha256(f"{previous}\n{payload}".encode()).hexdigest()
            count += 1
    return count / (time.monotonic() - begin)


def fill(count: int) -> None:
    """Write so many answered cases by COPY, and one anchor over them; needs an application context."""
    from service.agencies import directory as directories
    from service.config import settings
    from service.database import transaction
    from service.evidence import anchoring

    with transaction() as session:
        directory = directories.current(session)
    agencies = [(unit.id, unit.code) for unit in directory.agencies()]
    with psycopg.connect(settings().database_url.replace("postgresql+psycopg", "postgresql")) as connection:
        terms = connection.execute("SELECT (SELECT min(id) FROM pact), (SELECT min(id) FROM calendar)").fetchone()
        connection.execute("SET session_replication_role = replica")  # foreign keys would be looked up row by row
        rows: list[list[tuple[Any, ...]]] = [[], [], [], []]
        for number in range(1, count + 1):
            for kept, made in zip(rows, _case(number, *agencies[number % len(agencies)], terms), strict=True):
                kept.extend(made)
            if number % 10_000 == 0 or number == count:
                for table, names, kept in zip(
                    ("complaint", "event", "message", "deadline"), (CASE, EVENT, MESSAGE, CLOCK), rows, strict=True
                ):
                    _copy(connection, table, names, kept)
                    kept.clear()
        connection.commit()
    anchoring.turn(transaction)


def _case(number: int, agency_id: int, code: str, terms: tuple[int, int]) -> tuple[list[tuple[Any, ...]], ...]:
    name = f"BKL-25-{number:05d}"
    at = YEAR + timedelta(minutes=5 * number)
    due, answered = at + timedelta(hours=24), at + timedelta(hours=6)
    events = list(_events(name, number, code, at, due, answered))
    case = (
        number, name, f"token-{number}", "closed", "form", at, WORDS[0][:60], "biasa", "", agency_id, "kategori",
        Jsonb([]), False, False, "Sari", "sari@warga.example", "", "", 1, due, answered, agency_id, answered,
        len(events), events[-1][-1],
    )  # fmt: skip
    words = [
        (number, 1, "citizen", None, at, WORDS[0], f"{number:032x}"),
        (number, 4, "agency", agency_id, answered, WORDS[1], f"{number:032x}"),
    ]
    clock = (number, "pact", 1, *terms, at, due, 9, "", answered, agency_id, "", "", 0)
    return [case], events, words, [clock]


def _events(
    name: str, number: int, code: str, at: datetime, due: datetime, answered: datetime
) -> Iterator[tuple[Any, ...]]:
    salt, previous = f"{number:032x}", FIRST_HASH
    opening = {
        "message": text_commitment(salt, WORDS[0]), "length": len(WORDS[0]), "channel": "form", "holder": "desk",
        "category": "jalan", "area": None, "anonymous": False, "confidential": False, "pact": "2026", "calendar": 1,
        "classification": "biasa", "due": instant_text(due), "files": [],
    }  # fmt: skip
    answer = {"message": text_commitment(salt, WORDS[1]), "length": len(WORDS[1]), "agency": code, "files": []}
    for seq, (kind, when, actor, payload) in enumerate(
        (
            ("open", at, "citizen", opening),
            ("assign", at, "system", {"holder": code, "reason": "Kategori “Jalan” menjadi tugas dinas ini."}),
            ("remind", at, "system", {"clock": "pact", "run": 1, "percent": 50}),
            ("respond", answered, f"agency:{code}", answer),
            ("close", answered, "citizen", {"by": "citizen"}),
        ),
        start=1,
    ):
        fields = {
            "complaint": name, "seq": seq, "kind": kind, "at": instant_text(when), "recorded_at": instant_text(when),
            "actor": actor, "payload": payload,
        }  # fmt: skip
        found = event_hash(previous, fields)
        yield number, seq, kind, when, when, actor, Jsonb(payload), previous, found
        previous = found


def _copy(connection: psycopg.Connection[Any], table: str, names: str, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def look() -> dict[str, Any]:
    """Check everything; needs an application context. Imports come late here: each process of the check imports this
    module, and `flask evidence verify` spares them that."""
    from service.database import transaction
    from service.evidence import check

    seen = check.Seen()
    before = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    found = list(check.faults(transaction, seen))
    used = sum(sum(resource.getrusage(whose)[:2]) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"faults": found[:5], "events": seen.events, "seconds": seen.seconds, "cpu": used - before}


if __name__ == "__main__":
    from service.app import create_app

    with create_app().app_context():
        if sys.argv[1] == "fill":
            fill(int(sys.argv[2]))
        else:
            print(json.dumps(look()))
