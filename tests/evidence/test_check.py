"""The check of the whole database: each column that is evidence is changed, as a superuser who turns triggers off."""
# ruff: noqa: S608 - the tests' own SQL

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import select, text

from service import tables
from service.attachments.records import Attachment
from service.attachments.store import _path
from service.complaints.anchors import Anchor
from service.database import db, transaction
from service.evidence import anchoring, check
from service.tables import Session
from tests.evidence.story import last_anchor
from tests.fakes.clock import FakeClock

HASH = "'" + "a" * 64 + "'"
# A row of the story that each column of a table is changed in, and the ways to change it.
TAMPERED = {
    "event": (
        "complaint_id = 2 AND seq = 4",
        {
            "complaint_id": "99", "seq": "77", "kind": "'remark'", "at": "at - interval '3 hours'",
            "recorded_at": "recorded_at - interval '1 second'", "actor": "'account:8'",
            "payload": "payload || '{\"agency\": \"dlh\"}'", "previous_hash": HASH, "hash": HASH,
        },
    ),
    "message": (
        "complaint_id = 1 AND event_seq = 3",
        {
            "complaint_id": "2", "event_seq": "2", "author": "'citizen'", "agency_id": "NULL", "text": "'Tidak.'",
            "at": "at - interval '1 second'", "salt": "'00'", "inbound_mail_id": "1",
        },
    ),
    "anchor": (
        "id = 2",
        {
            "day": "date '2026-11-01'", "made_at": "made_at + interval '1 second'",
            "until": "until || '{\"event\": 3}'", "complaints": "9", "events": "9", "root": HASH,
            "previous_hash": HASH, "hash": HASH,
        },
    ),
    "frozen_week": (
        "id = 1",
        {
            "week": "'2026-W47'", "frozen_at": "frozen_at + interval '1 second'", "last_event": "last_event - 1",
            "rules": "1", "figures": "jsonb_set(figures, '{0,late}', '7')", "hash": HASH,
            "corrections": "'[{\"week\": \"2026-W47\"}]'",
        },
    ),
    "deadline": (
        "complaint_id = 2 AND kind = 'pact'",
        {
            "complaint_id": "99", "kind": "'lain'", "run": "2", "start_at": "start_at + interval '1 hour'",
            "due_at": "due_at + interval '3 hours'", "met_at": "due_at", "breached_at": "NULL",
            "accountable_id": "(SELECT id FROM agency WHERE code = 'dlh')", "excuse": "'force_majeure'",
        },
    ),
    "complaint": (
        "id = 2",
        {
            "number": "'BKL-26-00099'", "state": "'closed'", "agency_id": "NULL", "run": "2", "due_at": "now()",
            "received_at": "now()", "responded_at": "due_at", "breached_at": "NULL", "events": "3", "head_hash": HASH,
            "accountable_id": "(SELECT id FROM agency WHERE code = 'dlh')",
        },
    ),
    "attachment": (
        "complaint_id = 1",
        {"complaint_id": "2", "event_seq": "2", "sha256": HASH, "size": "1"},
    ),
    "inbound_mail": (
        "id = 2",
        {"raw": "'x'", "sha256": HASH, "received_at": "received_at - interval '1 hour'", "id": "99"},
    ),
    "pact": ("true", {"response_hours": "48", "accountable": "'last'", "version": "version || 'x'"}),
    "calendar": ("true", {"week": "'[]'", "days_off": "'{}'", "made_at": "now()"}),
}  # fmt: skip
# What bears no meaning of its own: ids by which rows are only found, what people call files, working state.
BY_ITSELF_NOTHING = {
    "event": {"id"},
    "message": {"id"},
    "anchor": {"id"},
    "frozen_week": {"id"},
    "attachment": {"id", "filename", "content_type", "at"},
    "deadline": {
        "id", "pact_id", "calendar_id", "next_step", "next_kind", "next_at", "retry_at", "objection", "objected_at",
        "resumed_at", "waited",
    },
}  # fmt: skip


def found(**options: object) -> list[str]:
    """What the check of the database says."""
    db.session.remove()
    return list(check.faults(transaction, check.Seen(), **options))


def as_superuser(session: Session, statement: str) -> None:
    """Do this past every trigger and every key."""
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(text(statement))


