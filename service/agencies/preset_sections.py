"""From the mappings of a preset file to its records, section by section. Faults are noted in the reader."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.agencies.preset_model import (
    BY_AREA,
    DESK,
    POSTS,
    Agency,
    Area,
    Category,
    Classification,
    Desk,
    Digest,
    Escalation,
    External,
    Government,
    Head,
    Official,
    Pact,
    Point,
    Preset,
)
from service.agencies.reading import Reader

_LEVELS = ("kota", "kabupaten", "provinsi")
_KINDS = ("sekretariat", "inspektorat", "dinas", "badan", "satuan", "rsud", "bumd", "kecamatan")
_AREAS = ("kabupaten", "kota", "kecamatan", "kelurahan", "desa")
_CAPACITIES = ("definitif", "Plt", "Plh")
_CLASSES = ("informasi", "biasa", "pengawasan", "aspirasi")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Codes become part of a mail address (lapor+pupr@…) and of links.
_CODE = "[a-z0-9]+(-[a-z0-9]+)*", "lower-case letters, digits and single dashes"
_AREA_CODE = r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?", "a Kemendagri code such as '17.71.01.1001'"
_SPAN = "([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]"
_PREFIX = "[A-Z]{2,6}", "two to six capital letters"
_PHONE = r"[0-9+() -]{3,20}", "a telephone number"


def build(reader: Reader) -> Preset:
    """Return the preset as far as it can be read; it is only fit for use if `reader` noted nothing."""
    preset = Preset(
        government=_government(reader.child("government", label="")),
        officials=tuple(_official(item) for item in reader.children("officials", label="post")),
        desk=_desk(reader.child("desk", label="")),
        pact=_pact(reader.child("pact", label="")),
        classifications=tuple(_classification(item) for item in reader.children("classifications")),
        agencies=tuple(_agency(item) for item in reader.children("agencies")),
        categories=tuple(_category(item) for item in reader.children("categories")),
        areas=tuple(_area(item) for item in reader.children("areas")),
        external=tuple(_external(item) for item in reader.children("external", required=False)),
    )
    reader.close()
    return preset


def _government(reader: Reader) -> Government:
    timezone = reader.text("timezone")
    try:
        ZoneInfo(timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.note(f'"timezone" is "{timezone}", which is no known time zone; Jakarta\'s is "Asia/Jakarta"')
    government = Government(
        code=reader.text("code", *_AREA_CODE),
        name=reader.text("name"),
        short_name=reader.text("short_name"),
        level=reader.one_of("level", _LEVELS),
        province=reader.text("province"),
        timezone=timezone,
        zone_label=reader.text("zone_label"),
        leader_title=reader.text("leader_title"),
        number_prefix=reader.text("number_prefix", *_PREFIX),
        emergency_phone=reader.text("emergency_phone", *_PHONE),
        office_hours=_office_hours(reader.child("office_hours", label="")) if reader.has("office_hours") else None,
    )
    reader.close()
    return government


def _office_hours(reader: Reader) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Seven days; a day that is not named is a day off."""
    week = tuple(_spans(reader, day) if reader.has(day) else () for day in _WEEKDAYS)
    reader.close()
    if not any(week):
        reader.note("no day has any office hours")
    return week


