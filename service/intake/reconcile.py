"""Reconciliation: is every mail that lies in the mailbox stored?

Every night, in the poller's own connection, the folder and its archive are walked from the newest mail to the oldest,
in pieces. A mail is known by its UID (in the folder), else by Message-ID with size or arrival, else by its bytes; one
that is truly absent is stored now, with its INTERNALDATE as arrival, and so it heals itself. Bytes that we have are
never stored again, so no mail becomes a second case. What was found stands in `mailbox.reconciliation`.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Protocol

import structlog
from sqlalchemy import func, select, update

from service import clock, queues
from service.agencies import directory as directories
from service.intake import storing, unread
from service.intake.mailbox import BROKEN, Fetched, Outline
from service.intake.poll import Folder, Transaction
from service.intake.records import STORED, InboundMail, Mailbox
from service.tables import Document, Session

log = structlog.get_logger()
NIGHT = time(2, 30)
# A comparison that was cut off is begun anew after so long, not at once: it may be what broke the connection.
AGAIN = timedelta(hours=1)
STUCK = timedelta(minutes=10)
MOST_EXAMPLES = 10
# More absent mails than this are not a slip but another mailbox, another database or a restored backup: then a person
# decides (`flask intake reconcile --store-all`), for each of them would become a case.
MOST_HEALED = 200
MAILS_FETCHED = 20


class ComparedFolder(Folder, Protocol):
    """What comparing needs of a connected mailbox on top of what reading does."""

    folder: str

    @property
    def archive_name(self) -> str: ...

    def has_folder(self, folder: str) -> bool: ...
    def outlines(self, folder: str) -> Iterator[list[Outline]]: ...
    def fetch(self, uids: list[int], folder: str = "") -> list[Fetched]: ...
    def junk(self) -> dict[str, Any]: ...


@dataclass
class Findings:
    """What one comparison found. `absent` mails lay in the mailbox and were not stored; `healed` of them are now."""

    folders: dict[str, int] = field(default_factory=dict)  # mails by folder
    absent: int = 0
    healed: int = 0
    examples: list[Document] = field(default_factory=list)
    junk: Document = field(default_factory=dict)
    stuck: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    complete: bool = True

    @property
    def differences(self) -> int:
        """How many mails need somebody's eye; 0 when all is well."""
        return self.absent + self.stuck

    @property
    def words(self) -> str:
        """One sentence for the administrator, in Indonesian."""
        total = sum(self.folders.values())
        parts = [f"{total} surat di kotak surat dan arsip dibandingkan dengan yang tersimpan"]
        if self.absent:
            parts.append(f"{self.absent} belum tersimpan, {self.healed} di antaranya disimpan sekarang")
        if self.stuck:
            parts.append(f"{self.stuck} tersimpan tetapi belum diolah lebih dari 10 menit")
        if not self.differences:
            parts.append("semuanya cocok")
        if self.junk.get("unseen"):
            parts.append(f"{self.junk['unseen']} surat belum dibaca di folder {self.junk['folder']}")
        return "; ".join(parts) + "."

    def document(self) -> Document:
        """As it is kept on the mailbox."""
        return {
            "differences": self.differences,
            "words": self.words,
            "folders": self.folders,
            "absent": self.absent,
            "healed": self.healed,
            "examples": self.examples,
            "junk": self.junk,
            "stuck": self.stuck,
            "statuses": self.statuses,
        }


def is_due(transaction: Transaction, name: str) -> bool:
    """Whether this mailbox is to be compared now."""
    with transaction() as session:
        at = session.scalar(select(Mailbox.reconcile_at).where(Mailbox.name == name))
    return at is None or at <= clock.now()


