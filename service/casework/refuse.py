"""The inspector refuses an objection: the breach stays as it is."""

from service import clock
from service.agencies.directory import Directory
from service.casework.grant import open_objection
from service.casework.object_ import REFUSED
from service.complaints.history import record, write_message
from service.complaints.records import Complaint
from service.deadlines.records import Deadline
from service.notifications import protest_letters as letters
from service.tables import Session


def refuse(
    session: Session, directory: Directory, complaint: Complaint, deadline: Deadline, *, reason: str, actor: str
) -> None:
    """Decide the open objection against the head, with a reason in writing; raises ActRefusedError when none is."""
    objected = open_objection(session, complaint, deadline)
    now = clock.now()
    _, commitment = write_message(session, complaint, author="note", text=reason, at=now)
    record(session, complaint, "refuse", at=now, actor=actor, payload=commitment | {"objection": objected.seq})
    deadline.objection = REFUSED
    letters.objection_decided(session, directory, complaint, deadline, reason, "")
