"""Asking for all that bears on a batch of mails, in a few questions however many they are.

Senders are locked first, by ascending key, then cases, by ascending id. So of two workers that hold the same mail, or
two mails of one sender, the second waits until the first has committed and then sees what it did; and no two workers
wait for each other.
"""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from service.agencies.directory import Directory
from service.agencies.records import Account
from service.complaints.records import Complaint
from service.complaints.records import Message as Words
from service.config import settings
from service.intake import rules
from service.intake.correspondent import case_numbers, link_tokens, named_letters, signed_parties
from service.intake.fingerprint import fingerprint
from service.intake.known import Heard, Known, Letter, Mail
from service.intake.records import DONE, QUARANTINED, InboundMail
from service.outbox.records import OutboundMail
from service.tables import Session

_HEARD = (
    InboundMail.id,
    InboundMail.message_id,
    InboundMail.received_at,
    InboundMail.fingerprint,
    InboundMail.sha256,
    InboundMail.status,
    InboundMail.verdict,
    InboundMail.complaint_id,
    InboundMail.sender,
)


def gather(session: Session, directory: Directory, mails: list[Mail]) -> Known:
    """Lock the senders and the cases of these mails, and ask for what judging them needs."""
    known = Known(directory)
    since = min(mail.row.received_at for mail in mails)
    senders = {mail.sender for mail in mails if mail.sender}
    _lock(session, senders)
    _hear(session, known, mails, senders, since)
    _read_forms(session, known, senders, since)
    _count_domains(session, known, {mail.domain for mail in mails}, since)
    _count_speakers(session, known, {mail.fingerprint for mail in mails}, since)
    _find_letters(session, known, mails)
    _lock_cases(session, known, mails)
    if known.cases:
        query = select(Account.email, Account.role, Account.agency_id).where(Account.active)
        known.staff = {email: (role, agency_id) for email, role, agency_id in session.execute(query)}
    return known


def _among(column: Any, values: Collection[str]) -> ColumnElement[bool]:
    """`column = ANY(array)`: one statement, prepared once, however many values there are."""
    return column == any_(literal(sorted(values), ARRAY(String)))


def _lock(session: Session, senders: Iterable[str]) -> None:
    """Have what other workers do with mails of these senders happen before or after this transaction."""
    keys = sorted(
        int.from_bytes(hashlib.sha256(sender.encode()).digest()[:8], "big", signed=True) for sender in senders
    )
    if keys:
        key = func.unnest(literal(keys, ARRAY(BigInteger))).column_valued("key")
        session.execute(select(func.pg_advisory_xact_lock(key)))


def _hear(session: Session, known: Known, mails: list[Mail], senders: set[str], since: datetime) -> None:
    """What became of the senders' mails of two days, and of copies of these mails however old."""
    if not senders:
        return
    recent = (InboundMail.received_at > since - rules.SAME_COMPLAINT) & (InboundMail.status == DONE)
    nameless = {mail.words for mail in mails if not mail.row.message_id}
    copies = _among(InboundMail.message_id, {mail.row.message_id for mail in mails if mail.row.message_id})
    if nameless:
        just_now = InboundMail.received_at > since - rules.SAME_DELIVERY
        same_words = _among(InboundMail.fingerprint, nameless) | _among(InboundMail.sha256, nameless)
        copies |= (InboundMail.message_id == "") & just_now & same_words
    query = (
        select(*_HEARD)
        .where(_among(InboundMail.sender, senders), recent | copies)
        .where(InboundMail.status.in_((DONE, QUARANTINED)))
        .order_by(InboundMail.id)
    )
    for mail_id, message_id, at, words, digest, status, verdict, case_id, sender in session.execute(query):
        known.hear(sender, Heard(mail_id, message_id, at, words or digest, status, verdict, case_id))


