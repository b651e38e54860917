"""What the letters of a batch speak of, asked for in four questions however many letters they are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT

from service.attachments.records import Attachment
from service.complaints.records import Complaint, Message
from service.outbox.records import OutboundMail
from service.tables import Session


@dataclass
class Known:
    """The cases of some letters, with their words, their files, and the letters of theirs that make a thread."""

    letters: set[int] = field(default_factory=set)  # ids of the letters that it serves
    cases: dict[int, Complaint] = field(default_factory=dict)
    words: dict[tuple[int, int], str] = field(default_factory=dict)  # by case and event
    files: dict[tuple[int, int], list[Attachment]] = field(default_factory=lambda: defaultdict(list))
    threads: dict[tuple[int, str], list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))


def gather(session: Session, rows: Iterable[OutboundMail]) -> Known:
    """Ask for it, and have it at hand for `at_hand` until the transaction ends."""
    known = Known()
    ids, events = set(), {1}
    for row in rows:
        known.letters.add(row.id)
        events.add(row.context.get("event_seq", 1))
        if row.complaint_id:
            ids.add(row.complaint_id)
    if ids:
        _ask(session, known, sorted(ids), sorted(events))
    session.info["letters"] = (session.get_transaction(), known)
    return known


def at_hand(session: Session, row: OutboundMail) -> Known:
    """What was gathered for this letter, together with others or now."""
    gathered_in, known = session.info.get("letters", (None, None))
    if known is None or gathered_in is not session.get_transaction() or row.id not in known.letters:
        return gather(session, [row])
    return known


def _ask(session: Session, known: Known, ids: list[int], events: list[int]) -> None:
    known.cases = {case.id: case for case in session.scalars(select(Complaint).where(_among(Complaint.id, ids)))}
    said = select(Message.complaint_id, Message.event_seq, Message.text).where(
        _among(Message.complaint_id, ids), _among(Message.event_seq, events)
    )
    for case_id, event, words in session.execute(said):
        known.words[case_id, event] = words
    files = select(Attachment).where(_among(Attachment.complaint_id, ids)).order_by(Attachment.id)
    for file in session.scalars(files):
        known.files[file.complaint_id, file.event_seq].append(file)
    letters = (
        select(OutboundMail.complaint_id, OutboundMail.to_address, OutboundMail.id, OutboundMail.message_id)
        .where(_among(OutboundMail.complaint_id, ids), OutboundMail.thread != [])
        .order_by(OutboundMail.id)
    )
    for case_id, reader, letter, message_id in session.execute(letters):
        known.threads[case_id, reader].append((letter, message_id))


def _among(column: Any, ids: list[int]) -> ColumnElement[bool]:
    """`column = ANY(array)`: one statement, prepared once, however many ids there are."""
    return column == any_(literal(ids, ARRAY(BIGINT)))
