"""What follows when a mail will not be tried again, and when an agency's inbox takes mail again."""

from sqlalchemy import select

from service import clock
from service.agencies import directory as directories
from service.agencies import inboxes
from service.agencies.directory import Directory, Unit
from service.complaints.records import Complaint
from service.notifications import letters
from service.outbox import delivery
from service.outbox.records import DEAD, OutboundMail
from service.tables import Session

# What an agency must know even when it holds the case no longer.
ABOUT_THE_PAST = ("breach", "withdrawal")


def tell_desk(session: Session, row: OutboundMail, refused: bool) -> None:
    """Write the desk's notice, in the transaction that shelves the mail.

    `refused`: the recipient's server is why. When that is the inbox of an agency, the agency is flagged, and its head
    is told too; after that the desk hears of each new case that the agency does not know of, not of every letter.
    """
    directory = directories.current(session)
    unit = directory.units.get(row.agency_id) if row.agency_id else None
    if refused and unit and row.to_address == unit.inbox:
        if inboxes.flag(session, unit.id, _last_words(row), clock.now()):
            letters.inbox_problem(session, directory, unit, _last_words(row))
            return
        if row.kind != "assignment":
            return
    letters.undelivered(session, directory, row)


def inbox_mended(session: Session, directory: Directory, unit: Unit) -> int:
    """The inbox of `unit` takes mail again: take the flag away, and send what lies on the shelf for it, to the address
    that it has now; returns how many mails. Those that time has overtaken stay on the shelf."""
    if unit.id is None:
        return 0
    inboxes.clear(session, unit.id)
    query = (
        select(OutboundMail, Complaint)
        .join(Complaint, Complaint.id == OutboundMail.complaint_id)
        .where(OutboundMail.status == DEAD, OutboundMail.agency_id == unit.id)
        .where(~OutboundMail.context.has_key("person"))
    )
    chosen = [row for row, case in session.execute(query) if _still_true(row, case)]
    for row in chosen:
        if row.to_address != unit.inbox:
            row.to_address, row.raw = unit.inbox, None
        delivery.retry(session, row.id)
    return len(chosen)


def _still_true(row: OutboundMail, case: Complaint) -> bool:
    if row.kind in ABOUT_THE_PAST:
        return True
    overtaken = row.kind == "reminder" and (case.responded_at is not None or case.due_at <= clock.now())
    return case.agency_id == row.agency_id and not overtaken


def _last_words(row: OutboundMail) -> str:
    return str(row.log[-1]["words"]) if row.log else ""