def _read_forms(session: Session, known: Known, senders: set[str], since: datetime) -> None:
    """What the same addresses filed by the form in two days."""
    if not senders:
        return
    query = (
        select(Complaint.reporter_email, Complaint.id, Words.text)
        .join(Words, (Words.complaint_id == Complaint.id) & (Words.event_seq == 1))
        .where(_among(Complaint.reporter_email, senders), Complaint.channel != "mail")
        .where(Complaint.received_at > since - rules.SAME_COMPLAINT)
        .order_by(Complaint.id)
    )
    for address, case_id, text in session.execute(query):
        if words := fingerprint("", text):
            known.forms[address, words] = case_id


def _count_domains(session: Session, known: Known, domains: set[str], since: datetime) -> None:
    """When complaints came from these domains."""
    agencies = {unit.inbox.rpartition("@")[2] for unit in known.directory.units.values()}
    wanted = domains - agencies - {""}
    if not wanted:
        return
    known.domains = {domain: [] for domain in wanted}
    query = select(InboundMail.sender_domain, InboundMail.received_at).where(
        _among(InboundMail.sender_domain, wanted),
        InboundMail.verdict == rules.COMPLAINT,
        InboundMail.received_at > since - rules.HOUR,
    )
    for domain, at in session.execute(query):
        known.domains[domain].append(at)


def _count_speakers(session: Session, known: Known, fingerprints: set[str], since: datetime) -> None:
    """Who sent complaints with these words, and when."""
    wanted = fingerprints - {""}
    if not wanted:
        return
    query = select(InboundMail.fingerprint, InboundMail.sender, InboundMail.received_at).where(
        _among(InboundMail.fingerprint, wanted),
        InboundMail.verdict == rules.COMPLAINT,
        InboundMail.received_at > since - rules.DAY,
    )
    for words, sender, at in session.execute(query):
        known.speakers[words][sender] = at


def _find_letters(session: Session, known: Known, mails: list[Mail]) -> None:
    """The letters of ours that these mails answer, or are."""
    named = sorted({letter for mail in mails for letter in named_letters(mail.message)})
    if named:
        columns = (OutboundMail.complaint_id, OutboundMail.to_address, OutboundMail.agency_id)
        found = session.execute(select(OutboundMail.id, *columns).where(OutboundMail.id.in_(named)))
        known.by_id = {letter: Letter(*facts) for letter, *facts in found}
    ids = {message_id for mail in mails for message_id in mail.answered}
    ids |= {mail.row.message_id for mail in mails if mail.row.message_id.endswith(f"@{settings().mail_domain}>")}
    if not ids:
        return
    query = select(
        OutboundMail.message_id, OutboundMail.complaint_id, OutboundMail.to_address, OutboundMail.agency_id
    ).where(_among(OutboundMail.message_id, ids))
    known.letters = {message_id: Letter(*facts) for message_id, *facts in session.execute(query)}


def _lock_cases(session: Session, known: Known, mails: list[Mail]) -> None:
    """Every case that one of these mails may be about, locked until the transaction ends."""
    ids, numbers, tokens = set(), set(), set()
    for mail in mails:
        ids |= known.concerned(mail) | {party.complaint_id for party in signed_parties(mail.message)}
        ids |= {letter.complaint_id for i in mail.answered if (letter := known.letters.get(i)) and letter.complaint_id}
        letters = (known.by_id.get(letter) for letter in named_letters(mail.message))
        ids |= {letter.complaint_id for letter in letters if letter and letter.complaint_id}
        numbers |= case_numbers(known.directory, mail)
        tokens |= link_tokens(mail.message)
    if not (ids or numbers or tokens):
        return
    query = (
        select(Complaint)
        .where(
            or_(
                Complaint.id == any_(literal(sorted(ids), ARRAY(BigInteger))),
                _among(Complaint.number, numbers),
                _among(Complaint.token, tokens),
            )
        )
        .order_by(Complaint.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    known.cases = {case.id: case for case in session.scalars(query)}
