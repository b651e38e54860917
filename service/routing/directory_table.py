"""The routing table of the present directory, made once per revision."""

from service.agencies.directory import Directory
from service.routing.rules import CategoryRule, Decision, Facts, Table, decide, make_table, remit

_cached: tuple[int, Table] | None = None


def route(directory: Directory, text: str, tag: str, category_id: int | None, area_id: int | None) -> Decision:
    """The agency for a complaint, by the directory's remits."""
    topic = directory.topics.get(category_id) if category_id else None
    place = directory.places.get(area_id) if area_id else None
    facts = Facts(
        text=text,
        tag=tag,
        category=topic.code if topic else "",
        area=place.code if place else "",
        areas_above=(place.parent,) if place and place.parent else (),
    )
    return decide(table(directory), facts)


def table(directory: Directory) -> Table:
    """The table for this directory."""
    global _cached
    if _cached is None or _cached[0] != directory.revision:
        _cached = (directory.revision, _make(directory))
    return _cached[1]


def _make(directory: Directory) -> Table:
    codes = {unit.id: unit.code for unit in directory.units.values()}
    topics = directory.choices()
    return make_table(
        agencies=[
            (unit.code, unit.name, remit(unit.remit, unit.name, unit.acronym, unit.area_code), unit.area_code)
            for unit in directory.agencies()
        ],
        categories={
            topic.code: CategoryRule(topic.name, codes.get(topic.agency_id), topic.by_area, topic.sensitive)
            for topic in topics
        },
        category_keywords={topic.code: topic.keywords for topic in topics},
        inspectorate="inspektorat",
    )
