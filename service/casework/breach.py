"""Write a breach. Only the sweep calls this, once nothing that arrived in time can still be unread."""

from service.agencies.directory import Directory
from service.complaints.history import record
from service.complaints.records import Complaint
from service.complaints.rules import instant_text
from service.deadlines.rules import Holding, Step, accountable, held_times
from service.notifications import letters
from service.tables import Session


def breach(session: Session, directory: Directory, complaint: Complaint, step: Step, holdings: list[Holding]) -> None:
    """Write that the promise was not kept: at the due instant, against the unit that held the case longest."""
    held = held_times(holdings, complaint.received_at, step.at)
    complaint.accountable_id = accountable(holdings, complaint.received_at, step.at)
    complaint.breached_at = step.at
    rows = [
        {"unit": directory.unit(unit).name, "minutes": int(length.total_seconds() // 60)}
        for unit, length in held.items()
    ]
    payload = {
        "accountable": directory.unit(complaint.accountable_id).code,
        "held": {directory.unit(unit).code: int(length.total_seconds()) for unit, length in held.items()},
        "answered": instant_text(complaint.responded_at) if complaint.responded_at else None,
    }
    record(session, complaint, "breach", at=step.at, actor="system", payload=payload)
    letters.breach(session, directory, complaint, rows)
