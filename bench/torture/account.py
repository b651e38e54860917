"""The account afterwards: what became of every mail and of every letter. Whatever must never be is a violation."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, undefer

from bench.torture.faults import Fault
from bench.torture.letters import COMPLAINTS, MARK, Planned
from bench.torture.storm import Town
from service.complaints.history import events_of, faults_of
from service.complaints.records import Complaint, Event, Message
from service.database import db  # noqa: F401 - makes all tables known
from service.intake.records import DISCARDED, QUARANTINED, STORED, InboundMail
from service.intake.rules import TWIN
from service.outbox.records import SENT, OutboundMail

_QUEUE_ID = re.compile(r"^Received: .*?\(Postfix\) with E?SMTP id (\w+)", re.MULTILINE | re.DOTALL)
_QUEUED = re.compile(r"queued as (\w+)")
# How long after the server's 250 a fault may begin that keeps us from writing it down. Mostly that is milliseconds.
RECORD_SECONDS = 3.0
# Faults that can come between a 250 and its record.
BETWEEN = re.compile(r"worker|everything|postgres|database|smtp|postfix")


class Repeat(NamedTuple):
    """A letter that we handed over once more than we know of."""

    message_id: str
    queue_id: str
    at: float  # when the server said 250; when nobody heard it, when it wrote the mail down
    heard: bool
    cause: str
    seconds_to_cause: float


@dataclass
class Account:
    """What was found. `violations` says in words what must never be."""

    outcomes: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)
    doubled_by_servers: int = 0
    letters: int = 0
    events: int = 0
    violations: list[str] = field(default_factory=list)


class Copy(NamedTuple):
    """One copy of a letter as it lies in a mailbox."""

    address: str
    message_id: str
    queue_id: str
    body: str


def examine(town: Town, mails: list[Planned], faults: list[Fault]) -> Account:
    """Look at everything; the town is at rest and its database is up."""
    account = Account()
    engine = create_engine(town.city.database_url.replace("postgresql://", "postgresql+psycopg://"))
    with Session(engine) as session:
        _mails(session, mails, account)
        _events(session, account)
        _letters(session, town, faults, account)
    engine.dispose()
    account.violations += [f"lost: {words}" for words in account.lost]
    account.violations += [f"doubled: {words}" for words in account.doubled]
    return account


# Mails


def _mails(session: Session, mails: list[Planned], account: Account) -> None:
    rows: dict[str, list[InboundMail]] = defaultdict(list)
    for row in session.scalars(select(InboundMail).options(undefer(InboundMail.raw))):
        if found := MARK.search(row.raw):
            rows[found[1].decode()].append(row)
    messages: dict[int, list[Message]] = defaultdict(list)
    openings = set()
    for message in session.scalars(select(Message).where(Message.inbound_mail_id.is_not(None))):
        messages[message.inbound_mail_id].append(message)
        if message.event_seq == 1:
            openings.add(message.id)
    joined: dict[int, list[int]] = defaultdict(list)  # mails that only repeated a complaint, and its case
    for event in session.scalars(select(Event).where(Event.payload.has_key("again"))):
        joined[event.payload["inbound_mail"]].append(event.complaint_id)
    cases: dict[str, list[int]] = {}
    repeated = {planned.about for planned in mails if planned.sort == "again"}
    for planned in mails:
        mine = rows.get(planned.id, [])
        said = [message for row in mine for message in messages[row.id]]
        opened = [message.complaint_id for message in said if message.id in openings]
        added = [message.complaint_id for message in said if message.id not in openings]
        added += [case_id for row in mine for case_id in joined[row.id]]
        cases[planned.id] = opened + added
        if fault := _fault_of(planned, mine, len(opened), len(added), planned.id in repeated):
            (account.lost if "nothing" in fault else account.doubled).append(f"{planned.id} ({planned.sort}): {fault}")
        account.outcomes[f"{planned.sort}: {_outcome(mine, len(opened), len(added))}"] += 1
        if not opened + added and (waiting := [row for row in mine if row.status == QUARANTINED]):
            account.held.append(f"{planned.id} ({planned.sort}): {waiting[0].reason}")
    _replies_at_home(mails, cases, account)


def _replies_at_home(mails: list[Planned], cases: dict[str, list[int]], account: Account) -> None:
    """Whatever belongs to a complaint must lie in its case, or in that of the mail that repeated it."""
    homes = {planned.id: set(cases[planned.id]) for planned in mails}
    for planned in mails:
        if planned.sort == "again":
            homes[planned.about] |= homes[planned.id]
    for planned in mails:
        if planned.about and not set(cases[planned.id]) <= homes[planned.about]:
            account.violations.append(f"{planned.id} ({planned.sort}) went to a strange case: {cases[planned.id]}")


def _fault_of(planned: Planned, rows: list[InboundMail], opened: int, added: int, repeated: bool) -> str:
    """What is wrong with what became of a mail; "" when all is well. A complaint that is `repeated` may arrive after
    the mail that repeats it, and be joined to its case."""
    if not planned.accepted:
        return "nothing: it was never sent"
    if not rows:
        return "nothing is stored of it"
    if any(row.status == STORED for row in rows):
        return "nothing came of it: it still waits"
    if all(row.verdict == TWIN for row in rows):
        return "nothing came of it: each is taken for a copy"
    held = any(row.status in (QUARANTINED, DISCARDED) for row in rows)
    least, most = _expected(planned.sort)
    made = opened + added
    if made < least and not held:
        return f"nothing or too little came of it: {opened} cases, {added} further messages"
    if made > most or (planned.sort in COMPLAINTS and added and not repeated):
        return f"{opened} cases, {added} further messages"
    if planned.sort in ("answer", "answer twice", "follow-up") and opened:
        return f"{opened} cases of a reply"
    return ""


def _expected(sort: str) -> tuple[int, int]:
    """How many cases or messages on cases must and may come of a mail."""
    if sort == "both":
        return 2, 2
    if sort in ("bounce", "auto"):
        return 0, 0
    return (0, 1) if sort == "hostile" else (1, 1)


def _outcome(rows: list[InboundMail], opened: int, added: int) -> str:
    made = [words for words in (f"{opened} case" * bool(opened), f"{added} message" * bool(added)) if words]
    if made:
        return " and ".join(made)
    return "/".join(sorted({f"{row.status} ({row.verdict or 'no verdict'})" for row in rows})) or "nothing"


# Events


def _events(session: Session, account: Account) -> None:
    for complaint in session.scalars(select(Complaint)):
        events = events_of(session, complaint)
        account.events += len(events)
        account.violations += list(faults_of(complaint.number, events))
        kinds = Counter(event.kind for event in events)
        if kinds["open"] != 1 or kinds["assign"] > 1 or len(events) != complaint.events:
            account.violations.append(f"{complaint.number}: events {dict(kinds)}, {complaint.events} counted")
        if events and events[-1].hash != complaint.head_hash:
            account.violations.append(f"{complaint.number}: its last event is not its head")


# Letters


def _letters(session: Session, town: Town, faults: list[Fault], account: Account) -> None:
    copies: dict[str, list[Copy]] = defaultdict(list)
    for copy in _copies(town):
        copies[copy.message_id].append(copy)
    kinds: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in session.scalars(select(OutboundMail)):
        account.letters += 1
        kinds[row.complaint_id or 0][row.kind, row.to_address] += 1
        _letter(row, copies.pop(row.message_id, []), town, faults, account)
    ours = {message_id for message_id in copies if message_id.endswith("@bengkulukota.example>")}
    account.violations += [f"a letter that is in no outbox: {message_id}" for message_id in sorted(ours)]
    for complaint in session.scalars(select(Complaint)):
        said = kinds[complaint.id]
        told = [number for (kind, _), number in said.items() if kind == "acknowledgement"]
        given = [number for (kind, _), number in said.items() if kind in ("assignment", "desk_case")]
        if told != [1] * bool(complaint.reporter_email) or given != [1]:
            account.violations.append(f"{complaint.number}: letters {dict(said)}")


def _letter(row: OutboundMail, copies: list[Copy], town: Town, faults: list[Fault], account: Account) -> None:
    name = f"{row.kind} {row.message_id} to {row.to_address}"
    mine = [copy for copy in copies if copy.address == row.to_address]
    bounced = any("bounce" in line["words"] for line in row.log)
    if not mine:
        account.violations.append(f"{name}: never arrived ({row.status})")
    if row.status != SENT and not bounced:
        account.violations.append(f"{name}: {row.status}")
    if len({copy.body for copy in copies}) > 1 or len(mine) < len(copies):
        account.violations.append(f"{name}: its copies differ")
    recorded = {found for line in row.log for found in _QUEUED.findall(line["words"])}
    if len(recorded) > 1 or (not recorded and not bounced):
        account.violations.append(f"{name}: {len(recorded)} successes in its log")
    handed_over = {copy.queue_id for copy in mine}
    account.doubled_by_servers += len(mine) - len(handed_over)
    if recorded - handed_over:
        account.violations.append(f"{name}: taken as {recorded}, arrived as {handed_over}")
    for queue_id in sorted(handed_over - recorded):
        repeat = _explained(row.message_id, queue_id, town, faults)
        account.repeats.append(repeat)
        if not repeat.cause:
            account.violations.append(f"{name}: handed over again ({queue_id}) and nothing was broken then")


def _explained(message_id: str, queue_id: str, town: Town, faults: list[Fault]) -> Repeat:
    """The fault that came between the server's 250 for that hand-over and our record of it."""
    heard = queue_id in town.relays["smtp"].heard
    at = town.relays["smtp"].heard.get(queue_id) or _written_at(queue_id)
    near = [
        (max(0.0, fault.begun - at), fault.name)
        for fault in faults
        if BETWEEN.search(fault.name) and fault.begun <= at + RECORD_SECONDS and fault.mended >= at
    ]
    seconds, cause = min(near, default=(0.0, ""))
    return Repeat(message_id, queue_id, at, heard, cause, round(seconds, 3))


def _written_at(queue_id: str) -> float:
    """When Postfix wrote down a mail that it never confirmed: a long queue id begins with it. 0 when it is short."""
    return 0.0 if len(queue_id) < 12 else float(int(queue_id[:6], 36))


def _copies(town: Town) -> Iterable[Copy]:
    """Every mail in every mailbox but our own."""
    home = town.parts.maildir("x@y").parent.parent
    for folder in home.glob("*/*"):
        address = f"{folder.name}@{folder.parent.name}"
        for path in [*folder.glob("new/*"), *folder.glob("cur/*")]:
            yield _copy(path, address)


def _copy(path: Path, address: str) -> Copy:
    head, _, body = path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    text = head.decode("latin-1")
    queue_id = _QUEUE_ID.search(text)
    message_id = re.search(r"^Message-ID:\s*(<[^>]*>)", text, re.MULTILINE | re.IGNORECASE)
    return Copy(address, message_id[1] if message_id else "", queue_id[1] if queue_id else "", sha256(body).hexdigest())


def tally(items: Iterable[Any]) -> dict[str, int]:
    """How often each occurs, the most frequent first."""
    return dict(Counter(str(item) for item in items).most_common())
