"""Turning stored mail into acts.

Small mails that are tried for the first time share a transaction, which halves the work of each. Should one of them
fail, nothing of it was done, and all are taken one by one, a transaction each. A mail is claimed with a lease and its
attempt counted before it is parsed; from its second attempt on it is claimed alone. So one that kills the process is
put into quarantine after three attempts and takes no other along.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, func, or_, select, update

from service.agencies import directory as directories
from service.agencies import inboxes
from service.agencies.directory import Directory
from service.attachments.files import MOST_FILES, FileRefusedError, KeptFile, keep
from service.casework.decline import decline
from service.casework.follow_up import follow_up
from service.casework.open import Submission, draw_numbers, open_case
from service.casework.respond import respond
from service.casework.say import say
from service.casework.sent_again import sent_again
from service.complaints.records import Complaint
from service.config import settings
from service.intake import rules
from service.intake.bounces import apply_bounce
from service.intake.correspondent import ENVELOPE, Correspondent, identify, tags_of
from service.intake.fingerprint import fingerprint
from service.intake.gather import gather
from service.intake.glimpse import glimpse
from service.intake.known import Known, Mail
from service.intake.own_letter import without_our_letter
from service.intake.records import DONE, IGNORED, QUARANTINED, STORED, InboundMail, raw_mails
from service.intake.unsubscribe import apply_unsubscribe, unsubscribes
from service.mail.addresses import split_tag
from service.mail.message import Message
from service.mail.parse import parse
from service.tables import Document, Session, write_many

log = structlog.get_logger()
BATCH = 50
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
    """Judge one mail after another; each sees what became of those before it.

    New complaints wait and are opened together: those of different senders have no part in each other.
    """
    raws = raw_mails(session, rows)
    mails = [_read(directory, row, raws.pop(row.id)) for row in rows]
    known = gather(session, directory, mails)
    waiting: list[Mail] = []
    for mail in mails:
        if any(mail.sender == other.sender for other in waiting):
            _open_all(session, known, waiting)
            session.flush()  # this one may belong to what was opened just now
            waiting = []
        who, case = _judge(known, mail)
        if mail.row.verdict == rules.COMPLAINT:
            waiting.append(mail)
        else:
            _act(session, directory, mail, who, case)
        known.note(mail)
    _open_all(session, known, waiting)
    write_many(session)


def _read(directory: Directory, row: InboundMail, raw: bytes) -> Mail:
    message = parse(raw)
    words = fingerprint(message.subject, message.reply_text or message.text)
    return Mail(row, message, words, _agency_tags(directory, message))


def _judge(known: Known, mail: Mail) -> tuple[Correspondent, Complaint | None]:
    """Write the verdict onto the row. Returns who wrote, and the case if there is one."""
    row = mail.row
    who = identify(known, mail)
    case = known.cases.get(who.complaint_id) if who.complaint_id else None
    verdict = rules.decide(_facts(known, mail, who, case))
    row.sender, row.subject, row.fingerprint = mail.sender[:320], mail.message.subject[:500], mail.fingerprint
    row.complaint_id, row.party = (case.id, who.party) if case else (None, "")
    row.verdict, row.reason = verdict.kind, verdict.reason
    if verdict.kind == rules.HOLD:
        hold(row, verdict.reason)
    else:
        row.status = IGNORED if verdict.kind in (rules.LOOP, rules.TWIN, rules.AUTO) else DONE
    return who, case


def _act(session: Session, directory: Directory, mail: Mail, who: Correspondent, case: Complaint | None) -> None:
    """What follows from a mail that is no new complaint."""
    row, message = mail.row, mail.message
    if row.verdict == rules.BOUNCE:
        apply_bounce(session, row, message)
    elif row.verdict == rules.UNSUBSCRIBE:
        apply_unsubscribe(session, message)
    elif case is not None and row.verdict in (rules.REPLY, rules.DECLINE):
        apply_reply(session, directory, row, message, case, who.party, row.verdict == rules.DECLINE)
    elif case is not None and row.verdict == rules.AGAIN:
        files, _ = _files(message)
        sent_again(session, directory, case, at=row.received_at, inbound_mail_id=row.id, files=files)


def _open_all(session: Session, known: Known, mails: list[Mail]) -> None:
    """Open the cases of new complaints, with numbers that are drawn in one go."""
    draw_numbers(session, len(mails))
    for mail in mails:
        case = open_from_mail(session, known.directory, mail.row, mail.message)
        mail.row.complaint_id, mail.row.party = case.id, "citizen"
        known.opened(mail, case)
        if known.directory.unit(case.agency_id).code == mail.tag:  # it went where it was sent to
            _open_others(session, known, mail)


def _open_others(session: Session, known: Known, mail: Mail) -> None:
    """A case for each further agency that the mail names, whether or not a copy comes for it: many servers keep one
    copy of what is sent to several addresses of a mailbox."""
    for tag in mail.tags[1:]:
        submission = submission_of(known.directory, mail.row, mail.message)
        case = open_case(session, known.directory, replace(submission, tag=tag))
        known.cases[case.id] = case


def _one(transaction: Transaction, directory: Directory, mail_id: int) -> None:
    try:
        with transaction() as session:
            row = session.get_one(InboundMail, mail_id, with_for_update=True)
            if row.status != STORED:
                return
            if row.attempts > MOST_ATTEMPTS:
                glimpse(session, directory, row)
                hold(row, "Berulang kali gagal diolah")
                return
            process(session, directory, row)
    except Exception as error:
        # Nothing of the act was committed. The lease lapses and it is tried again, three times in all.
        log.exception("mail_not_processed", mail_id=mail_id)
        with transaction() as session:
            row = session.get_one(InboundMail, mail_id, with_for_update=True)
            if row.status == STORED and row.attempts >= MOST_ATTEMPTS:
                glimpse(session, directory, row)
                hold(row, f"Gagal diolah: {type(error).__name__}")


def hold(row: InboundMail, reason: str) -> None:
    """Put a mail into quarantine, with its reason."""
    row.status, row.verdict, row.reason, row.leased_until = QUARANTINED, rules.HOLD, reason, None


def process(session: Session, directory: Directory, row: InboundMail) -> None:
    """Judge one mail and do what follows from it, in the caller's transaction."""
    _each(session, directory, [row])


