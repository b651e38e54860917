"""The check of the whole database: every chain, every word, every file, every anchor, every published week."""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import repeat
from multiprocessing import get_context
from time import perf_counter

from sqlalchemy import func, or_, select, text

from service import clock
from service.agencies import directory as directories
from service.agencies.directory import Directory
from service.attachments.records import Attachment
from service.attachments.store import read_blob
from service.complaints.anchors import Anchor
from service.complaints.records import Event
from service.compliance import freeze
from service.compliance.records import FrozenWeek
from service.compliance.rules import RULES, figures_hash
from service.evidence import tree
from service.evidence.anchoring import as_row, counts, leaves
from service.evidence.spans import Part, Units, elsewhere, span_faults
from service.evidence.verifier import ANCHOR, FIRST_HASH, chained
from service.intake.records import InboundMail
from service.outbox.records import OutboundMail
from service.tables import Document, Session

Transaction = Callable[[], AbstractContextManager[Session]]
# A process of its own is worth its start for so many cases.
CASES_EACH = 20_000
# An event that no anchor covers after so long was hidden from them, or anchors are no longer made.
LONGEST_UNANCHORED = timedelta(days=3)


@dataclass
class Seen:
    """How much was looked at."""

    cases: int = 0
    events: int = 0
    words: int = 0
    files: int = 0
    mails: int = 0
    anchors: int = 0
    weeks: int = 0
    pending: int = 0  # events that no anchor covers yet
    seconds: dict[str, float] = field(default_factory=dict)


def faults(
    transaction: Transaction, seen: Seen, *, files: bool = True, recount: bool = False, outside: str = ""
) -> Iterator[str]:
    """Everything that does not fit, in plain words; nothing when all is whole. Fills `seen` on the way.

    `files` reads every attachment; `recount` makes every published week once more from its events. `outside` is the
    hash of an anchor from a copy outside: it must be one of ours.
    """
    with transaction() as session:
        # One picture of everything: what is written meanwhile is in none of the tables. A transaction takes it only as
        # its first act, and this one may have compared clocks already.
        session.rollback()
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        directory = directories.current(session)
        parts: list[tuple[str, Iterator[str]]] = [
            ("cases", case_faults(session, directory, seen)),
            ("mails", mail_faults(session, seen)),
            ("anchors", anchor_faults(session, seen, outside)),
            ("weeks", week_faults(session, directory, seen, recount)),
        ]
        if files:
            parts.append(("files", file_faults(session, seen)))
        for name, found in parts:
            begin = perf_counter()
            yield from found
            seen.seconds[name] = perf_counter() - begin


def case_faults(session: Session, directory: Directory, seen: Seen) -> Iterator[str]:
    """Every case, held against its events; by several processes when there are many, which see the same picture."""
    units: Units = {unit.id: unit.code for unit in directory.units.values()} | {None: "desk"}
    last = session.scalar(text("SELECT greatest(max(id), (SELECT max(complaint_id) FROM event)) FROM complaint")) or 0
    processes = min(os.cpu_count() or 1, 1 + last // CASES_EACH)
    if processes == 1:
        connection = session.connection().connection.driver_connection
        parts = iter([span_faults(connection, (1, last), units)])  # type: ignore[arg-type]
    else:
        parts = _side_by_side(session, last, units, processes)
    for cases, events, words, found in parts:
        seen.cases, seen.events, seen.words = seen.cases + cases, seen.events + events, seen.words + words
        yield from found


def _side_by_side(session: Session, last: int, units: Units, processes: int) -> Iterator[Part]:
    snapshot = session.scalar(text("SELECT pg_export_snapshot()"))
    url = session.connection().engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    step = -(-last // processes)
    spans = [(first, min(first + step - 1, last)) for first in range(1, last + 1, step)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(elsewhere, repeat(url), repeat(snapshot), spans, repeat(units))


def mail_faults(session: Session, seen: Seen) -> Iterator[str]:
    """Raw mails are what their hash says. One that the server did not deliver has no bytes, and is part of no case."""
    seen.mails = session.scalar(select(func.count()).select_from(InboundMail)) or 0
    changed = func.encode(func.sha256(InboundMail.raw), "hex") != InboundMail.sha256
    counts_as_mail = or_(func.length(InboundMail.raw) > 0, InboundMail.complaint_id.is_not(None))
    for mail_id in session.scalars(select(InboundMail.id).where(changed, counts_as_mail).order_by(InboundMail.id)):
        yield f"mail {mail_id}: its bytes were changed"


def file_faults(session: Session, seen: Seen) -> Iterator[str]:
    """Every attachment lies in the store under its hash, whole."""
    known = select(Attachment.sha256, func.min(Attachment.size), func.max(Attachment.size)).group_by(Attachment.sha256)
    for sha256, smallest, largest in session.execute(known.order_by(Attachment.sha256)):
        seen.files += 1
        try:
            content = read_blob(sha256)
        except OSError as error:
            yield f"file {sha256}: {type(error).__name__}"
            continue
        if hashlib.sha256(content).hexdigest() != sha256 or not smallest == largest == len(content):
            yield f"file {sha256}: it was changed"


def anchor_faults(session: Session, seen: Seen, outside: str = "") -> Iterator[str]:
    """The anchors are one chain, cover what they covered, and are those that were printed in letters."""
    previous, since, hashes = FIRST_HASH, {}, {}
    for anchor in session.scalars(select(Anchor).order_by(Anchor.id)):
        seen.anchors += 1
        if anchor.previous_hash != previous:
            yield f"anchor {anchor.day}: it does not follow the one before it"
        yield from _of_anchor(session, anchor, since)
        previous, since = anchor.hash, anchor.until
        hashes[anchor.day.isoformat()] = anchor.hash
    printed = select(OutboundMail.context["anchor_day"].as_string(), OutboundMail.context["anchor"].as_string())
    for day, found in session.execute(printed.where(OutboundMail.kind.startswith("digest")).distinct()):
        if day is not None and hashes.get(day) != found:
            yield f"anchor {day}: letters printed another one, {found}"
    if outside and outside not in hashes.values():
        yield f"anchor {outside} is none of ours"
    seen.pending, oldest = session.execute(
        select(func.count(), func.min(Event.recorded_at)).where(Event.id > since.get("event", 0))
    ).one()
    if oldest is not None and oldest < clock.now() - LONGEST_UNANCHORED:
        yield f"since {oldest.isoformat()} no anchor covers what was recorded"


def _of_anchor(session: Session, anchor: Anchor, since: Document) -> Iterator[str]:
    if anchor.hash != chained(as_row(anchor), ANCHOR):
        yield f"anchor {anchor.day}: it was changed"
    if (anchor.complaints, anchor.events) != counts(session, since, anchor.until):
        yield f"anchor {anchor.day}: events came or went since"
    if anchor.root != tree.root(leaves(session, since, anchor.until)):
        yield f"anchor {anchor.day}: cases, mails, weeks, pacts or calendars are no longer what they were"


def week_faults(session: Session, directory: Directory, seen: Seen, recount: bool) -> Iterator[str]:
    """Published weeks bear their seal; with `recount` their figures are made once more from the events."""
    for week in session.scalars(select(FrozenWeek).order_by(FrozenWeek.id)):
        seen.weeks += 1
        if week.hash != figures_hash(week.week, week.figures, week.corrections, week.last_event, week.rules):
            yield f"week {week.week}: it was changed"
        if recount and week.rules == RULES:
            made = freeze.recompute(session, directory, week)
            yield from (f"week {week.week}: {found}" for found in freeze.differences(made))
