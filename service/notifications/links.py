"""Signed links and addresses: who may do what with which case, and which mail of ours is spoken of.

A reply address is `lapor+r-CASE-PARTY-MAC@…` in lower case (mail systems may fold case), a bounce address
`lapor+b-MAIL-MAC@…`, an address that unsubscribes `lapor+u-MAIL-MAC@…`. A link token is signed by itsdangerous and
carries its own expiry in civil time. None is tied to a browser or account.
"""

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from itsdangerous import BadSignature, URLSafeSerializer

from service import clock
from service.complaints.records import Complaint
from service.config import settings
from service.mail.addresses import with_tag

CITIZEN, DESK_PARTY = "c", "d"
LINK_LIFE = timedelta(days=90)
_TAG = re.compile(r"^r-(?P<case>[0-9a-z]+)-(?P<party>c|d|a[0-9a-z]+)-(?P<mac>[a-z2-7]{16})$")
_MAIL_TAG = re.compile(r"^(?P<use>[bu])-(?P<mail>[0-9a-z]{1,12})-(?P<mac>[a-z2-7]{16})$")
BOUNCE, UNSUBSCRIBE = "b", "u"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Party:
    """One side of a case: the citizen, the desk, or an agency (`agency_id`)."""

    complaint_id: int
    kind: str  # CITIZEN, DESK_PARTY or "a"
    agency_id: int | None = None


def tracking_url(complaint: Complaint) -> str:
    """The page on which the citizen follows the case; the token is the only key."""
    return f"{settings().public_url}/lacak/{complaint.token}"


def agency_url(complaint: Complaint, agency_id: int | None) -> str:
    """The page on which the agency answers without signing in; it shows on GET and acts only on POST."""
    return f"{settings().public_url}/opd/kasus/{agency_token(complaint.id, agency_id)}"


def agency_token(complaint_id: int, agency_id: int | None) -> str:
    """A token for one case and one agency, valid for 90 days."""
    expires = int((clock.now() + LINK_LIFE).timestamp())
    return _serializer().dumps([complaint_id, agency_id or 0, expires])


def read_agency_token(token: str, now: datetime) -> Party | None:
    """Whose token this is; None when it is forged, mangled or has expired."""
    try:
        complaint_id, agency_id, expires = _serializer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    if now.timestamp() > expires:
        return None
    return Party(complaint_id, "a", agency_id) if agency_id else Party(complaint_id, DESK_PARTY)


def reply_address(complaint_id: int, party: Party) -> str:
    """The address to which this party's replies go."""
    kind = f"a{_base36(party.agency_id)}" if party.agency_id else party.kind
    case = _base36(complaint_id)
    return with_tag(settings().mail_address, f"r-{case}-{kind}-{_mac(case, kind)}")


def read_reply_tag(tag: str) -> Party | None:
    """The party whose reply address has this plus tag; None when it is none of ours or forged."""
    match = _TAG.match(tag.lower())
    if not match or not hmac.compare_digest(match["mac"], _mac(match["case"], match["party"])):
        return None
    agency_id = int(match["party"][1:], 36) if match["party"][0] == "a" else None
    return Party(int(match["case"], 36), match["party"][0], agency_id)


def bounce_address(mail_id: int) -> str:
    """The envelope sender of one mail of ours (VERP): a bounce that comes back to it needs no other word."""
    return _mail_address(BOUNCE, mail_id)


def unsubscribe_address(mail_id: int) -> str:
    """The address at which a mail, whatever it says, ends the weekly digests to this mail's recipient."""
    return _mail_address(UNSUBSCRIBE, mail_id)


def unsubscribe_url(email: str) -> str:
    """The page on which this address ends the weekly digests; it shows on GET and acts only on POST."""
    return f"{settings().public_url}/berhenti/{_unsubscriber().dumps(email)}"


def read_unsubscribe_token(token: str) -> str | None:
    """Whose address this token holds; None when it is forged or mangled. It does not expire: nobody shall be kept
    from unsubscribing by the age of a mail."""
    try:
        email = _unsubscriber().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return email if isinstance(email, str) else None


def read_mail_tag(tag: str, use: str) -> int | None:
    """The id of the mail of ours that this plus tag names for this use; None when it is none of ours or forged."""
    match = _MAIL_TAG.match(tag.lower())
    if not match or match["use"] != use or not hmac.compare_digest(match["mac"], _mac(match["mail"], f"mail-{use}")):
        return None
    return int(match["mail"], 36)


def _mail_address(use: str, mail_id: int) -> str:
    mail = _base36(mail_id)
    return with_tag(settings().mail_address, f"{use}-{mail}-{_mac(mail, f'mail-{use}')}")


def thread_root(complaint: Complaint, party: str) -> str:
    """A Message-ID that no mail bears, named by all mails of a case to one party, so that they make one thread."""
    return f"<{complaint.number.lower()}.{party}@{settings().mail_domain}>"


@cache
def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="agency-link")


@cache
def _unsubscriber() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="unsubscribe")


def _mac(case: str, party: str) -> str:
    digest = hmac.digest(settings().secret_key.encode(), f"reply:{case}:{party}".encode(), "sha256")
    return b32encode(digest).decode().lower()[:16]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"
