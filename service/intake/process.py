"""Turning stored mail into acts.

Small mails that are tried for the first time share a transaction, which halves the work of each. Should one of them
fail, nothing of it was done, and all are taken one by one, a transaction each. A mail is claimed with a lease and its
attempt counted before it is parsed; from its second attempt on it is claimed alone. So one that kills the process is
put into quarantine after three attempts and takes no other along.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, Row, func, or_, select, update
from sqlalchemy.orm import undefer

from service.agencies import directory as directories
from service.agencies.directory import Directory
from service.attachments.files import MOST_FILES, FileRefusedError, KeptFile, keep
from service.casework.cases import locked
from service.casework.decline import decline
from service.casework.follow_up import follow_up
from service.casework.open import Submission, open_case
from service.casework.respond import respond
from service.complaints.records import Complaint
from service.intake import rules
from service.intake.bounces import apply_bounce
from service.intake.correspondent import Correspondent, identify, tags_of
from service.intake.records import DONE, IGNORED, QUARANTINED, STORED, InboundMail
from service.mail.message import Message
from service.mail.parse import parse
from service.tables import Document, Session

log = structlog.get_logger()
BATCH = 20
LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 3
# Larger mails have a transaction of their own: they take memory, and time for their photos.
SMALL_BYTES = 100_000
MOST_TEXT = 100_000

Transaction = Callable[[], AbstractContextManager[Session]]


def turn(transaction: Transaction) -> int:
    """Process one batch of stored mails; returns how many were claimed (0: nothing is waiting)."""
    with transaction() as session:
        claimed = _claim(session)
        directory = directories.current(session) if claimed else None
    small = [row.id for row in claimed if row.attempts == 1 and row.size <= SMALL_BYTES]
    done = set(small) if len(small) > 1 and _together(transaction, directory, small) else set()
    for row in claimed:
        if row.id not in done:
            _one(transaction, directory, row.id)
    return len(claimed)


def _claim(session: Session) -> list[Row[int, int, int]]:
    """Id, size and attempts of what is ours now: one mail that was tried before, or a batch of fresh ones."""
    return _claimed(session, InboundMail.attempts > 0, 1) or _claimed(session, InboundMail.attempts == 0, BATCH)


def _claimed(session: Session, which: ColumnElement[bool], most: int) -> list[Row[int, int, int]]:
    now = func.clock_timestamp()
    waiting = (
        select(InboundMail.id)
        .where(InboundMail.status == STORED, which)
        .where(or_(InboundMail.leased_until.is_(None), InboundMail.leased_until < now))
        .order_by(InboundMail.received_at, InboundMail.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    claim = (
        update(InboundMail)
        .where(InboundMail.id.in_(waiting))
        .values(attempts=InboundMail.attempts + 1, leased_until=now + LEASE)
        .returning(InboundMail.id, InboundMail.size, InboundMail.attempts)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.execute(claim).all())


def _together(transaction: Transaction, directory: Directory, mail_ids: list[int]) -> bool:
    """Process these mails in one transaction; False when one of them failed: then nothing was done."""
    query = (
        select(InboundMail)
        .where(InboundMail.id.in_(mail_ids), InboundMail.status == STORED)
        .order_by(InboundMail.id)
        .options(undefer(InboundMail.raw))
        .with_for_update()
    )
    try:
        with transaction() as session:
            _each(session, directory, list(session.scalars(query)))
    except Exception as error:
        log.warning("mails_taken_one_by_one", mails=len(mail_ids), error=type(error).__name__)
        return False
    return True


def _each(session: Session, directory: Directory, rows: list[InboundMail]) -> None:
    """Process one mail after another, writing late: new cases of different senders have no part in each other, so
    they may wait and be written together. All else is written before the next question is asked."""
    unwritten: set[str] = set()  # senders and Message-IDs of such new cases
    for row in rows:
        message = parse(row.raw)
        traits = {message.from_address, row.message_id}
        if traits & unwritten:
            session.flush()
            unwritten.clear()
        with session.no_autoflush:
            _process(session, directory, row, message)
        if row.verdict == rules.COMPLAINT:
            unwritten |= traits
        else:
            session.flush()
            unwritten.clear()


def _one(transaction: Transaction, directory: Directory, mail_id: int) -> None:
    try:
        with transaction() as session:
            row = session.get_one(InboundMail, mail_id, with_for_update=True, options=[undefer(InboundMail.raw)])
            if row.status != STORED:
                return
            if row.attempts > MOST_ATTEMPTS:
                hold(row, "Berulang kali gagal diolah")
                return
            process(session, directory, row)
    except Exception as error:
        # Nothing of the act was committed. The lease lapses and it is tried again, three times in all.
        log.exception("mail_not_processed", mail_id=mail_id)
        with transaction() as session:
            row = session.get_one(InboundMail, mail_id, with_for_update=True)
            if row.status == STORED and row.attempts >= MOST_ATTEMPTS:
                hold(row, f"Gagal diolah: {type(error).__name__}")


def hold(row: InboundMail, reason: str) -> None:
    """Put a mail into quarantine, with its reason."""
    row.status, row.verdict, row.reason, row.leased_until = QUARANTINED, rules.HOLD, reason, None


def process(session: Session, directory: Directory, row: InboundMail) -> None:
    """Judge one mail and do what follows from it, in the caller's transaction."""
    with session.no_autoflush:  # nothing that is asked here depends on what is not written yet
        _process(session, directory, row, parse(row.raw))


