"""The inspector finds that a disputed answer was none."""

from service import clock
from service.agencies.directory import Directory
from service.casework.cases import event_at, go_on, unsettle
from service.casework.clocks import clock_at
from service.complaints.history import answers, events_of, record, write_message
from service.complaints.records import Complaint, Event
from service.complaints.rules import ASSIGNED, RECEIVED, REJECTED, RESOLVED, RESPONDED, ActRefusedError
from service.notifications import protest_letters as letters
from service.tables import Session


def uphold(session: Session, directory: Directory, complaint: Complaint, *, reason: str, actor: str) -> None:
    """Void the answer of the open dispute. The next answer that stands takes its place; without one the pact's clock
    goes on where it was, and the case is its holder's again.

    Everyone reads the `reason`. Raises ActRefusedError by the state table, and when no dispute is open.
    """
    disputed = open_dispute(session, complaint)
    response = event_at(session, complaint, disputed.payload["response"])
    now = clock.now()
    _, commitment = write_message(session, complaint, author="inspector", text=reason, at=now)
    payload = commitment | {"dispute": disputed.seq, "voids": response.seq}
    state = _state_without(session, complaint, response)
    before = complaint.state
    record(session, complaint, "uphold", at=now, actor=actor, payload=payload, to=state)
    complaint.disputed_at = None
    unsettle(session, directory, complaint, clock_at(session, complaint, response.at), now)
    if before in (RESOLVED, REJECTED) and state != before:
        go_on(session, directory, complaint)
    letters.dispute_decided(session, directory, complaint, response, reason, upheld=True)


def open_dispute(session: Session, complaint: Complaint) -> Event:
    """The dispute that waits for the inspector; raises ActRefusedError when there is none."""
    disputes = [event for event in events_of(session, complaint) if event.kind == "dispute"]
    if complaint.disputed_at is None or not disputes:
        raise ActRefusedError("no dispute is open")
    return disputes[-1]


def _state_without(session: Session, complaint: Complaint, voided: Event) -> str:
    """Where the case stands once an answer is void: what the answers that are left have brought it to."""
    if complaint.state in (RECEIVED, ASSIGNED):
        return complaint.state
    held = ASSIGNED if complaint.agency_id else RECEIVED
    if voided.kind == {RESOLVED: "resolve", REJECTED: "reject"}.get(complaint.state):
        left = _answers_of_run(session, complaint, voided) if complaint.state == RESOLVED else []
        return RESPONDED if left else held
    if complaint.state in (RESOLVED, REJECTED):
        return complaint.state
    return RESPONDED if _answers_of_run(session, complaint, voided) else held


def _answers_of_run(session: Session, complaint: Complaint, voided: Event) -> list[Event]:
    """The present run's other answers."""
    found = [event for event in answers(events_of(session, complaint)) if event.seq != voided.seq]
    return [event for event in found if clock_at(session, complaint, event.at).run == complaint.run]
