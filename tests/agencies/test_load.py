"""Loading presets: twice, changed, and with history behind them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from service.agencies import directory as directories
from service.agencies import load, preset
from service.agencies.preset_model import Agency, Preset
from service.agencies.records import Agency as AgencyRow
from service.agencies.records import AgencyHead
from service.complaints.records import Complaint
from service.pacts import load as pact_load
from service.pacts.load import PactConflictError
from service.tables import Session
from tests.casework.test_acts import opened

TODAY = date(2026, 11, 23)


@pytest.fixture
def undone(session: Session) -> Iterator[Session]:
    """A session whose changes to the government are undone."""
    yield session
    session.rollback()
    directories.forget()


@pytest.fixture(scope="module")
def bengkulu() -> Preset:
    return preset.read("kota-bengkulu")


def changed(sheet: Preset, code: str, **changes: object) -> Preset:
    """The preset with one agency changed."""
    agencies = tuple(replace(a, **changes) if a.code == code else a for a in sheet.agencies)
    return replace(sheet, agencies=agencies)


def head_of(sheet: Preset, code: str) -> Agency:
    return next(agency for agency in sheet.agencies if agency.code == code)


def test_loading_the_same_preset_again_changes_nothing(undone: Session, bengkulu: Preset) -> None:
    before = directories.current(undone).revision
    assert not load.load(undone, bengkulu, "kota-bengkulu", TODAY)
    assert not pact_load.load(undone, bengkulu.pact)
    assert directories.current(undone).revision == before


def test_a_new_head_ends_the_term_of_the_one_before(undone: Session, bengkulu: Preset) -> None:
    head = replace(head_of(bengkulu, "pupr").head, name="Kepala Baru", capacity="Plt", since=TODAY)
    assert load.load(undone, changed(bengkulu, "pupr", head=head), "kota-bengkulu", TODAY)
    unit = directories.current(undone).by_code["pupr"]
    assert (unit.head.name, unit.head.capacity) == ("Kepala Baru", "Plt")
    terms = undone.scalars(select(AgencyHead).where(AgencyHead.agency_id == unit.id).order_by(AgencyHead.id)).all()
    assert [term.valid_until for term in terms] == [TODAY, None]


def test_an_agency_that_is_gone_is_retired_and_keeps_its_cases(
    directory: directories.Directory, undone: Session, bengkulu: Preset
) -> None:
    case_id = opened(directory)
    others = tuple(agency for agency in bengkulu.agencies if agency.code != "pupr")
    load.load(undone, replace(bengkulu, agencies=others, categories=()), "kota-bengkulu", TODAY)
    undone.flush()
    now = directories.current(undone)
    assert "pupr" not in [unit.code for unit in now.agencies()]
    assert now.unit(undone.get_one(Complaint, case_id).agency_id).code == "pupr"


def test_two_agencies_may_swap_their_inboxes(undone: Session, bengkulu: Preset) -> None:
    pupr, dlh = head_of(bengkulu, "pupr").inbox, head_of(bengkulu, "dlh").inbox
    swapped = changed(changed(bengkulu, "pupr", inbox=dlh), "dlh", inbox=pupr)
    load.load(undone, swapped, "kota-bengkulu", TODAY)
    undone.flush()
    assert directories.current(undone).by_code["pupr"].inbox == dlh


def test_a_pact_version_that_cases_rest_on_cannot_change(undone: Session, bengkulu: Preset) -> None:
    with pytest.raises(PactConflictError, match="response_hours"):
        pact_load.load(undone, replace(bengkulu.pact, response_hours=48))
    assert pact_load.load(undone, replace(bengkulu.pact, version="2027-1", response_hours=48))


@pytest.mark.parametrize("name", ["kota-blitar", "kabupaten-kendal", "provinsi-bengkulu"])
def test_another_government_can_be_loaded(undone: Session, name: str) -> None:
    sheet = preset.read(name)
    load.load(undone, sheet, name, TODAY)
    undone.flush()
    active = undone.scalar(select(func.count()).select_from(AgencyRow).where(AgencyRow.valid_until.is_(None)))
    assert active == len(sheet.agencies)
