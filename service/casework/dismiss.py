"""The inspector finds that a disputed answer does answer: nothing changes, and both sides read why."""

from service import clock
from service.agencies.directory import Directory
from service.casework.cases import event_at
from service.casework.uphold import open_dispute
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.notifications import protest_letters as letters
from service.tables import Session


def dismiss(session: Session, directory: Directory, complaint: Complaint, *, reason: str, actor: str) -> None:
    """Let the answer of the open dispute stand; raises ActRefusedError by the state table, and when none is open."""
    disputed = open_dispute(session, complaint)
    now = clock.now()
    _, commitment = write_message(session, complaint, author="inspector", text=reason, at=now)
    record(session, complaint, "dismiss", at=now, actor=actor, payload=commitment | {"dispute": disputed.seq})
    complaint.disputed_at = None
    response = event_at(session, complaint, disputed.payload["response"])
    letters.dispute_decided(session, directory, complaint, response, reason, upheld=False)