def nightly(
    transaction: Transaction,
    folder: ComparedFolder,
    name: str,
    *,
    between: Callable[[], None],
    stopping: Callable[[], bool],
) -> None:
    """Compare, and note what was found and when the next night is. `between` reads new mail meanwhile, every few
    seconds. Raises BROKEN errors; any other fault is noted as a finding."""
    _put_off(transaction, name)
    try:
        findings = compare(transaction, folder, name, between=between, stopping=stopping)
    except BROKEN:
        raise
    except Exception as error:
        log.exception("not_reconciled", mailbox=name)
        words = f"Kotak surat tidak dapat dibandingkan dengan yang tersimpan: {type(error).__name__}: {error}"
        note(transaction, name, {"differences": 1, "words": words[:500]})
        return
    if findings.complete:
        note(transaction, name, findings.document())


def _put_off(transaction: Transaction, name: str) -> None:
    with transaction() as session:
        session.execute(update(Mailbox).where(Mailbox.name == name).values(reconcile_at=clock.now() + AGAIN))


def note(transaction: Transaction, name: str, document: Document) -> None:
    """Keep what a comparison found; the next one is in the night."""
    now = clock.now()
    with transaction() as session:
        session.execute(
            update(Mailbox)
            .where(Mailbox.name == name)
            .values(reconciliation=document, reconciled_at=now, reconcile_at=next_night(now, _zone(session)))
        )
    log.info("reconciled", mailbox=name, differences=document["differences"])


def _zone(session: Session) -> tzinfo:
    return directories.current(session).timezone


def next_night(now: datetime, zone: tzinfo) -> datetime:
    """The next 02.30 of the government's own time after `now`."""
    local = now.astimezone(zone)
    tonight = datetime.combine(local.date(), NIGHT, zone)
    return tonight if tonight > local else datetime.combine(local.date() + timedelta(days=1), NIGHT, zone)


