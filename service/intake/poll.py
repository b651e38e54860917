"""Reading a mailbox into the database: raw first, archive after the commit.

If we die before the commit, the watermark has not moved and the mails are read again. If we die between
commit and archiving, they are found in the folder at the next connection, known by UID, and archived then.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from service import clock, queues
from service.deadlines import outages
from service.intake import storing, unread
from service.intake.archive import MOST_NAMED
from service.intake.mailbox import BATCH_BYTES, BATCH_MAILS, Fetched, NothingDeliveredError
from service.intake.records import Mailbox
from service.intake.unread import LARGEST_BYTES, too_large
from service.tables import Session, follow_clock

log = structlog.get_logger()
# With a standby that looks every two seconds, another poller has taken over 23 s after one has died.
LEASE = timedelta(seconds=20)
# After how many broken connections a mail is believed to be what breaks them.
MOST_BREAKS = 3
UIDS_COMPARED = 5_000

Transaction = Callable[[], AbstractContextManager[Session]]
Doubts = Counter[int]  # UIDs, and how many connections broke while they were being fetched


class Folder(Protocol):
    """What reading needs of a connected mailbox (`mailbox.ImapMailbox`, or the fake of the tests)."""

    uidvalidity: int

    @property
    def problem(self) -> str: ...
    def uids_above(self, last_uid: int) -> list[int]: ...
    def sizes(self, uids: list[int]) -> dict[int, int]: ...
    def fetch(self, uids: list[int]) -> list[Fetched]: ...
    def archive(self, uids: list[int]) -> None: ...
    def archive_left_over(self, uids: list[int]) -> None: ...


def know(transaction: Transaction, name: str) -> None:
    """Have a row for this mailbox."""
    with transaction() as session:
        if session.scalar(select(Mailbox.id).where(Mailbox.name == name)) is None:
            new = insert(Mailbox).values(name=name, problem="", known_since=clock.now())
            session.execute(new.on_conflict_do_nothing())


def take_lease(transaction: Transaction, name: str, owner: str) -> bool:
    """Become or stay the one poller of this mailbox for 20 s; False while another one is."""
    know(transaction, name)
    with transaction() as session:
        free = or_(
            Mailbox.leased_by == owner,
            Mailbox.leased_until.is_(None),
            Mailbox.leased_until < func.clock_timestamp(),
        )
        taken = session.execute(
            update(Mailbox)
            .where(Mailbox.name == name, free)
            .values(leased_by=owner, leased_until=func.clock_timestamp() + LEASE)
        )
        return bool(taken.rowcount)


def give_up_lease(transaction: Transaction, name: str, owner: str) -> None:
    """Let the standby take over at once (a clean stop)."""
    with transaction() as session:
        session.execute(
            update(Mailbox).where(Mailbox.name == name, Mailbox.leased_by == owner).values(leased_until=None)
        )


def turn(
    transaction: Transaction,
    folder: Folder,
    name: str,
    owner: str,
    *,
    first: bool,
    doubts: Doubts | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Store what the folder holds above the watermark; returns how many mails were new to us.

    `first` is the first turn of a connection: then the whole folder is looked at, and what a crash left behind
    is stored or archived. Ends by noting until when the mailbox has been read, or after the batch in hand when
    `stopping`. The caller holds the lease, and keeps `doubts` from one connection to the next.
    """
    with transaction() as session:
        # Before the folder is looked at, and by the database's clock: breaches are written by this instant.
        follow_clock(session, at_once=True)
        before = clock.now()
        mailbox = session.scalars(select(Mailbox).where(Mailbox.name == name)).one()
        if mailbox.uidvalidity != folder.uidvalidity:
            log.info("uidvalidity_changed", mailbox=name)
            mailbox.uidvalidity, mailbox.last_uid = folder.uidvalidity, 0
            unread.set_aside(session, mailbox.id, folder.uidvalidity)
        mailbox_id, last_uid, not_before = mailbox.id, mailbox.last_uid, mailbox.read_until or before
    new = unread.try_again(transaction, folder, mailbox_id)
    uids = folder.uids_above(0 if first else last_uid)
    if first:
        uids = unknown(transaction, folder, mailbox_id, uids)
    for batch in batches(folder, uids, Counter() if doubts is None else doubts):
        new += _store(transaction, folder, mailbox_id, batch, not_before)
        folder.archive([mail.uid for mail in batch if mail.raw is not None])
        batch.clear()  # else it would lie in memory until the next one has been fetched
        if stopping():
            return new
    with transaction() as session:
        _note_read(session, mailbox_id, owner, before, folder.problem)
    return new


