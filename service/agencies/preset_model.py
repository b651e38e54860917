"""What a preset holds, as frozen records. All texts are trimmed, all addresses in lower case."""

from dataclasses import dataclass
from datetime import date, time

POSTS = ("leader", "secretary", "inspector", "administrator")
# Where no single agency can be named: the office of the complaint's own kecamatan, or a person at the desk.
BY_AREA = "by-area"
DESK = "desk"


@dataclass(frozen=True)
class Government:
    """Whose complaints these are. `code` is the Kemendagri area code, `timezone` an IANA name. The calendar starts
    with `office_hours`; afterwards the administrator edits it."""

    code: str
    name: str
    short_name: str
    level: str
    province: str
    timezone: str
    zone_label: str
    leader_title: str
    number_prefix: str
    emergency_phone: str
    office_hours: tuple[tuple[tuple[str, str], ...], ...] | None = None  # seven days, Monday first; None: not given


@dataclass(frozen=True)
class Official:
    """Someone above the agencies who is told; `post` is one of POSTS, each held once."""

    post: str
    title: str
    name: str
    email: str


@dataclass(frozen=True)
class Desk:
    """The complaint desk: which agency staffs it, and its own inbox."""

    agency: str
    name: str
    email: str


@dataclass(frozen=True)
class Escalation:
    """Whom a breach reaches, so many hours after the due moment."""

    after_hours: int
    to: tuple[str, ...]


@dataclass(frozen=True)
class Digest:
    """When the weekly digest leaves, in the government's own zone; `weekday` counts from Monday = 0."""

    weekday: int
    time: time


@dataclass(frozen=True)
class Point:
    """One promise of the pact. `status` says whether its text is reported or only a placeholder."""

    number: int
    text: str
    status: str
    measured_by: str | None


@dataclass(frozen=True)
class Pact:
    """The integrity pact: its points, and the response promise (`reminders` in percent of the time allowed).

    `hours` says which hours count, `accountable` who answers for a case that several units held, `question_counts`
    whether a question to the citizen is an answer."""

    version: str
    title: str
    signed_before: str
    valid_from: date
    response_hours: int
    hours: str
    accountable: str
    question_counts: bool
    reminders: tuple[int, ...]
    escalations: tuple[Escalation, ...]
    digest: Digest
    points: tuple[Point, ...]


# Two classes of SP4N-LAPOR! that every preset has: an ordinary complaint, and one that alleges misconduct.
ORDINARY, MISCONDUCT = "biasa", "pengawasan"


@dataclass(frozen=True)
class Classification:
    """A class of SP4N-LAPOR!; `working_days` until completion, None where no limit is known."""

    code: str
    name: str
    name_en: str
    working_days: int | None


@dataclass(frozen=True)
class Head:
    """Who answers for an agency, in which capacity (definitif, Plt, Plh), and since when."""

    title: str
    name: str
    capacity: str
    email: str
    since: date


@dataclass(frozen=True)
class Agency:
    """An OPD, regional company, hospital or kecamatan office (`area` is its kecamatan). `remit`: lower-case words."""

    code: str
    name: str
    acronym: str
    kind: str
    inbox: str
    remit: tuple[str, ...]
    area: str | None
    source: str | None
    head: Head


@dataclass(frozen=True)
class Category:
    """A topic citizens choose from. `agency` is None where `by_area` is set or where the desk must decide."""

    code: str
    name: str
    name_en: str
    example: str
    agency: str | None
    by_area: bool
    classification: str
    keywords: tuple[str, ...]
    sensitive: bool


@dataclass(frozen=True)
class Area:
    """A part of the territory; `parent` is another area or the government itself."""

    code: str
    name: str
    kind: str
    parent: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class External:
    """A body outside the government that the desk can point a citizen to."""

    code: str
    name: str
    acronym: str
    keywords: tuple[str, ...]
    advice: str


@dataclass(frozen=True)
class Preset:
    """One government, whole and checked."""

    government: Government
    officials: tuple[Official, ...]
    desk: Desk
    pact: Pact
    classifications: tuple[Classification, ...]
    agencies: tuple[Agency, ...]
    categories: tuple[Category, ...]
    areas: tuple[Area, ...]
    external: tuple[External, ...]
