"""Who writes to us, about which case.

The ties to a case are tried in order: the signed reply address, the address to which bounces of a letter of ours come
(automatic replies come there too, RFC 3834 §4), References to a mail of ours, a number in the subject, a tracking link
in what is quoted, and last the same words that the sender has sent before. The signed address is tried first, yet even
it is not enough: the sender must be one of the case's parties.

Whoever answers a letter of ours and is no party of its case does not open a new one: it is a stranger to whom it was
forwarded, or a machine that answers from ever new addresses, and both are for the desk.
"""

import re
from dataclasses import dataclass, replace

from service.agencies.directory import DESK, Directory
from service.complaints.records import Complaint
from service.config import settings
from service.intake.known import Known, Mail
from service.intake.rules import forged, speaks_for_agency
from service.mail.addresses import split_tag
from service.mail.message import Message
from service.notifications.links import BOUNCE, CITIZEN, DESK_PARTY, Party, read_mail_tag, read_reply_tag

CITIZEN_PARTY, ENVELOPE = "citizen", "envelope"
STRANGER = "Membalas surat kami, tetapi pengirimnya bukan pihak dalam pengaduan ini"
_LINK = re.compile(r"/lacak/([\w-]{16,64})")


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


def named_letters(message: Message, use: str = BOUNCE) -> list[int]:
    """The ids of letters of ours whose signed address for this use the mail was sent to."""
    ids = (read_mail_tag(tag, use) for tag in tags_of(message))
    return [letter for letter in ids if letter]


def signed_parties(message: Message) -> list[Party]:
    """Whose signed reply addresses the mail was sent to."""
    parties = (read_reply_tag(tag) for tag in tags_of(message))
    return [party for party in parties if party]


def case_numbers(directory: Directory, mail: Mail) -> set[str]:
    """Numbers of cases that the mail names: in its subject, or in the Message-IDs that hold our threads together."""
    prefix = re.escape(directory.number_prefix)
    named = re.findall(rf"\b{prefix}-\d\d-\d{{5,}}\b", mail.message.subject, re.IGNORECASE)
    return {number.upper() for number in (*named[:1], *(number for number, _ in _thread_roots(mail)))}


def link_tokens(message: Message) -> set[str]:
    """Tokens of tracking links that the mail quotes."""
    return set(_LINK.findall(message.text)) if "/lacak/" in message.text else set()


def _thread_roots(mail: Mail) -> list[tuple[str, str]]:
    """(number, party) of our `links.thread_root`s among the mails that it answers."""
    ours = f"@{settings().mail_domain}>"
    pairs = (i.strip("<>").partition("@")[0].partition(".") for i in mail.answered if i.endswith(ours))
    return [(number.upper(), party) for number, dot, party in pairs if dot]


def identify(known: Known, mail: Mail) -> Correspondent:
    """Who wrote this, as far as it can be told."""
    if split_tag(mail.sender)[0] == settings().mail_address or mail.row.message_id in known.letters:
        return Correspondent(own=True)
    found = _by_address(known, mail) or _by_tie(known, mail) or Correspondent()
    if found.complaint_id and not found.distrust and _is_forged(mail.message):
        return replace(found, distrust="Server surat kami menyatakan alamat pengirim palsu (DMARC)")
    return found


def _is_forged(message: Message) -> bool:
    return forged(message.authentication_results, settings().trusted_authserv)


def _by_address(known: Known, mail: Mail) -> Correspondent | None:
    for party in signed_parties(mail.message):
        case = known.cases.get(party.complaint_id)
        if case and (not party.agency_id or party.agency_id in known.directory.units):
            return _known_party(known, case, party, mail.sender)
    return None


def _known_party(known: Known, case: Complaint, party: Party, sender: str) -> Correspondent:
    if party.kind == CITIZEN:
        distrust = "" if sender == case.reporter_email else "Pengirim bukan pelapor pengaduan ini"
        return Correspondent(False, "address", case.id, CITIZEN_PARTY, None, distrust)
    if party.kind == DESK_PARTY or party.agency_id is None:
        distrust = "" if sender in _desk_addresses(known) else "Pengirim bukan petugas meja pengaduan"
        return Correspondent(False, "address", case.id, DESK, None, distrust)
    distrust = _agency_distrust(known, party.agency_id, sender)
    code = known.directory.units[party.agency_id].code
    return Correspondent(False, "address", case.id, code, party.agency_id, distrust)


