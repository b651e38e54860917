"""`flask figures show|recompute`: the figures of a week, and their proof from the events."""

import json

import click
from flask.cli import AppGroup

from service import clock
from service.agencies import directory as directories
from service.compliance.freeze import (
    EarlierRulesError,
    compute,
    corrections_of,
    differences,
    frozen_week,
    recompute,
)
from service.compliance.records import FrozenWeek
from service.compliance.rules import COUNTS, figures_hash, week_before, week_named
from service.database import transaction

group = AppGroup("figures", help="The figures of a week.")
WEEK = click.option("--week", help="For example 2026-W47; the last whole week without it.")
COLUMNS = (*COUNTS, "median_minutes", "p90_minutes")


@group.command("show")
@WEEK
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
def show(week: str | None, as_json: bool) -> None:
    """Show a week's figures: as they were published, or as they are now if they are not."""
    with transaction() as session:
        directory = directories.current(session)
        try:
            chosen = week_named(week, directory.timezone) if week else week_before(clock.now(), directory.timezone)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        published = frozen_week(session, chosen.name)
        found = published or compute(session, directory, chosen)
        later = corrections_of(session, chosen.name)
        if as_json:
            click.echo(json.dumps(_plain(found, published is not None, later), indent=1, ensure_ascii=False))
            return
        click.echo(f"{chosen.name}: {f'published {found.frozen_at.isoformat()}' if published else 'not published'}")
        _table(found)
        _corrections("Corrections of earlier weeks, carried by this one", found.corrections)
        _corrections("Corrections of this week, carried by later ones", later)
        if published:
            click.echo(f"Hash {found.hash}")


def _plain(found: FrozenWeek, published: bool, later: list[dict[str, object]]) -> dict[str, object]:
    return {
        "week": found.week,
        "published": found.frozen_at.isoformat() if published else None,
        "rules": found.rules,
        "last_event": found.last_event,
        "figures": found.figures,
        "corrections": found.corrections,
        "corrected_later": later,
        "hash": found.hash if published else None,
    }


def _table(found: FrozenWeek) -> None:
    shown = [row for row in found.figures if any(row.get(name) for name in COUNTS)]
    width = max([4, *(len(row["code"]) for row in shown)])
    heads = [name.replace("_minutes", "_min") for name in COLUMNS]
    click.echo("  ".join([" " * width, *heads]))
    for row in shown:
        cells = ("–" if row.get(name) is None else str(row[name]) for name in COLUMNS)
        aligned = [cell.rjust(len(head)) for cell, head in zip(cells, heads, strict=True)]
        click.echo("  ".join([row["code"].ljust(width), *aligned]))
    if not shown:
        click.echo("No cases.")


def _corrections(title: str, rows: list[dict[str, object]]) -> None:
    if rows:
        click.echo(f"{title}:")
    for row in rows:
        click.echo(f"  {row['week']} {row['unit']} {row['field']} {row['change']:+d}: {', '.join(row['cases'])}")


@group.command("recompute")
@click.option("--week", required=True, help="A published week, for example 2026-W47.")
def recompute_command(week: str) -> None:
    """Make a published week once more from the events that were known then, and compare it; exit 1 on a difference."""
    with transaction() as session:
        directory = directories.current(session)
        frozen = frozen_week(session, week)
        if frozen is None:
            raise click.ClickException(f"{week} is not published")
        try:
            made = recompute(session, directory, frozen)
        except EarlierRulesError as error:
            sealed = figures_hash(week, frozen.figures, [], 0, frozen.rules) == frozen.hash
            raise click.ClickException(f"{error}; its seal is {'whole' if sealed else 'BROKEN'}") from error
        found = list(differences(made))
    for difference in found:
        click.echo(difference)
    if found:
        raise SystemExit(1)
    click.echo(f"{week}: the same from the events, hash {made.hash}")
