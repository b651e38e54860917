"""Loading a preset into the database. History stays: what a preset no longer names is retired, never deleted."""

import hashlib
from dataclasses import asdict
from datetime import date

from sqlalchemy import select

from service.agencies import directory
from service.agencies.preset_model import Agency as AgencySheet
from service.agencies.preset_model import Preset
from service.agencies.records import Agency, AgencyHead, Area, Category, Government
from service.tables import Session


def is_empty(session: Session) -> bool:
    """Whether no preset has been loaded yet."""
    return session.get(Government, 1) is None


def load(session: Session, preset: Preset, name: str, today: date) -> bool:
    """Make the tables say what the preset says, as of the local date `today`; returns whether anything changed.

    Loading the same preset twice changes nothing. A new head ends the term of the one before. The caller commits.
    """
    digest = hashlib.sha256(repr(preset).encode()).hexdigest()
    government = session.get(Government, 1, with_for_update=True)
    if government is not None and government.preset_hash == digest:
        return False
    if government is None:
        government = Government(id=1, revision=0)
        session.add(government)
    government.revision += 1
    government.preset, government.preset_hash, government.profile = name, digest, _profile(preset)
    agencies = _agencies(session, preset, today)
    _categories(session, preset, agencies)
    _areas(session, preset)
    directory.forget()
    return True


def _profile(preset: Preset) -> dict[str, object]:
    return {
        **asdict(preset.government),
        "officials": {o.post: {"title": o.title, "name": o.name, "email": o.email} for o in preset.officials},
        "desk": asdict(preset.desk),
        "external": [{**asdict(body), "keywords": list(body.keywords)} for body in preset.external],
        "classifications": [asdict(c) for c in preset.classifications],
    }


def _agencies(session: Session, preset: Preset, today: date) -> dict[str, Agency]:
    rows = {agency.code: agency for agency in session.scalars(select(Agency))}
    for code, row in rows.items():
        if code not in {sheet.code for sheet in preset.agencies} and row.valid_until is None:
            row.valid_until = today
    _free_inboxes(session, preset, rows)
    for sheet in preset.agencies:
        row = rows.get(sheet.code)
        if row is None:
            row = rows[sheet.code] = Agency(code=sheet.code)
            session.add(row)
        row.name, row.acronym, row.kind = sheet.name, sheet.acronym, sheet.kind
        row.inbox, row.remit, row.area_code, row.valid_until = sheet.inbox, list(sheet.remit), sheet.area, None
    session.flush()
    for sheet in preset.agencies:
        _head(session, rows[sheet.code], sheet, today)
    return rows


def _free_inboxes(session: Session, preset: Preset, rows: dict[str, Agency]) -> None:
    """Two agencies may swap inboxes: park those that change, so that the unique constraint holds on the way."""
    wanted = {sheet.code: sheet.inbox for sheet in preset.agencies}
    for code, row in rows.items():
        if row.inbox != wanted.get(code):
            row.inbox = f"{row.inbox}#{row.id}"
            row.inbox_problem, row.inbox_problem_at = "", None  # what the old address refused says nothing of a new one
    session.flush()


def _head(session: Session, agency: Agency, sheet: AgencySheet, today: date) -> None:
    present = session.scalars(
        select(AgencyHead).where(AgencyHead.agency_id == agency.id, AgencyHead.valid_until.is_(None))
    ).first()
    new = sheet.head
    if present and (present.name, present.capacity) == (new.name, new.capacity):
        present.title, present.email = new.title, new.email
        return
    if present:
        present.valid_until = today
        session.flush()
    session.add(
        AgencyHead(
            agency_id=agency.id,
            title=new.title,
            name=new.name,
            capacity=new.capacity,
            email=new.email,
            valid_from=new.since,
        )
    )


def _categories(session: Session, preset: Preset, agencies: dict[str, Agency]) -> None:
    rows = {category.code: category for category in session.scalars(select(Category))}
    for row in rows.values():
        row.retired = True
    for position, sheet in enumerate(preset.categories):
        row = rows.get(sheet.code)
        if row is None:
            row = Category(code=sheet.code)
            session.add(row)
        row.position, row.name, row.name_en, row.example = position, sheet.name, sheet.name_en, sheet.example
        row.agency_id = agencies[sheet.agency].id if sheet.agency else None
        row.by_area, row.classification = sheet.by_area, sheet.classification
        row.keywords, row.sensitive, row.retired = list(sheet.keywords), sheet.sensitive, False


def _areas(session: Session, preset: Preset) -> None:
    rows = {area.code: area for area in session.scalars(select(Area))}
    for sheet in preset.areas:
        row = rows.get(sheet.code)
        if row is None:
            row = Area(code=sheet.code)
            session.add(row)
        row.name, row.kind, row.parent, row.aliases = sheet.name, sheet.kind, sheet.parent, list(sheet.aliases)
