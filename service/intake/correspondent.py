"""Who writes to us, about which case.

Three ties to a case are tried in order: the signed reply address, References to a mail of ours, a number in
the subject. The signed address is tried first, yet even it is not enough: the sender must be one of the case's parties.
"""

import re
from dataclasses import dataclass, replace

from sqlalchemy import select

from service.agencies.directory import DESK, Directory
from service.agencies.records import Account
from service.complaints.records import Complaint
from service.config import settings
from service.intake.rules import forged, speaks_for_agency
from service.mail.addresses import split_tag
from service.mail.message import Message
from service.notifications.links import CITIZEN, DESK_PARTY, Party, read_reply_tag
from service.outbox.records import OutboundMail
from service.tables import Session

CITIZEN_PARTY = "citizen"


@dataclass(frozen=True)
class Correspondent:
    """`party` is "citizen", "desk" or an agency's code; `distrust` says why the sender may not speak for it."""

    own: bool = False
    tie: str = ""
    complaint_id: int | None = None
    party: str = ""
    agency_id: int | None = None
    distrust: str = ""


def tags_of(message: Message) -> list[str]:
    """The plus tags of our own address that the mail was sent to."""
    pairs = [split_tag(address) for address in message.delivered_to]
    return [tag for base, tag in pairs if tag and base == settings().mail_address]


def identify(session: Session, directory: Directory, message: Message) -> Correspondent:
    """Who wrote this, as far as it can be told."""
    sender = message.from_address
    if split_tag(sender)[0] == settings().mail_address or _is_ours(session, message.message_id):
        return Correspondent(own=True)
    for tag in tags_of(message):
        party = read_reply_tag(tag)
        if party:
            return _unless_forged(message, _known_party(session, directory, party, sender))
    for tie, complaint in (
        ("references", _by_references(session, message)),
        ("number", _by_number(session, directory, message)),
    ):
        if complaint:
            found = _by_sender(session, directory, complaint, sender, tie)
            if found:
                return _unless_forged(message, found)
    return Correspondent()


def _unless_forged(message: Message, found: Correspondent) -> Correspondent:
    """The same, distrusted when our mail server says that the sender's address is forged."""
    if (
        found.complaint_id
        and not found.distrust
        and forged(message.authentication_results, settings().trusted_authserv)
    ):
        return replace(found, distrust="Server surat kami menyatakan alamat pengirim palsu (DMARC)")
    return found


def _is_ours(session: Session, message_id: str) -> bool:
    if not message_id.endswith(f"@{settings().mail_domain}>"):
        return False
    return session.scalar(select(OutboundMail.id).where(OutboundMail.message_id == message_id)) is not None


def _known_party(session: Session, directory: Directory, party: Party, sender: str) -> Correspondent:
    complaint = session.get(Complaint, party.complaint_id)
    if complaint is None:
        return Correspondent()
    if party.kind == CITIZEN:
        distrust = "" if sender == complaint.reporter_email else "Pengirim bukan pelapor pengaduan ini"
        return Correspondent(False, "address", complaint.id, CITIZEN_PARTY, None, distrust)
    if party.kind == DESK_PARTY:
        distrust = "" if sender in _desk_addresses(session, directory) else "Pengirim bukan petugas meja pengaduan"
        return Correspondent(False, "address", complaint.id, DESK, None, distrust)
    if party.agency_id not in directory.units:
        return Correspondent()
    distrust = _agency_distrust(session, directory, party.agency_id, sender)
    code = directory.units[party.agency_id].code
    return Correspondent(False, "address", complaint.id, code, party.agency_id, distrust)


def _by_sender(
    session: Session, directory: Directory, complaint: Complaint, sender: str, tie: str
) -> Correspondent | None:
    """The party that this sender is, in a case found without a signed address; None for a stranger."""
    if sender and sender == complaint.reporter_email:
        return Correspondent(False, tie, complaint.id, CITIZEN_PARTY)
    if complaint.agency_id is None:
        known = sender in _desk_addresses(session, directory)
        return Correspondent(False, tie, complaint.id, DESK) if known else None
    if sender in _agency_addresses(session, directory, complaint.agency_id):
        code = directory.units[complaint.agency_id].code
        return Correspondent(False, tie, complaint.id, code, complaint.agency_id)
    return None


def _by_references(session: Session, message: Message) -> Complaint | None:
    ids = [*message.references, message.in_reply_to]
    ids = list(dict.fromkeys(i for i in ids if i))[-30:]
    if not ids:
        return None
    found = session.scalars(
        select(Complaint)
        .join(OutboundMail, OutboundMail.complaint_id == Complaint.id)
        .where(OutboundMail.message_id.in_(ids))
    ).first()
    if found:
        return found
    numbers = [i.strip("<>").partition(".")[0].upper() for i in ids if i.endswith(f"@{settings().mail_domain}>")]
    return session.scalars(select(Complaint).where(Complaint.number.in_(numbers))).first() if numbers else None


def _by_number(session: Session, directory: Directory, message: Message) -> Complaint | None:
    found = re.search(rf"\b{re.escape(directory.number_prefix)}-\d\d-\d{{5,}}\b", message.subject, re.IGNORECASE)
    return session.scalars(select(Complaint).where(Complaint.number == found[0].upper())).first() if found else None


def _agency_distrust(session: Session, directory: Directory, agency_id: int, sender: str) -> str:
    own = _agency_addresses(session, directory, agency_id)
    others = frozenset(unit.inbox for unit in directory.units.values() if unit.id != agency_id)
    others |= frozenset(u.head.email for u in directory.units.values() if u.head and u.id != agency_id)
    account = session.scalars(select(Account).where(Account.email == sender, Account.active)).first()
    if account and account.agency_id != agency_id:
        others |= {sender}
    return speaks_for_agency(sender, own, others - own, directory.units[agency_id].inbox)


def _agency_addresses(session: Session, directory: Directory, agency_id: int) -> frozenset[str]:
    unit = directory.units[agency_id]
    accounts = session.scalars(select(Account.email).where(Account.agency_id == agency_id, Account.active))
    head = [unit.head.email] if unit.head else []
    return frozenset([unit.inbox, *head, *accounts])


def _desk_addresses(session: Session, directory: Directory) -> frozenset[str]:
    accounts = session.scalars(select(Account.email).where(Account.role == "desk", Account.active))
    return frozenset([directory.desk.inbox, *accounts])
