"""What must hold between the parts of a preset: nothing stands twice, and every name that is used exists."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from service.agencies.preset_model import MISCONDUCT, ORDINARY, Preset


def check(preset: Preset) -> list[str]:
    """Return every fault between the parts, in words. Empty values were noted by the reader and are passed over."""
    return [*_repeated(preset), *_missing_posts(preset), *_agency_references(preset), *_areas(preset)]


def _repeated(preset: Preset) -> Iterator[str]:
    yield from _twice("officials", "post", (official.post for official in preset.officials))
    yield from _twice("classifications", "code", (item.code for item in preset.classifications))
    yield from _twice("agencies", "code", (agency.code for agency in preset.agencies))
    yield from _twice("categories", "code", (category.code for category in preset.categories))
    yield from _twice("areas", "code", (area.code for area in preset.areas))
    yield from _twice("external", "code", (body.code for body in preset.external))
    yield from _twice("pact.points", "number", (str(point.number) for point in preset.pact.points))
    yield from _twice("agencies", "area", (agency.area or "" for agency in preset.agencies))
    inboxes = defaultdict(list)
    for index, agency in enumerate(preset.agencies):
        inboxes[agency.inbox].append(f'agencies[{index}] "{agency.code}"')
    inboxes[preset.desk.email].append("desk")
    for inbox, holders in inboxes.items():
        if inbox and len(holders) > 1:
            yield f'{" and ".join(holders)}: have one inbox, "{inbox}"; a reply could not be told apart'


def _twice(section: str, key: str, values: Iterable[str]) -> Iterator[str]:
    places = defaultdict(list)
    for index, value in enumerate(values):
        places[value].append(f"{section}[{index}]")
    for value, found in places.items():
        if value and len(found) > 1:
            yield f'{" and ".join(found)}: have one {key}, "{value}"'


def _missing_posts(preset: Preset) -> Iterator[str]:
    posts = {official.post for official in preset.officials}
    for post in ("leader", "inspector", "administrator"):
        if post not in posts:
            yield f'officials: nobody holds the post "{post}"'
    for index, step in enumerate(preset.pact.escalations):
        for post in step.to:
            if post not in posts:
                yield f'pact.escalations[{index}]: "to" names "{post}", but no official holds that post'


def _agency_references(preset: Preset) -> Iterator[str]:
    kinds = {agency.code: agency.kind for agency in preset.agencies}
    classes = {item.code for item in preset.classifications}
    for code in sorted({ORDINARY, MISCONDUCT} - classes):
        yield f'classifications: "{code}" is missing; cases without a category, or against officials, are of that class'
    if preset.desk.agency and preset.desk.agency not in kinds:
        yield f'desk: unknown agency "{preset.desk.agency}"'
    for index, category in enumerate(preset.categories):
        place = f'categories[{index}] "{category.code}"'
        if category.agency and category.agency not in kinds:
            yield f'{place}: unknown agency "{category.agency}"'
        elif category.sensitive and kinds.get(category.agency or "") != "inspektorat":
            yield f"{place}: is sensitive, so its agency must be of the kind inspektorat"
        if category.classification and category.classification not in classes:
            yield f'{place}: unknown classification "{category.classification}"'
        if category.by_area and not any(agency.area for agency in preset.agencies):
            yield f'{place}: goes by area, but no agency has an "area"'


def _areas(preset: Preset) -> Iterator[str]:
    known = {area.code for area in preset.areas}
    for index, area in enumerate(preset.areas):
        if area.parent and area.parent not in known and area.parent != preset.government.code:
            yield f'areas[{index}] "{area.code}": unknown parent "{area.parent}"'
        if area.parent and not area.code.startswith(f"{area.parent}."):
            yield f'areas[{index}] "{area.code}": its code does not begin with that of its parent "{area.parent}"'
    for index, agency in enumerate(preset.agencies):
        if agency.area and agency.area not in known:
            yield f'agencies[{index}] "{agency.code}": unknown area "{agency.area}"'
