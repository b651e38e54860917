"""The rows of a bundle, as they stand in its files. In: a choice. Out: lists of plain data, in a fixed order."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from service.attachments.records import Attachment
from service.complaints.anchors import Anchor
from service.complaints.history import hashed_fields
from service.complaints.records import Complaint, Event, Message
from service.complaints.rules import instant_text
from service.compliance.records import FrozenWeek
from service.evidence import tree
from service.evidence.anchoring import as_row, leaves, week_leaf
from service.evidence.choose import Choice
from service.evidence.verifier import clocks_of
from service.intake.records import InboundMail
from service.tables import Document, Session

# Whether somebody may read these words; those who may not get a bundle without them.
MayRead = Callable[[str], bool]


@dataclass
class Rows:
    """One list for each file of lines, and the raw mails that go with them (name -> bytes)."""

    cases: list[list[Any]] = field(default_factory=list)
    events: list[Document] = field(default_factory=list)
    messages: list[Document] = field(default_factory=list)
    attachments: list[Document] = field(default_factory=list)
    mails: list[Document] = field(default_factory=list)
    deadlines: list[Document] = field(default_factory=list)
    figures: list[Document] = field(default_factory=list)
    anchors: list[Document] = field(default_factory=list)
    proofs: list[Document] = field(default_factory=list)
    raw: dict[str, bytes] = field(default_factory=dict)


def rows_of(session: Session, choice: Choice, may_read: MayRead | None, with_mails: bool) -> Rows:
    """Everything that is to be in the bundle. Words that `may_read` refuses stay out; None lets all in."""
    rows = Rows()
    ids: dict[int, str] = {}
    found = session.scalars(select(Complaint).where(Complaint.id.in_(choice.case_ids)).order_by(Complaint.id))
    for case in found:
        ids[case.id] = case.number
        rows.cases.append([case.number, case.events, case.head_hash])
    event_ids = _events(session, rows, ids)
    _words(session, rows, ids, may_read)
    _attachments(session, rows, ids)
    _mails(session, rows, ids, with_mails)
    rows.figures = [week_row(week, rows.events, event_ids) for week in choice.weeks]
    _anchors(session, rows, ids, choice.weeks)
    return rows


def _events(session: Session, rows: Rows, ids: dict[int, str]) -> dict[tuple[str, int], int]:
    known = {}
    query = select(Event).where(Event.complaint_id.in_(ids)).order_by(Event.complaint_id, Event.seq)
    by_case: dict[str, list[Document]] = defaultdict(list)
    for event in session.scalars(query):
        number = ids[event.complaint_id]
        row = hashed_fields(number, event) | {"previous_hash": event.previous_hash, "hash": event.hash}
        by_case[number].append(row)
        known[number, event.seq] = event.id
    for number, *_ in rows.cases:
        rows.events += by_case[number]
        rows.deadlines += clocks_of(by_case[number])
    return known


def _words(session: Session, rows: Rows, ids: dict[int, str], may_read: MayRead | None) -> None:
    query = select(Message).where(Message.complaint_id.in_(ids)).order_by(Message.complaint_id, Message.event_seq)
    for message in session.scalars(query):
        shown = bool(message.salt) and (may_read is None or may_read(message.text))
        rows.messages.append(
            {
                "complaint": ids[message.complaint_id],
                "event": message.event_seq,
                "text": message.text if shown else None,
                "salt": message.salt if shown else None,
            }
        )


def _attachments(session: Session, rows: Rows, ids: dict[int, str]) -> None:
    """Hashes alone: people name their files after themselves."""
    columns = (Attachment.complaint_id, Attachment.event_seq, Attachment.sha256)
    for case_id, seq, sha256 in session.execute(select(*columns).where(columns[0].in_(ids)).order_by(*columns)):
        rows.attachments.append({"complaint": ids[case_id], "event": seq, "sha256": sha256})


def _mails(session: Session, rows: Rows, ids: dict[int, str], with_mails: bool) -> None:
    query = (
        select(Message.complaint_id, Message.event_seq, InboundMail)
        .join(InboundMail, InboundMail.id == Message.inbound_mail_id)
        .where(Message.complaint_id.in_(ids))
        .order_by(Message.complaint_id, Message.event_seq, InboundMail.id)
    )
    for case_id, seq, mail in session.execute(query):
        name = f"mails/{mail.id}.eml" if with_mails and mail.raw else None
        if name:
            rows.raw[name] = mail.raw
        facts = {"mail": mail.id, "sha256": mail.sha256, "received_at": instant_text(mail.received_at), "file": name}
        rows.mails.append({"complaint": ids[case_id], "event": seq} | facts)


def week_row(week: FrozenWeek, events: Iterable[Document], ids: dict[tuple[str, int], int]) -> Document:
    """A published week with its seal. `unknown` names, for a case, the first event that was not known at publication
    although its time is earlier: it was being written at that moment."""
    frozen_at = instant_text(week.frozen_at)
    unknown: dict[str, int] = {}
    for event in events:
        key = event["complaint"], event["seq"]
        if event["recorded_at"] <= frozen_at and ids[key] > week.last_event:
            unknown.setdefault(*key)
    return {
        "week": week.week,
        "figures": week.figures,
        "corrections": week.corrections,
        "last_event": week.last_event,
        "rules": week.rules,
        "hash": week.hash,
        "frozen_at": frozen_at,
        "unknown": unknown,
    }


def _anchors(session: Session, rows: Rows, ids: dict[int, str], weeks: list[FrozenWeek]) -> None:
    """The anchors from the first that covers anything of the bundle to the last one, and the ways up to their roots."""
    wanted = {f"case {e['complaint']} {e['seq']} {e['hash']}" for e in rows.events}
    wanted |= {f"mail {m['mail']} {m['sha256']} {m['received_at']}" for m in rows.mails} | set(map(week_leaf, weeks))
    touched = session.execute(select(Event.id, Event.recorded_at).where(Event.complaint_id.in_(ids))).all()
    event_ids, mail_ids = {row[0] for row in touched}, {row["mail"] for row in rows.mails}
    since: Document = {}
    for anchor in session.scalars(select(Anchor).order_by(Anchor.id)):
        concerned = {
            "event": event_ids, "inbound_mail": mail_ids, "frozen_week": {week.id for week in weeks}
        }  # fmt: skip
        if any(_within(found, since.get(name, 0), anchor.until[name]) for name, found in concerned.items()):
            every = list(leaves(session, since, anchor.until))
            for leaf, path in sorted(tree.paths(every, wanted.intersection(every)).items()):
                rows.proofs.append({"leaf": leaf, "day": anchor.day.isoformat(), "path": path})
        if rows.proofs:
            rows.anchors.append(as_row(anchor))
        since = anchor.until


def _within(ids: set[int], after: int, until: int) -> bool:
    return any(after < each <= until for each in ids)
