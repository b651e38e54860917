"""The citizen says that an answer does not answer ("belum menjawab"). The inspector decides."""

from datetime import datetime

from service.agencies.directory import Directory
from service.casework.cases import event_at
from service.complaints.history import answers, events_of, record, write_message
from service.complaints.records import Complaint, Event
from service.complaints.rules import ActRefusedError, next_state
from service.complaints.terms import DISPUTE_TERM, within
from service.notifications import protest_letters as letters
from service.tables import Session


def dispute(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    *,
    response: int,
    text: str,
    at: datetime,
) -> None:
    """Put the answer with the seq `response` before the inspector, in the citizen's words. No clock moves yet.

    Raises ActRefusedError by the state table, while another dispute is open, after ten days, and for an answer that
    was disputed before.
    """
    answer = event_at(session, complaint, response)
    if answer not in disputable(complaint, events_of(session, complaint), at):
        raise ActRefusedError(f"event {response} is no answer that may be disputed")
    _, commitment = write_message(session, complaint, author="citizen", text=text, at=at)
    payload = commitment | {"response": response}
    record(session, complaint, "dispute", at=at, actor="citizen", payload=payload)
    complaint.disputed_at = at
    letters.disputed(session, directory, complaint, answer)


def disputable(complaint: Complaint, events: list[Event], now: datetime) -> list[Event]:
    """The answers that the citizen may dispute now, the first one first; none while a dispute is open.

    The term runs from when an answer was recorded: nobody could read it before.
    """
    try:
        next_state(complaint.state, "dispute")
    except ActRefusedError:
        return []
    if complaint.disputed_at is not None:
        return []
    before = {event.payload["response"] for event in events if event.kind == "dispute"}
    return [
        answer
        for answer in answers(events)
        if answer.seq not in before and within(DISPUTE_TERM, answer.recorded_at, now)
    ]
