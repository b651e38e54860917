"""The inspector lets words count that were not taken for an answer."""

from service.agencies.directory import Directory
from service.casework.cases import end_wait, event_at, settle
from service.complaints.history import events_of, record
from service.complaints.records import Complaint, Event
from service.complaints.rules import ActRefusedError
from service.notifications import counting_letters as letters
from service.tables import Session


def let_count(
    session: Session, directory: Directory, complaint: Complaint, *, seq: int, reason: str, actor: str
) -> None:
    """Count the words of the event `seq`, a remark or a question, as an answer from the moment when they came.

    A breach that they show to be wrong is withdrawn. Who decided and why stays in the event, to be contested. Raises
    ActRefusedError by the state table, for any other event, and when another unit holds the case by now.
    """
    said = event_at(session, complaint, seq)
    if said not in not_counted(events_of(session, complaint)):
        raise ActRefusedError(f"event {seq} holds no words that could be let count")
    unit = directory.unit(complaint.agency_id)
    if said.payload["agency"] != unit.code:
        raise ActRefusedError("the case is held by another unit")
    payload = {
        "agency": unit.code,
        "files": [],
        "remark": seq,
        "accepted_by": actor,
        "accepted_reason": reason,
        "accepted_from": "remark",
    }
    record(session, complaint, "respond", at=said.at, actor=said.actor, payload=payload)
    letters.counted(session, directory, complaint, seq, reason)
    end_wait(session, directory, complaint, said.at)
    settle(session, directory, complaint, said.at)


def not_counted(events: list[Event]) -> list[Event]:
    """The holder's words that do not count, and were not let count since."""
    counted = {event.payload.get("remark") for event in events if event.kind == "respond"}
    return [
        event
        for event in events
        if (event.kind == "remark" or (event.kind == "ask" and not event.payload["counts"]))
        and event.seq not in counted
    ]
