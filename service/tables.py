"""The metadata that all tables share, and the session type that rooms are handed."""

import time
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from psycopg.types.json import Jsonb
from sqlalchemy import BigInteger, DateTime, Identity, Insert, MetaData, Table, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry

from service import clock

__all__ = ["Base", "Document", "Identifier", "Session", "follow_clock", "write_many", "write_together"]

Identifier = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Document = dict[str, Any]


class Base(DeclarativeBase):
    """Every table of the service. Constraint names are fixed so that migrations can name them."""

    # A registry of its own, not class attributes: Flask-SQLAlchemy derives a class from this one.
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(column_0_N_label)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: DateTime(timezone=True),
            Document: JSONB,
            list[Any]: JSONB,
            list[str]: JSONB,
        },
    )


# How old the last comparison of the machine's clock with the database's may be.
COMPARE_SECONDS = 30
_compared: list[float] = []


def follow_clock(session: Session, *, at_once: bool = False) -> None:
    """Have this process's clock follow the database's: now, or when they were not compared for half a minute."""
    if not at_once and _compared and time.monotonic() - _compared[0] < COMPARE_SECONDS:
        return
    asked = clock.uncorrected()
    reference = session.scalar(select(func.clock_timestamp()))
    clock.follow(reference, asked, clock.uncorrected())
    _compared[:] = [time.monotonic()]


def write_together(session: Session) -> None:
    """Write all new rows of the session in one statement.

    A new case is eight rows in five tables. Written table by table, a citizen's form waits for six trips to the
    database, and that is most of its cost. (Many cases in one transaction are better left to the session.) The
    rows leave the session: they are not to be changed in this transaction, nor may they refer to each other by
    ids that the database makes.
    """
    rows = list(session.new)
    for row in rows:
        session.expunge(row)
    values = [_values(row) for row in rows]
    shape = tuple((row.__table__, tuple(found)) for row, found in zip(rows, values, strict=True))
    parameters = {f"{n}_{name}": value for n, found in enumerate(values) for name, value in found.items()}
    session.connection().execute(_one_insert(shape), parameters)


def write_many(session: Session) -> None:
    """Write all new rows of the session by COPY, table after table: for many rows a third of the work of a flush.

    As with `write_together` the rows leave the session, and may refer to each other only by ids that they have.
    """
    rows = list(session.new)
    for row in rows:
        session.expunge(row)
    by_table: dict[Table, list[dict[str, Any]]] = {}
    for row in rows:
        by_table.setdefault(row.__table__, []).append(_values(row))
    cursor = session.connection().connection.cursor()
    for table in _in_order(frozenset(by_table)):
        found = by_table[table]
        names = sorted({name for values in found for name in values})
        documents = {name for name in names if isinstance(table.c[name].type, JSONB)}
        with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for values in found:
                copy.write_row([Jsonb(values[n]) if n in documents and n in values else values.get(n) for n in names])
    cursor.close()


@cache
def _in_order(tables: frozenset[Table]) -> list[Table]:
    """The tables in an order in which what is referred to comes first."""
    return [table for table in Base.metadata.sorted_tables if table in tables]


def _values(row: Base) -> dict[str, Any]:
    """What the row's columns hold, with the defaults that are made here; the database makes the rest, and NULLs."""
    held = row.__dict__
    found = {}
    for column in row.__table__.columns:
        if held.get(column.key) is not None:
            found[column.key] = held[column.key]
        elif column.key not in held and column.default is not None and column.default.is_scalar:
            found[column.key] = column.default.arg
    return found


@cache
def _one_insert(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> Insert:
    """`WITH r1 AS (INSERT …), r2 AS (INSERT …) INSERT …` for rows of these tables with these columns."""
    single = [
        insert(table).values({name: bindparam(f"{n}_{name}", type_=table.c[name].type) for name in names})
        for n, (table, names) in enumerate(shape)
    ]
    statement = single[0]
    for n, other in enumerate(single[1:], start=1):
        statement = statement.add_cte(other.cte(f"r{n}"))
    return statement
