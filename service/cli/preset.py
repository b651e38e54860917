"""`flask preset load|check|show`."""

from collections.abc import Iterator

import click
from flask.cli import AppGroup

from service import clock
from service.agencies import directory, inboxes, load, preset
from service.agencies.preset import PresetError
from service.config import settings
from service.database import transaction
from service.deadlines import seed as calendar_seed
from service.pacts import load as pact_load
from service.pacts.load import PactConflictError

group = AppGroup("preset", help="The government that this deployment serves.")


def _read(name: str | None) -> preset.Preset:
    chosen = name or settings().preset
    try:
        sheet = preset.read(chosen)
        faults = inboxes.our_own(_addresses(sheet), settings().mail_address)
        if faults:
            raise PresetError(faults, chosen)
    except PresetError as error:
        raise click.ClickException(str(error)) from error
    return sheet


def _addresses(sheet: preset.Preset) -> Iterator[tuple[str, str]]:
    """Everybody to whom the preset has us write."""
    yield "desk", sheet.desk.email
    for official in sheet.officials:
        yield f'officials "{official.post}"', official.email
    for agency in sheet.agencies:
        yield f'agencies "{agency.code}"', agency.inbox
        yield f'agencies "{agency.code}", head', agency.head.email


@group.command("load")
@click.argument("name", required=False)
@click.option("--if-empty", is_flag=True, help="Do nothing when a preset is loaded already.")
def load_command(name: str | None, if_empty: bool) -> None:
    """Load a preset (a name, or a path to a YAML file). Loading twice changes nothing; history is never touched."""
    chosen = name or settings().preset
    sheet = _read(name)
    try:
        with transaction() as session:
            calendar_seed.seed(session, clock.now(), sheet.government.office_hours)
            if if_empty and not load.is_empty(session):
                click.echo("A preset is loaded already; nothing was changed.")
                return
            changed = load.load(session, sheet, chosen, clock.now().date())
            changed = pact_load.load(session, sheet.pact) or changed
    except PactConflictError as error:
        raise click.ClickException(str(error)) from error
    what = "loaded" if changed else "is loaded already; nothing was changed"
    click.echo(f"Preset {chosen} {what}: {len(sheet.agencies)} agencies, {len(sheet.categories)} categories.")


@group.command("check")
@click.argument("name", required=False)
def check_command(name: str | None) -> None:
    """Name every fault of a preset."""
    sheet = _read(name)
    click.echo(f"{sheet.government.name}: no fault found.")


@group.command("show")
def show_command() -> None:
    """Print the agencies that are loaded, with inbox and head."""
    with transaction() as session:
        current = directory.current(session)
        for unit in current.agencies():
            head = f"{unit.head.name} ({unit.head.capacity})" if unit.head else "no head"
            click.echo(f"{unit.code:20} {unit.inbox:45} {head}")