def _facts(known: Known, mail: Mail, who: Correspondent, case: Complaint | None) -> rules.Facts:
    message = mail.message
    return rules.Facts(
        sender=mail.sender,
        own=who.own,
        twin=known.is_copy(mail),
        bounce=message.bounce is not None,
        auto=message.auto,
        bulk=message.bulk,
        spam=message.spam,
        unsubscribes=unsubscribes(message),
        case=who.tie if case or who.tie == ENVELOPE else "",
        case_open=case is None or case.state != "rejected",
        party=_side(who.party),
        trusted=not who.distrust,
        distrust=who.distrust,
        holds=case is not None and who.agency_id == case.agency_id,
        text=message.text,
        reply_text=_own_words(known.directory, message, case, who.party) if case else message.reply_text,
        files=len(message.attachments),
        from_office=any(mail.sender == unit.inbox for unit in known.directory.units.values()),
        repeated=case is not None and known.repeated(mail, case.id),
        from_sender=known.from_sender(mail) + len(mail.tags[1:]),
        from_domain=known.from_domain(mail),
        senders_of_words=known.senders_of_words(mail),
        in_case=known.in_case(mail, case.id, rules.HOUR) if case else 0,
        in_case_today=known.in_case(mail, case.id, rules.DAY) if case else 0,
    )


def _agency_tags(directory: Directory, message: Message) -> list[str]:
    """The agencies whose plus-addresses the mail was sent to; first the one that this copy came to."""
    return list(dict.fromkeys(tag for tag in tags_of(message) if tag in directory.by_code))


def _own_words(directory: Directory, message: Message, case: Complaint, party: str) -> str:
    """What a party's reply says itself."""
    if party == "citizen":
        name = case.reporter_name or "Bapak/Ibu"
    else:
        name = directory.by_code[party].name if party in directory.by_code else directory.desk.name
    return without_our_letter(message.reply_text, name, directory.name)


def _side(party: str) -> str:
    return party if party in ("citizen", "desk", "") else "agency"


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
        tag=next(iter(_agency_tags(directory, message)), ""),
        reporter_name=message.from_name,
        reporter_email=_letters_go_to(message),
        reporter_thread=message.message_id,
        inbound_mail_id=row.id,
        files=files,
    )


def _letters_go_to(message: Message) -> str:
    """The address that our letters reach a person at; empty for none. Then the complaint is kept, unacknowledged."""
    if rules.answerable(message.from_address, message.return_path):
        return message.from_address
    # A portal that passes complaints on writes as "no-reply" and names the citizen in Reply-To.
    others = [address for address in message.reply_to if address != message.from_address]
    ours = settings().mail_address
    people = (a for a in others if rules.answerable(a, message.return_path) and split_tag(a)[0] != ours)
    return next(people, "")


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
    text = _with_notes(_own_words(directory, message, case, party).strip() or "(lihat lampiran)", notes)
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
    unit = directory.by_code.get(party)
    if unit and unit.id and unit.inbox_problem and row.sender == unit.inbox:
        inboxes.clear(session, unit.id)  # somebody reads it again
    if is_decline:
        decline(session, directory, case, reason=text, actor=actor, accepted=accepted)
        return
    said: dict[str, Any] = {"text": text, "arrived_at": row.received_at, "inbound_mail_id": row.id, "files": files}
    if accepted:  # somebody has read it and lets it count
        respond(session, directory, case, actor=actor, accepted=accepted, **said)
        return
    found = say(session, directory, case, actor=actor, **said)
    if not found.counts:
        row.reason = f"{row.reason}; tidak dihitung sebagai jawaban"


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
