"""Rows of the whole database in the order of cases, through server-side cursors: a city's history needs no memory."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
Span = tuple[int, int]  # ids of cases, both included
CHUNK = 5_000
# How hashed fields spell an instant; the server does it faster than we could.
INSTANT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


def _instants(*names: str) -> str:
    return ", ".join(INSTANT.format(name) for name in names)


# Each begins with the case's id, by which all are in order.
CASES = f"""
SELECT id, number, events, head_hash, state, agency_id, run, accountable_id,
       {_instants("received_at", "due_at", "responded_at", "breached_at")}
FROM complaint WHERE id BETWEEN %(first)s AND %(last)s ORDER BY id
"""  # noqa: S608
EVENTS = f"""
SELECT complaint_id, seq, kind, {_instants("at", "recorded_at")}, actor, payload::text, previous_hash, hash
FROM event WHERE complaint_id BETWEEN %(first)s AND %(last)s ORDER BY complaint_id, seq
"""  # noqa: S608
MESSAGES = f"""
SELECT m.complaint_id, m.event_seq, m.author, m.agency_id, {_instants("m.at")}, m.text, m.salt,
       i.complaint_id, {_instants("i.received_at")}
FROM message m LEFT JOIN inbound_mail i ON i.id = m.inbound_mail_id
WHERE m.complaint_id BETWEEN %(first)s AND %(last)s ORDER BY m.complaint_id, m.event_seq, m.id
"""  # noqa: S608
FILES = """
SELECT complaint_id, event_seq, sha256 FROM attachment WHERE complaint_id BETWEEN %(first)s AND %(last)s
ORDER BY complaint_id, event_seq, sha256
"""
CLOCKS = f"""
SELECT complaint_id, run, kind, {_instants("start_at", "due_at", "met_at", "breached_at")}, accountable_id, excuse,
       waited
FROM deadline WHERE complaint_id BETWEEN %(first)s AND %(last)s ORDER BY complaint_id, kind, run
"""  # noqa: S608


class ByCase:
    """A stream of rows, handed out case by case in the order of ids."""

    def __init__(self, connection: Connection, name: str, query: str, span: Span) -> None:
        self._groups = groupby(rows(connection, name, query, span), key=itemgetter(0))
        self._next: tuple[int, list[tuple[Any, ...]]] | None = None

    def of(self, case_id: int) -> list[tuple[Any, ...]]:
        """The rows of a case; cases are asked for in the order of ids. Rows of a case that is not there come to
        light in `left`, or with the case that follows."""
        if self._next is None:
            key, group = next(self._groups, (None, iter(())))
            if key is None:
                return []
            self._next = key, list(group)
        if self._next[0] != case_id:
            return []
        found, self._next = self._next[1], None
        return found

    def left(self) -> bool:
        """Whether rows remain that no case asked for."""
        return self._next is not None or next(self._groups, None) is not None


def rows(connection: Connection, name: str, query: str, span: Span) -> Iterator[tuple[Any, ...]]:
    """The rows of a query for the cases of a span, a few thousand at a time, past the mapper: every event goes here."""
    with connection.cursor(name=name) as cursor:
        cursor.execute(query, {"first": span[0], "last": span[1]})
        while chunk := cursor.fetchmany(CHUNK):
            yield from chunk
