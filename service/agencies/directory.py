"""The directory: a frozen picture of the government, cached per process until its revision changes."""

import time
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import select

from service.agencies.records import Agency, AgencyHead, Area, Category, Government
from service.tables import Session

DESK = "desk"


class NoPresetError(Exception):
    """The database holds no government yet: `flask preset load` has not run."""


@dataclass(frozen=True)
class Person:
    """Someone who is told: a head or an official."""

    title: str
    name: str
    email: str
    capacity: str = "definitif"


@dataclass(frozen=True)
class Unit:
    """Whoever can hold a case: an agency, or the desk (`id` None)."""

    id: int | None
    code: str
    name: str
    acronym: str
    inbox: str
    remit: tuple[str, ...] = ()
    area_code: str | None = None
    head: Person | None = None
    active: bool = True
    inbox_problem: str = ""  # why mail to the inbox comes back; empty: none that we know
    inbox_problem_at: datetime | None = None


@dataclass(frozen=True)
class Topic:
    """A category."""

    id: int
    code: str
    name: str
    name_en: str
    example: str
    agency_id: int | None
    by_area: bool
    classification: str
    keywords: tuple[str, ...]
    sensitive: bool
    retired: bool


@dataclass(frozen=True)
class Place:
    """An area."""

    id: int
    code: str
    name: str
    kind: str
    parent: str | None
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Directory:
    """Everything that rooms need to know about the government."""

    revision: int
    code: str
    name: str
    short_name: str
    level: str
    timezone: tzinfo
    zone_label: str
    number_prefix: str
    leader_title: str
    emergency_phone: str
    desk: Unit
    units: dict[int, Unit]
    topics: dict[int, Topic]
    places: dict[int, Place]
    officials: dict[str, Person]
    external: tuple[dict[str, object], ...]
    terms: dict[str, int | None]  # class of complaint -> working days to its settlement; None: no term
    by_code: dict[str, Unit] = field(default_factory=dict)

    def unit(self, agency_id: int | None) -> Unit:
        """The agency with this id; the desk for None."""
        return self.desk if agency_id is None else self.units[agency_id]

    def agencies(self) -> list[Unit]:
        """Agencies in being, by name."""
        return sorted((unit for unit in self.units.values() if unit.active), key=lambda unit: unit.name)

    def choices(self) -> list[Topic]:
        """Categories that a citizen may choose, in the preset's order."""
        return [topic for topic in self.topics.values() if not topic.retired]

    def wards(self) -> list[Place]:
        """The areas that a citizen lives in: those that are no other area's parent."""
        parents = {place.parent for place in self.places.values()}
        return sorted((p for p in self.places.values() if p.code not in parents), key=lambda p: p.name)

    def parent_of(self, place: Place) -> Place | None:
        """The kecamatan of a kelurahan, for instance."""
        return next((p for p in self.places.values() if p.code == place.parent), None)


# How long this process's copy is believed without a look at the revision: a form need not ask each time.
BELIEVED_SECONDS = 1.0
_cached: Directory | None = None
_looked_at = 0.0


def current(session: Session) -> Directory:
    """The directory, at most a second old: at most one small query, and the rest from this process's copy.

    Raises NoPresetError on an empty database.
    """
    global _cached, _looked_at
    if _cached is not None and time.monotonic() - _looked_at < BELIEVED_SECONDS:
        return _cached
    revision = session.scalar(select(Government.revision))
    if revision is None:
        raise NoPresetError("no preset is loaded; run: flask preset load")
    if _cached is None or _cached.revision != revision:
        _cached = _read(session)
    _looked_at = time.monotonic()
    return _cached


def forget() -> None:
    """Drop this process's copy: the government has just changed."""
    global _cached
    _cached = None


def _read(session: Session) -> Directory:
    government = session.get_one(Government, 1, populate_existing=True)
    profile = government.profile
    heads = {
        head.agency_id: Person(head.title, head.name, head.email, head.capacity)
        for head in session.scalars(select(AgencyHead).where(AgencyHead.valid_until.is_(None)))
    }
    units = {agency.id: _unit(agency, heads.get(agency.id)) for agency in session.scalars(select(Agency))}
    desk = profile["desk"]
    return Directory(
        revision=government.revision,
        code=profile["code"],
        name=profile["name"],
        short_name=profile["short_name"],
        level=profile["level"],
        timezone=ZoneInfo(profile["timezone"]),
        zone_label=profile["zone_label"],
        number_prefix=profile["number_prefix"],
        leader_title=profile["leader_title"],
        emergency_phone=profile["emergency_phone"],
        desk=Unit(None, DESK, desk["name"], "Meja", desk["email"]),
        units=units,
        topics={c.id: _topic(c) for c in session.scalars(select(Category).order_by(Category.position))},
        places={a.id: _place(a) for a in session.scalars(select(Area))},
        officials={post: Person(**person) for post, person in profile["officials"].items()},
        external=tuple(profile["external"]),
        terms={item["code"]: item["working_days"] for item in profile["classifications"]},
        by_code={unit.code: unit for unit in units.values()},
    )


def _unit(agency: Agency, head: Person | None) -> Unit:
    return Unit(
        id=agency.id,
        code=agency.code,
        name=agency.name,
        acronym=agency.acronym,
        inbox=agency.inbox,
        remit=tuple(agency.remit),
        area_code=agency.area_code,
        head=head,
        active=agency.valid_until is None,
        inbox_problem=agency.inbox_problem,
        inbox_problem_at=agency.inbox_problem_at,
    )


def _topic(category: Category) -> Topic:
    return Topic(
        id=category.id,
        code=category.code,
        name=category.name,
        name_en=category.name_en,
        example=category.example,
        agency_id=category.agency_id,
        by_area=category.by_area,
        classification=category.classification,
        keywords=tuple(category.keywords),
        sensitive=category.sensitive,
        retired=category.retired,
    )


def _place(area: Area) -> Place:
    return Place(area.id, area.code, area.name, area.kind, area.parent, tuple(area.aliases))
