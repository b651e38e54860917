"""The check of a span of cases, perhaps in a process of its own; it imports little, so that one starts at once."""

import psycopg
import psycopg.sql

from service.evidence.case_check import CaseRows, faults_of_case
from service.evidence.streams import CASES, CLOCKS, EVENTS, FILES, MESSAGES, ByCase, Connection, Span, rows

Units = dict[int | None, str]  # the code of each unit by its id; the desk's under None
Part = tuple[int, int, int, list[str]]  # cases, events, words, faults


def elsewhere(url: str, snapshot: str, span: Span, units: Units) -> Part:
    """The check of a span over a connection of its own, which sees what the one sees that made the snapshot."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute(psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        return span_faults(connection, span, units)


def span_faults(connection: Connection, span: Span, units: Units) -> Part:
    """How many cases, events and words there are in a span of cases, and what does not fit."""
    queries = (("events", EVENTS), ("words", MESSAGES), ("files", FILES), ("clocks", CLOCKS))
    streams = [ByCase(connection, name, query, span) for name, query in queries]
    cases = events = words = 0
    found: list[str] = []
    for case in rows(connection, "cases", CASES, span):
        of_case = CaseRows(case, *(stream.of(case[0]) for stream in streams))
        cases, events, words = cases + 1, events + len(of_case.events), words + len(of_case.messages)
        found.extend(faults_of_case(of_case, units))
    if any(stream.left() for stream in streams):
        found.append("there are rows of a case that does not exist")
    return cases, events, words, found