def _by_tie(known: Known, mail: Mail) -> Correspondent | None:
    """By the first tie that fits the sender; failing that, as a stranger who answers a letter of ours."""
    stranger = None
    if any(known.by_id[i].complaint_id is None for i in named_letters(mail.message) if i in known.by_id):
        stranger = Correspondent(tie=ENVELOPE, distrust=STRANGER)  # it answers a digest
    for tie, case, party in _ties(known, mail):
        found = _by_sender(known, case, mail.sender, tie)
        if found:
            return found
        if party and stranger is None:
            stranger = Correspondent(False, tie, case.id, party, None, STRANGER)
    return stranger


def _ties(known: Known, mail: Mail) -> list[tuple[str, Complaint, str]]:
    """(tie, case, party to whom the answered letter went); no party where the mail need not be an answer to one."""
    by_number = {case.number: case for case in known.cases.values()}
    ties = [
        (ENVELOPE, case, _recipient(known, case, letter.to_address, letter.agency_id))
        for letter in map(known.by_id.get, named_letters(mail.message))
        if letter and (case := known.cases.get(letter.complaint_id))
    ]
    ties += [
        ("references", case, _recipient(known, case, letter.to_address, letter.agency_id))
        for letter in map(known.letters.get, mail.answered)
        if letter and (case := known.cases.get(letter.complaint_id))
    ]
    for number, label in _thread_roots(mail):
        if number in by_number:
            ties.append(("references", by_number[number], CITIZEN_PARTY if label == "pelapor" else label))
    if own := known.cases.get(known.own_mail(mail) or 0):
        ties.append(("references", own, CITIZEN_PARTY))
    for number in case_numbers(known.directory, mail) & set(by_number):
        # Our letters have it in brackets: with them it is an answer to one of them.
        answers = f"[{number}]" in mail.message.subject.upper()
        ties.append(("number", by_number[number], CITIZEN_PARTY if answers else ""))
    tokens = link_tokens(mail.message)
    ties += [("link", case, CITIZEN_PARTY) for case in known.cases.values() if case.token in tokens]
    if again := known.same_complaint(mail):
        ties.append(("again", again, ""))
    return ties


def _recipient(known: Known, case: Complaint, address: str, agency_id: int | None) -> str:
    if address == case.reporter_email:
        return CITIZEN_PARTY
    return known.directory.unit(agency_id).code if agency_id in known.directory.units else DESK


def _by_sender(known: Known, case: Complaint, sender: str, tie: str) -> Correspondent | None:
    """The party that this sender is, in a case found without a signed address; None for a stranger."""
    if sender and sender == case.reporter_email:
        return Correspondent(False, tie, case.id, CITIZEN_PARTY)
    if case.agency_id is None:
        return Correspondent(False, tie, case.id, DESK) if sender in _desk_addresses(known) else None
    if sender in _agency_addresses(known, case.agency_id):
        code = known.directory.units[case.agency_id].code
        return Correspondent(False, tie, case.id, code, case.agency_id)
    return None


def _agency_distrust(known: Known, agency_id: int, sender: str) -> str:
    own = _agency_addresses(known, agency_id)
    units = known.directory.units.values()
    others = frozenset(unit.inbox for unit in units if unit.id != agency_id)
    others |= frozenset(u.head.email for u in units if u.head and u.id != agency_id)
    if sender in known.staff and known.staff[sender][1] != agency_id:
        others |= {sender}
    return speaks_for_agency(sender, own, others - own, known.directory.units[agency_id].inbox)


def _agency_addresses(known: Known, agency_id: int) -> frozenset[str]:
    unit = known.directory.units[agency_id]
    accounts = (email for email, (_, agency) in known.staff.items() if agency == agency_id)
    head = [unit.head.email] if unit.head else []
    return frozenset([unit.inbox, *head, *accounts])


def _desk_addresses(known: Known) -> frozenset[str]:
    accounts = (email for email, (role, _) in known.staff.items() if role == "desk")
    return frozenset([known.directory.desk.inbox, *accounts])
