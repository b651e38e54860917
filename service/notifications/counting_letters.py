"""The letters about what counts as an answer. Made like those in letters.py."""

from service.agencies.directory import Directory, Unit
from service.complaints.records import Complaint, Message
from service.notifications.letters import to_citizen, to_unit
from service.tables import Session


def remark(session: Session, complaint: Complaint, unit: Unit, message: Message, waiting: bool) -> None:
    """To the citizen: words of the holder that are not counted as the answer, and whether it is still waited for."""
    facts = {"agency": unit.name, "event_seq": message.event_seq, "waiting": waiting}
    to_citizen(session, complaint, "remark", facts)


def not_counted(session: Session, directory: Directory, complaint: Complaint, reasons: list[str], late: bool) -> None:
    """To the holder, at once: your words went on to the citizen, but they are no answer yet; why, how to answer, and by
    when. `late`: that moment has passed."""
    facts = {"event_seq": complaint.events, "reasons": reasons, "late": late}
    to_unit(session, complaint, directory.unit(complaint.agency_id), "not_counted", facts)


def counted(session: Session, directory: Directory, complaint: Complaint, seq: int, reason: str) -> None:
    """To the holder: words that were not counted are counted as an answer after all, from when they came."""
    facts = {"event_seq": seq, "reason": reason}
    to_unit(session, complaint, directory.unit(complaint.agency_id), "counted", facts)