def _note_read(session: Session, mailbox_id: int, owner: str, until: datetime, problem: str) -> None:
    """Move the watermark on, and note for how long the mailbox was not read, if that was long."""
    ours = select(Mailbox).where(Mailbox.id == mailbox_id, Mailbox.leased_by == owner)
    mailbox = session.scalars(ours.with_for_update()).one_or_none()
    if mailbox is None:  # another poller reads it now
        return
    outages.note(session, outages.RECEIVING, mailbox.read_until, until)
    mailbox.read_until, mailbox.problem = until, problem[:500]


def unknown(transaction: Transaction, folder: Folder, mailbox_id: int, uids: list[int]) -> list[int]:
    """Those of `uids` that have no row. Archives those that are stored already; an undelivered mail stays where it
    is, to be tried again."""
    new = []
    for start in range(0, len(uids), UIDS_COMPARED):
        some = uids[start : start + UIDS_COMPARED]
        with transaction() as session:
            found = unread.known(session, mailbox_id, folder.uidvalidity, some)
        folder.archive_left_over([uid for uid in some if found.get(uid)])
        new += [uid for uid in some if uid not in found]
    return new


def batches(folder: Folder, uids: list[int], doubts: Doubts) -> Iterator[list[Fetched]]:
    """The mails with these UIDs, in batches bounded by number and bytes.

    Mails that were being fetched when a connection broke come last, alone: should one of them be the cause, the others
    are stored by then. After MOST_BREAKS it is not fetched any more but recorded, and tried again later.
    """
    calm = [uid for uid in uids if uid not in doubts]
    for start in range(0, len(calm), MOST_NAMED):
        yield from _fetched(folder, calm[start : start + MOST_NAMED], doubts)
    doubtful = sorted((uid for uid in uids if uid in doubts), key=lambda uid: doubts[uid])
    refused: list[Fetched] = []
    for uid in doubtful:
        if doubts[uid] >= MOST_BREAKS:
            yield [Fetched(uid, None, None, f"sambungan terputus {doubts[uid]} kali saat mengambilnya")]
            continue
        for mails in _fetched(folder, [uid], doubts):
            refused += [mail for mail in mails if mail.raw is None]
            yield [mail for mail in mails if mail.raw is not None]
    if len(refused) > 1 and len(refused) == len(doubtful):  # not one: rather the server's trouble than theirs
        doubts.update(doubtful)
        raise NothingDeliveredError(refused[0].words)
    yield refused
    doubts.clear()


def _fetched(folder: Folder, uids: list[int], doubts: Doubts) -> Iterator[list[Fetched]]:
    with _doubting(uids, doubts):
        sizes = folder.sizes(uids)
    if large := [too_large(uid, size) for uid, size in sizes.items() if size > LARGEST_BYTES]:
        yield large
    batch: list[int] = []
    weight = 0
    for uid, size in sizes.items():
        if size > LARGEST_BYTES:
            continue
        if batch and (len(batch) == BATCH_MAILS or weight + size > BATCH_BYTES):
            with _doubting(batch, doubts):
                mails = folder.fetch(batch)
            yield mails
            batch, weight = [], 0
        batch.append(uid)
        weight += size
    if batch:
        with _doubting(batch, doubts):
            mails = folder.fetch(batch)
        yield mails


@contextmanager
def _doubting(uids: list[int], doubts: Doubts) -> Iterator[None]:
    try:
        yield
    except Exception:
        doubts.update(uids)
        raise


def _store(
    transaction: Transaction, folder: Folder, mailbox_id: int, batch: list[Fetched], not_before: datetime
) -> int:
    """Commit a batch of raw mails and move the watermark behind it. A mail that we have by its hash stays one."""
    if not batch:
        return 0
    with transaction() as session:
        stored = len(storing.store(session, mailbox_id, folder.uidvalidity, batch, not_before))
        session.execute(
            update(Mailbox)
            .where(Mailbox.id == mailbox_id, Mailbox.uidvalidity == folder.uidvalidity)
            .values(last_uid=func.greatest(Mailbox.last_uid, max(mail.uid for mail in batch)))
        )
        queues.ring_after_commit(session, queues.PROCESS_MAIL)
    if stored:
        log.info("mail_stored", mailbox_id=mailbox_id, mails=stored)
    return stored


def note_problem(transaction: Transaction, name: str, words: str) -> None:
    """Keep why the mailbox cannot be read, for the desk and for `flask doctor`."""
    with transaction() as session:
        session.execute(update(Mailbox).where(Mailbox.name == name).values(problem=words[:500]))