def _spans(reader: Reader, day: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for text in reader.texts(day):
        if not re.fullmatch(_SPAN, text):
            reader.note(f'"{day}" holds "{text}", but each must be hours such as \'08:00-16:00\'')
            return ()
        opens, closes = text.split("-")
        if opens >= closes or (found and opens < found[-1][1]):
            reader.note(f'"{day}" holds "{text}", but hours must rise: each opens after the one before it has closed')
            return ()
        found.append((opens, closes))
    return tuple(found)


def _official(reader: Reader) -> Official:
    official = Official(
        post=reader.one_of("post", POSTS),
        title=reader.text("title"),
        name=reader.text("name"),
        email=reader.address("email"),
    )
    reader.close()
    return official


def _desk(reader: Reader) -> Desk:
    desk = Desk(agency=reader.text("agency"), name=reader.text("name"), email=reader.address("email"))
    reader.close()
    return desk


def _pact(reader: Reader) -> Pact:
    pact = Pact(
        version=reader.text("version"),
        title=reader.text("title"),
        signed_before=reader.text("signed_before"),
        valid_from=reader.day("valid_from"),
        response_hours=reader.whole("response_hours", 1, 720),
        hours=reader.one_of("hours", ("calendar", "working")),
        accountable=reader.one_of("accountable", ("longest", "last")) if reader.has("accountable") else "longest",
        question_counts=reader.yes("question_counts") if reader.has("question_counts") else False,
        reminders=reader.wholes("reminders", 1, 99),
        escalations=tuple(_escalation(item) for item in reader.children("escalations", required=False)),
        digest=_digest(reader.child("digest")),
        points=tuple(_point(item) for item in reader.children("points", label="number")),
    )
    steps = [step.after_hours for step in pact.escalations]
    if steps != sorted(set(steps)):
        reader.note(f'"escalations" must rise in "after_hours" from one step to the next, but are {steps}')
    reader.close()
    return pact


def _escalation(reader: Reader) -> Escalation:
    step = Escalation(after_hours=reader.whole("after_hours", 1, 8760), to=reader.texts("to"))
    reader.close()
    return step


def _digest(reader: Reader) -> Digest:
    day = reader.one_of("weekday", _WEEKDAYS)
    digest = Digest(weekday=_WEEKDAYS.index(day) if day in _WEEKDAYS else 0, time=reader.moment("time"))
    reader.close()
    return digest


def _point(reader: Reader) -> Point:
    point = Point(
        number=reader.whole("number", 1, 99),
        text=reader.text("text"),
        status=reader.one_of("status", ("reported", "placeholder")),
        measured_by=reader.one_of("measured_by", ("response_within_hours",)) if reader.has("measured_by") else None,
    )
    reader.close()
    return point


def _classification(reader: Reader) -> Classification:
    classification = Classification(
        code=reader.one_of("code", _CLASSES),
        name=reader.text("name"),
        name_en=reader.text("name_en"),
        working_days=reader.optional_whole("working_days", 1, 365),
    )
    reader.close()
    return classification


def _agency(reader: Reader) -> Agency:
    agency = Agency(
        code=reader.text("code", *_CODE),
        name=reader.text("name"),
        acronym=reader.text("acronym"),
        kind=reader.one_of("kind", _KINDS),
        inbox=reader.address("inbox"),
        remit=reader.texts("remit", lower=True),
        area=reader.optional_text("area"),
        source=reader.optional_text("source"),
        head=_head(reader.child("head", label="")),
    )
    if agency.kind == "kecamatan" and agency.area is None:
        reader.note('a kecamatan office needs "area", the code of its kecamatan')
    reader.close()
    return agency


def _head(reader: Reader) -> Head:
    head = Head(
        title=reader.text("title"),
        name=reader.text("name"),
        capacity=reader.one_of("capacity", _CAPACITIES),
        email=reader.address("email"),
        since=reader.day("since"),
    )
    reader.close()
    return head


def _category(reader: Reader) -> Category:
    agency = reader.text("agency")
    category = Category(
        code=reader.text("code", *_CODE),
        name=reader.text("name"),
        name_en=reader.text("name_en"),
        example=reader.text("example"),
        agency=None if agency in (BY_AREA, DESK) else agency,
        by_area=agency == BY_AREA,
        classification=reader.text("classification"),
        keywords=reader.texts("keywords", required=False, lower=True),
        sensitive=reader.yes("sensitive"),
    )
    reader.close()
    return category


def _area(reader: Reader) -> Area:
    area = Area(
        code=reader.text("code", *_AREA_CODE),
        name=reader.text("name"),
        kind=reader.one_of("kind", _AREAS),
        parent=reader.text("parent"),
        aliases=reader.texts("aliases", required=False),
    )
    reader.close()
    return area


def _external(reader: Reader) -> External:
    external = External(
        code=reader.text("code", *_CODE),
        name=reader.text("name"),
        acronym=reader.text("acronym"),
        keywords=reader.texts("keywords", lower=True),
        advice=reader.text("advice"),
    )
    reader.close()
    return external
