"""The holder says something to the citizen: an answer, a question, or words that do not count."""

from datetime import datetime

from service import clock
from service.agencies.directory import Directory
from service.attachments.files import KeptFile
from service.casework.ask import ask
from service.casework.assessment import Assessment, assess
from service.casework.clocks import clock_at, clock_of
from service.casework.remark import remark
from service.casework.respond import respond
from service.complaints.records import Complaint
from service.complaints.rules import TRANSITIONS
from service.notifications import counting_letters as letters
from service.pacts import registry
from service.tables import Session


def say(
    session: Session,
    directory: Directory,
    complaint: Complaint,
    *,
    text: str,
    arrived_at: datetime,
    actor: str,
    inbound_mail_id: int | None = None,
    files: list[KeptFile] | None = None,
    warned: bool = False,
) -> Assessment:
    """Keep the words as what they are, and send them to the citizen whatever they are.

    Where they do not count and the pact's clock still runs, the holder is told at once, unless it knows (`warned`).
    Raises ActRefusedError by the state table.
    """
    found = judge(directory, complaint, text, len(files or []))
    act = respond if found.counts else ask if found.asks and "ask" in TRANSITIONS[complaint.state] else remark
    more = {"reasons": list(found.reasons)} if act is remark else {}
    act(
        session,
        directory,
        complaint,
        text=text,
        arrived_at=arrived_at,
        actor=actor,
        inbound_mail_id=inbound_mail_id,
        files=files,
        **more,
    )
    deadline = clock_at(session, complaint, arrived_at)
    if not found.counts and not warned and deadline.met_at is None and deadline.run == complaint.run:
        letters.not_counted(session, directory, complaint, list(found.reasons), deadline.due_at < clock.now())
    return found


def judge(directory: Directory, complaint: Complaint, text: str, files: int) -> Assessment:
    """Whether words of the holder would be an answer."""
    return assess(text, files, names_of(directory, complaint))


def would_not_count(session: Session, directory: Directory, complaint: Complaint, text: str, files: int) -> list[str]:
    """Why words, said now, would leave the pact's clock running; empty when they would not, or it has stopped."""
    deadline = clock_of(session, complaint)
    found = judge(directory, complaint, text, files)
    if deadline.met_at is not None or found.counts:
        return []
    if found.asks and registry.by_id(session, directory, deadline.pact_id).question_counts:
        return []
    return list(found.reasons)


def names_of(directory: Directory, complaint: Complaint) -> list[str]:
    """How the holder, the government, the citizen and the case are called: words that say nothing on the matter."""
    unit = directory.unit(complaint.agency_id)
    head = [unit.head.name, unit.head.title] if unit.head else []
    citizen = [complaint.reporter_name, *(name for name in complaint.reporter_name.split() if len(name) > 2)]
    return [unit.name, unit.acronym, directory.name, directory.short_name, *head, *citizen, complaint.number]
