"""Which promise is in force."""

from datetime import datetime, timedelta

from sqlalchemy import select

from service.agencies.directory import Directory
from service.pacts.records import Pact
from service.pacts.rules import Escalation, Promise
from service.tables import Session

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_cached: tuple[int, list[tuple[Pact, Promise]]] = (-1, [])


class NoPactError(Exception):
    """No pact version is in force at the instant asked for."""


def at(session: Session, directory: Directory, instant: datetime) -> Promise:
    """The promise in force at `instant`, by the local date; raises NoPactError.

    Before the first pact's date the first one counts: a complaint never goes without a clock.
    """
    versions = _versions(session, directory.revision)
    if not versions:
        raise NoPactError("no pact is loaded")
    local_date = instant.astimezone(directory.timezone).date()
    in_force = [promise for pact, promise in versions if pact.valid_from <= local_date]
    return in_force[-1] if in_force else versions[0][1]


def by_id(session: Session, directory: Directory, pact_id: int) -> Promise:
    """The promise that a case was started with."""
    return next(promise for pact, promise in _versions(session, directory.revision) if pact.id == pact_id)


def by_version(session: Session, directory: Directory, version: str) -> Promise:
    """The promise of this version, as events name it."""
    return next(promise for pact, promise in _versions(session, directory.revision) if pact.version == version)


def promises(session: Session, directory: Directory) -> list[Promise]:
    """The promises of all versions, the earliest first."""
    return [promise for _, promise in _versions(session, directory.revision)]


def _versions(session: Session, revision: int) -> list[tuple[Pact, Promise]]:
    global _cached
    if _cached[0] != revision:
        pacts = session.scalars(select(Pact).order_by(Pact.valid_from, Pact.id)).all()
        for pact in pacts:
            session.expunge(pact)
        _cached = (revision, [(pact, promise_of(pact)) for pact in pacts])
    return _cached[1]


def promise_of(pact: Pact) -> Promise:
    """The promise that a row spells."""
    hour, minute = pact.digest["time"].split(":")
    return Promise(
        pact_id=pact.id,
        version=pact.version,
        title=pact.title,
        response=timedelta(hours=pact.response_hours),
        reminders=tuple(sorted(pact.reminders)),
        escalations=tuple(
            Escalation(timedelta(hours=step["after_hours"]), tuple(step["to"]))
            for step in sorted(pact.escalations, key=lambda step: step["after_hours"])
        ),
        digest_weekday=WEEKDAYS.index(pact.digest["weekday"]),
        digest_hour=int(hour),
        digest_minute=int(minute),
        hours=pact.hours,
        accountable=pact.accountable,
        question_counts=pact.question_counts,
    )