def compare(
    transaction: Transaction,
    folder: ComparedFolder,
    name: str,
    *,
    most_healed: int = MOST_HEALED,
    between: Callable[[], None] = lambda: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Findings:
    """Walk folder and archive; store what is absent, up to `most_healed` mails. Memory is bounded by the pieces."""
    found = Findings()
    comparison = _Comparison(transaction, folder, name, found, most_healed)
    for place in (folder.folder, folder.archive_name):
        if place != folder.folder and not folder.has_folder(place):
            continue
        found.folders[place] = 0
        for outlines in folder.outlines(place):
            comparison.piece(place, outlines)
            if stopping():
                found.complete = False
                return found
            between()
    found.junk = folder.junk()
    with transaction() as session:
        found.stuck, found.statuses = _counts(session, comparison.mailbox_id)
    return found


def _counts(session: Session, mailbox_id: int) -> tuple[int, dict[str, int]]:
    mine = InboundMail.mailbox_id == mailbox_id
    old = InboundMail.stored_at < func.clock_timestamp() - STUCK
    stuck = session.scalar(select(func.count()).where(mine, InboundMail.status == STORED, old)) or 0
    by_status = select(InboundMail.status, func.count()).where(mine).group_by(InboundMail.status)
    return stuck, dict(session.execute(by_status).tuples().all())


class _Comparison:
    """One mailbox being compared, piece by piece."""

    def __init__(
        self, transaction: Transaction, folder: ComparedFolder, name: str, found: Findings, most_healed: int
    ) -> None:
        self._transaction, self._folder, self._found, self._most_healed = transaction, folder, found, most_healed
        account = name.removesuffix(folder.folder)
        with transaction() as session:
            # Mailboxes of one account share its archive: a mail in it may have been stored for any of them.
            query = select(Mailbox).where(Mailbox.name.startswith(account, autoescape=True))
            boxes = list(session.scalars(query))
            mine = next(box for box in boxes if box.name == name)
            self.mailbox_id, self._watermark = mine.id, mine.last_uid
            self._numbered = mine.uidvalidity == folder.uidvalidity
            self._mailbox_ids = [box.id for box in boxes]

    def piece(self, place: str, outlines: list[Outline]) -> None:
        """Compare some mails of one folder."""
        self._found.folders[place] += len(outlines)
        own = place == self._folder.folder
        with self._transaction() as session:
            doubtful = self._not_by_uid(session, outlines) if own else outlines
            doubtful = _not_by_outline(session, self._mailbox_ids, doubtful)
        for start in range(0, len(doubtful), MAILS_FETCHED):
            self._look_at(place, [outline.uid for outline in doubtful[start : start + MAILS_FETCHED]])

    def _not_by_uid(self, session: Session, outlines: list[Outline]) -> list[Outline]:
        """Those that have no row by UID. What lies above the watermark has merely not been read yet."""
        if not self._numbered:
            return []
        uids = [outline.uid for outline in outlines if outline.uid <= self._watermark]
        known = unread.known(session, self.mailbox_id, self._folder.uidvalidity, uids)
        return [outline for outline in outlines if outline.uid <= self._watermark and outline.uid not in known]

    def _look_at(self, place: str, uids: list[int]) -> None:
        """Compare mails by their bytes, and store those that are absent."""
        for mail in self._folder.fetch(uids, place):
            if mail.raw is None:
                continue  # in the folder it is recorded by reading; from the archive nothing can be said of it
            with self._transaction() as session:
                if not _has_bytes(session, self._mailbox_ids, mail.raw):
                    self._absent(session, place, mail)

    def _absent(self, session: Session, place: str, mail: Fetched) -> None:
        found = self._found
        found.absent += 1
        if len(found.examples) < MOST_EXAMPLES:
            when = mail.received_at.isoformat() if mail.received_at else ""
            message_id = storing.content(mail.raw or b"")["message_id"]
            found.examples.append({"folder": place, "uid": mail.uid, "received_at": when, "message_id": message_id})
        if found.healed >= self._most_healed:
            return
        numbering = self._folder.uidvalidity if place == self._folder.folder else storing.NO_PLACE
        found.healed += len(storing.store(session, self.mailbox_id, numbering, [mail], clock.now()))
        queues.ring_after_commit(session, queues.PROCESS_MAIL)


def _not_by_outline(session: Session, mailbox_ids: list[int], outlines: list[Outline]) -> list[Outline]:
    """Those that no row answers to by Message-ID and (size or arrival); without a Message-ID, by size and arrival.

    Size or arrival: some servers tell a size that is only about right, others give copies a new arrival. Each row
    answers for one mail only, so that of two with one Message-ID the second is looked at, too.
    """
    rows: dict[str, list[tuple[int, datetime]]] = defaultdict(list)
    for message_id, size, received_at in session.execute(_rows_like(mailbox_ids, outlines)):
        rows[message_id].append((size, received_at))
    left = []
    for outline in outlines:
        fits = all if not outline.message_id else any
        row = next(
            (row for row in rows[outline.message_id] if fits((row[0] == outline.size, row[1] == outline.received_at))),
            None,
        )
        if row is None:
            left.append(outline)
        else:
            rows[outline.message_id].remove(row)
    return left


def _rows_like(mailbox_ids: list[int], outlines: list[Outline]) -> Any:
    named = [outline.message_id for outline in outlines if outline.message_id]
    times = [outline.received_at for outline in outlines if not outline.message_id]
    nameless = (InboundMail.message_id == "") & InboundMail.received_at.in_(times)
    return select(InboundMail.message_id, InboundMail.size, InboundMail.received_at).where(
        InboundMail.mailbox_id.in_(mailbox_ids), InboundMail.message_id.in_(named) | nameless
    )


def _has_bytes(session: Session, mailbox_ids: list[int], raw: bytes) -> bool:
    digest = hashlib.sha256(raw).hexdigest()
    query = select(InboundMail.id).where(InboundMail.mailbox_id.in_(mailbox_ids), InboundMail.sha256 == digest)
    return session.scalar(query) is not None