@pytest.mark.usefixtures("story")
def test_a_whole_database_has_no_fault() -> None:
    seen = check.Seen()
    assert list(check.faults(transaction, seen, recount=True)) == []
    assert (seen.cases, seen.files, seen.mails, seen.weeks, seen.anchors) == (4, 1, 2, 1, 7)
    assert seen.events > 15
    assert seen.pending == 0


@pytest.mark.usefixtures("story")
def test_the_check_sees_one_picture_although_its_transaction_began_with_comparing_clocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "_compared", [])
    seen = []
    monkeypatch.setattr(
        check, "mail_faults", lambda session, _: seen.append(session.scalar(text("SHOW transaction_isolation"))) or []
    )
    assert found() == []
    assert seen == ["repeatable read"]


@contextmanager
def undone(table: str) -> Iterator[None]:
    """Whatever is done to a table inside is undone afterwards."""
    columns = db.metadata.tables[table].columns
    names = ", ".join(column.name for column in columns if column.computed is None)
    overriding = "OVERRIDING SYSTEM VALUE" if columns.id.identity is not None else ""
    with transaction() as session:
        session.execute(text("DROP TABLE IF EXISTS before"))
        session.execute(text(f"CREATE TABLE before AS SELECT * FROM {table}"))
    yield
    with transaction() as session:
        as_superuser(session, f"DELETE FROM {table}")
        session.execute(text(f"INSERT INTO {table} ({names}) {overriding} SELECT {names} FROM before"))
        session.execute(text("DROP TABLE before"))


def unseen_of(statements: dict[str, str]) -> list[str]:
    """Those of the statements (each with its table) after which the check finds nothing."""
    unseen = []
    for statement, table in statements.items():
        with undone(table):
            with transaction() as session:
                as_superuser(session, statement)
            if not found():
                unseen.append(statement)
    assert found() == []
    return unseen


@pytest.mark.usefixtures("story")
def test_every_changed_column_is_found() -> None:
    changes = {
        f"UPDATE {table} SET {column} = {value} WHERE {where}": table
        for table, (where, columns) in TAMPERED.items()
        for column, value in columns.items()
    }
    assert unseen_of(changes) == []


def test_every_column_of_evidence_is_tried_or_named_as_meaningless() -> None:
    for table, meaningless in BY_ITSELF_NOTHING.items():
        columns = {column.name for column in db.metadata.tables[table].columns}
        assert columns == set(TAMPERED[table][1]) | meaningless, table


@pytest.mark.usefixtures("story")
def test_a_row_that_went_or_came_is_found() -> None:
    statements = [
        "DELETE FROM event WHERE complaint_id = 2 AND seq = 2",
        "DELETE FROM event WHERE complaint_id = 2 AND seq = 4",
        "DELETE FROM event WHERE complaint_id = 2",
        "DELETE FROM message WHERE id = 2",
        "DELETE FROM deadline WHERE complaint_id = 2 AND kind = 'pact'",
        "DELETE FROM attachment",
        "DELETE FROM frozen_week",
        "DELETE FROM anchor WHERE id = 2",
        "DELETE FROM anchor WHERE id = 1",
        "DELETE FROM inbound_mail WHERE id = 1",
        "DELETE FROM complaint WHERE id = 4",
        "INSERT INTO message (complaint_id, event_seq, author, at, text, salt)"
        " SELECT complaint_id, event_seq, author, at, text, salt FROM message WHERE id = 1",
        "INSERT INTO attachment (complaint_id, event_seq, sha256, filename, content_type, size, at)"
        " SELECT complaint_id, 3, sha256, filename, content_type, size, at FROM attachment",
        "UPDATE message SET text = 'Bukan itu kata-kata saya.' WHERE complaint_id = 4 AND event_seq = 1",
    ]
    assert unseen_of({each: re.split(r"FROM |INTO |UPDATE ", each)[1].split()[0] for each in statements}) == []


@pytest.mark.usefixtures("story")
def test_a_case_that_was_removed_with_all_its_rows_is_found_by_the_anchors(session: Session) -> None:
    for table in ("message", "attachment", "event", "deadline", "outbound_mail"):
        as_superuser(session, f"DELETE FROM {table} WHERE complaint_id = 4")
    as_superuser(session, "DELETE FROM complaint WHERE id = 4")
    session.commit()
    assert any(fault.startswith("anchor") for fault in found())


