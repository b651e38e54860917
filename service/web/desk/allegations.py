"""Cases that may accuse officials. They go to the inspectorate, unless the desk states that it read otherwise."""

from collections.abc import Iterable

from sqlalchemy import or_, select

from service.agencies.directory import Directory
from service.complaints.records import Complaint, Event
from service.tables import Session

INSPECTORATE = "inspektorat"
# How the routing rule begins its reason (`service.routing.rules.decide`). It stays in the case's events when the
# inspectorate declines and the case's own reason is written over.
FOUND = "Dugaan menyangkut aparatur"


def accusing(session: Session, directory: Directory, cases: Iterable[Complaint]) -> set[int]:
    """The ids of those `cases` that are of a sensitive category, or in which the rule once found an allegation.

    It stays so after the desk has stated otherwise: that was said of one agency, not of the next.
    """
    listed = list(cases)
    found = {case.id for case in listed if _sensitive(directory, case) or case.routing_reason.startswith(FOUND)}
    query = select(Event.complaint_id).where(
        Event.complaint_id.in_([case.id for case in listed]),
        Event.kind == "assign",
        or_(Event.payload["reason"].as_string().startswith(FOUND), Event.payload.has_key("not_about_officials")),
    )
    return found | set(session.scalars(query))


def accuses(session: Session, directory: Directory, case: Complaint) -> bool:
    """Whether this case may accuse officials."""
    return case.id in accusing(session, directory, [case])


def _sensitive(directory: Directory, case: Complaint) -> bool:
    topic = directory.topics.get(case.category_id) if case.category_id else None
    return topic is not None and topic.sensitive
