"""What can be told of a mail that cannot be processed: perhaps its sender, and which case it may be about.

It may be an answer in time. So its case must not be called unanswered before somebody has looked at it, and for that
its raw bytes are searched: nothing here reads the mail as a whole, which is what failed.
"""

import re
from email.utils import parseaddr

from sqlalchemy import select

from service.agencies.directory import Directory
from service.complaints.records import Complaint
from service.config import settings
from service.intake.records import InboundMail
from service.notifications.links import read_reply_tag
from service.tables import Session

SEARCHED_BYTES = 100_000
_FROM = re.compile(rb"^from:[ \t]*(.{1,500}?)\r?$", re.IGNORECASE | re.MULTILINE)


def glimpse(session: Session, directory: Directory, row: InboundMail) -> None:
    """Write sender and case onto the row, as far as they show. `party` stays empty unless it is the citizen."""
    head = row.raw[:SEARCHED_BYTES]
    found = _FROM.search(head)
    row.sender = parseaddr(found[1].decode("ascii", "replace"))[1].lower()[:320] if found else ""
    case = _case(session, directory, head.decode("ascii", "replace"))
    if case is None:
        return
    row.complaint_id = case.id
    row.party = "citizen" if row.sender and row.sender == case.reporter_email else ""


def _case(session: Session, directory: Directory, text: str) -> Complaint | None:
    """By a signed reply address, else by a case's number, which our threads' Message-IDs hold too."""
    local, _, domain = settings().mail_address.partition("@")
    tags = re.findall(rf"{re.escape(local)}\+([\w.-]+)@{re.escape(domain)}", text, re.IGNORECASE)
    for party in filter(None, map(read_reply_tag, tags[:10])):
        case = session.get(Complaint, party.complaint_id)
        if case:
            return case
    numbers = re.findall(rf"\b{re.escape(directory.number_prefix)}-\d\d-\d{{5,12}}\b", text, re.IGNORECASE)
    wanted = {number.upper() for number in numbers[:10]}
    return session.scalars(select(Complaint).where(Complaint.number.in_(wanted)).limit(1)).first() if wanted else None