@pytest.mark.usefixtures("story")
def test_a_file_that_was_changed_or_lost_is_found(session: Session) -> None:
    path = _path(session.scalars(select(Attachment.sha256)).one())
    whole = path.read_bytes()
    session.commit()
    path.write_bytes(b"x" + whole[1:])
    assert found()
    path.unlink()
    assert found()
    path.write_bytes(whole)
    assert found() == []


@pytest.mark.usefixtures("story")
def test_anchors_that_were_all_made_anew_are_found_by_a_copy_outside(session: Session) -> None:
    printed = last_anchor()
    as_superuser(session, "DELETE FROM anchor")
    as_superuser(session, "UPDATE outbound_mail SET context = context - 'anchor' - 'anchor_day'")
    session.commit()
    anchoring.turn(transaction)
    assert found() == []
    assert found(outside=printed) == [f"anchor {printed} is none of ours"]


@pytest.mark.usefixtures("story")
def test_an_anchor_that_letters_printed_otherwise_is_found(session: Session) -> None:
    as_superuser(session, "DELETE FROM anchor")
    session.commit()
    anchoring.turn(transaction)
    assert any("letters printed" in fault for fault in found())


@pytest.mark.usefixtures("story")
def test_what_was_recorded_days_ago_and_is_under_no_anchor_is_told(session: Session, clock: FakeClock) -> None:
    as_superuser(session, "DELETE FROM anchor WHERE id > 1")
    as_superuser(session, "UPDATE outbound_mail SET context = context - 'anchor' - 'anchor_day'")
    session.commit()
    assert any("no anchor covers" in fault for fault in found())


@pytest.mark.usefixtures("story")
def test_several_processes_find_the_same(monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    monkeypatch.setattr(check, "CASES_EACH", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    as_superuser(session, f"UPDATE event SET hash = {HASH} WHERE complaint_id = 4 AND seq = 2")
    session.commit()
    assert found()[0] == "BKL-26-00004: event 2 was changed"


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    "statement", ["UPDATE anchor SET hash = ''", "DELETE FROM anchor", "TRUNCATE anchor", "TRUNCATE event CASCADE"]
)
def test_the_database_refuses_to_change_anchors(session: Session, statement: str) -> None:
    with pytest.raises(Exception, match="refused"):
        session.execute(text(statement))
    session.rollback()


@pytest.mark.usefixtures("story")
def test_who_does_not_own_the_tables_cannot_turn_the_triggers_off(session: Session) -> None:
    session.execute(text("CREATE ROLE petugas"))
    session.execute(text("GRANT ALL ON ALL TABLES IN SCHEMA public TO petugas"))
    for statement in ("ALTER TABLE event DISABLE TRIGGER ALL", "SET LOCAL session_replication_role = replica"):
        with session.begin_nested() as nested:
            session.execute(text("SET LOCAL ROLE petugas"))
            with pytest.raises(Exception, match=r"owner|permission denied"):
                session.execute(text(statement))
            nested.rollback()
    session.rollback()


def test_a_day_is_anchored_once_by_two_schedules_at_once(app: Flask, story: list[int], clock: FakeClock) -> None:
    clock.advance(hours=24)
    made: list[int] = []

    def schedule() -> None:
        with app.app_context():
            made.append(anchoring.turn(transaction))

    threads = [threading.Thread(target=schedule) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 0, 1]


def test_days_without_a_schedule_are_covered_by_the_next_anchor(
    story: list[int], session: Session, clock: FakeClock
) -> None:
    clock.advance(hours=96)
    assert anchoring.turn(transaction) == 1
    days = session.scalars(select(Anchor.day).order_by(Anchor.id.desc()).limit(2)).all()
    assert [str(day) for day in days] == ["2026-12-04", "2026-11-30"]
    assert found() == []


def test_verify_tells_faults_by_its_exit_code(app: Flask, story: list[int], session: Session) -> None:
    from service.cli.evidence import verify

    whole = app.test_cli_runner().invoke(verify)
    assert (whole.exit_code, whole.output.startswith("Whole: 4 cases")) == (0, True)
    as_superuser(session, "UPDATE event SET actor = 'account:8' WHERE id = 3")
    session.commit()
    broken = app.test_cli_runner().invoke(verify)
    assert broken.exit_code == 1
    assert "was changed" in broken.output