def _process(session: Session, directory: Directory, row: InboundMail, message: Message) -> None:
    row.sender, row.subject = message.from_address[:320], message.subject[:500]
    who = identify(session, directory, message)
    case = locked(session, who.complaint_id) if who.complaint_id else None
    row.complaint_id, row.party = (case.id, who.party) if case else (None, "")
    verdict = rules.decide(_facts(session, directory, row, message, who, case))
    row.verdict, row.reason = verdict.kind, verdict.reason
    if verdict.kind == rules.HOLD:
        hold(row, verdict.reason)
        return
    row.status = IGNORED if verdict.kind in (rules.LOOP, rules.TWIN, rules.AUTO) else DONE
    if verdict.kind == rules.BOUNCE:
        apply_bounce(session, row, message)
    elif verdict.kind == rules.COMPLAINT:
        opened = open_from_mail(session, directory, row, message)
        row.complaint_id, row.party = opened.id, "citizen"
    elif case is not None and verdict.kind in (rules.REPLY, rules.DECLINE):
        apply_reply(session, directory, row, message, case, who.party, verdict.kind == rules.DECLINE)


def _facts(
    session: Session,
    directory: Directory,
    row: InboundMail,
    message: Message,
    who: Correspondent,
    case: Complaint | None,
) -> rules.Facts:
    return rules.Facts(
        sender=message.from_address,
        own=who.own,
        twin=_is_twin(session, directory, row, message),
        bounce=message.bounce is not None,
        auto=message.auto,
        bulk=message.bulk,
        case=who.tie if case else "",
        case_open=case is None or case.state != "rejected",
        party=_side(who.party),
        trusted=not who.distrust,
        distrust=who.distrust,
        holds=case is not None and who.agency_id == case.agency_id,
        text=message.text,
        reply_text=message.reply_text,
        files=len(message.attachments),
        recent_from_sender=_recent(session, row, message.from_address),
    )


def _is_twin(session: Session, directory: Directory, row: InboundMail, message: Message) -> bool:
    """Whether the same mail (Message-ID and sender) has come in before, by another of our addresses.

    One that was sent to two agencies' addresses is for both: neither may be left in the dark.
    """
    if not row.message_id or not message.from_address:
        return False
    query = (
        select(InboundMail.id, Complaint.agency_id)
        .outerjoin(Complaint, Complaint.id == InboundMail.complaint_id)
        .where(InboundMail.message_id == row.message_id, InboundMail.sender == message.from_address)
        .where(InboundMail.id != row.id, InboundMail.status.in_((DONE, QUARANTINED)))
    )
    tag = _agency_tag(directory, message)
    return any(not tag or directory.unit(agency_id).code == tag for _, agency_id in session.execute(query))


def _agency_tag(directory: Directory, message: Message) -> str:
    """The agency whose plus-address the mail was sent to, if any."""
    return next((tag for tag in tags_of(message) if tag in directory.by_code), "")


def _side(party: str) -> str:
    return party if party in ("citizen", "desk", "") else "agency"


def _recent(session: Session, row: InboundMail, sender: str) -> int:
    query = select(func.count()).where(
        InboundMail.sender == sender,
        InboundMail.received_at > row.received_at - timedelta(hours=1),
        InboundMail.id != row.id,
        InboundMail.verdict == rules.COMPLAINT,
    )
    return session.scalar(query) or 0


def open_from_mail(session: Session, directory: Directory, row: InboundMail, message: Message) -> Complaint:
    """A new case from a mail."""
    return open_case(session, directory, submission_of(directory, row, message))


def submission_of(directory: Directory, row: InboundMail, message: Message) -> Submission:
    """What a mail says as a complaint (also used by the desk for one in quarantine)."""
    files, notes = _files(message)
    return Submission(
        channel="mail",
        received_at=row.received_at,
        text=_with_notes(message.text.strip() or message.subject or "(tanpa isi)", notes),
        subject=message.subject,
        tag=_agency_tag(directory, message),
        reporter_name=message.from_name,
        reporter_email=message.from_address,
        reporter_thread=message.message_id,
        inbound_mail_id=row.id,
        files=files,
    )


def apply_reply(
    session: Session,
    directory: Directory,
    row: InboundMail,
    message: Message,
    case: Complaint,
    party: str,
    is_decline: bool,
    accepted: Document | None = None,
) -> None:
    """What a trusted reply does to its case: the citizen's goes to the holder, the holder's to the citizen.

    `accepted`: who of the desk let it count, and why, where the rules did not trust it.
    """
    files, notes = _files(message)
    text = _with_notes(message.reply_text.strip() or "(lihat lampiran)", notes)
    if party == "citizen":
        follow_up(
            session,
            directory,
            case,
            text=text,
            at=row.received_at,
            inbound_mail_id=row.id,
            files=files,
            accepted=accepted,
        )
        return
    actor = f"agency:{party}" if party != "desk" else "desk"
    if is_decline:
        decline(session, directory, case, reason=text, actor=actor, accepted=accepted)
        return
    respond(
        session,
        directory,
        case,
        text=text,
        arrived_at=row.received_at,
        actor=actor,
        inbound_mail_id=row.id,
        files=files,
        accepted=accepted,
    )


def _files(message: Message) -> tuple[list[KeptFile], list[str]]:
    kept, notes = [], []
    for attachment in message.attachments[:MOST_FILES]:
        try:
            kept.append(keep(attachment.content, attachment.filename or "lampiran"))
        except FileRefusedError as refused:
            notes.append(str(refused))
    if len(message.attachments) > MOST_FILES:
        notes.append(f"Hanya {MOST_FILES} lampiran pertama yang disimpan.")
    return kept, notes


def _with_notes(text: str, notes: list[str]) -> str:
    """The words, cut at 100,000 characters (the whole stays in the raw mail), with what became of the attachments."""
    cut = text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "\n[… dipotong; surat asli disimpan utuh]"
    return "\n".join([cut, *(f"[{note}]" for note in notes)])
