"""`flask evidence export|verify|anchors`.

Exit codes of verify: 0 all is whole, 1 something does not fit (said line by line), 2 the command was not understood.
"""

from datetime import datetime, time
from pathlib import Path

import click
import structlog
from flask.cli import AppGroup
from sqlalchemy import select

from service.agencies import directory as directories
from service.agencies.directory import Directory
from service.cli.plain import plain
from service.complaints.anchors import Anchor
from service.compliance.freeze import frozen_week
from service.compliance.rules import week_named
from service.database import transaction
from service.evidence import anchoring, bundle, check, choose, verifier
from service.evidence.choose import Choice, NothingFoundError
from service.tables import Session

log = structlog.get_logger()
group = AppGroup("evidence", help="Proof that anyone can check.")
DAY = click.DateTime(["%Y-%m-%d"])


@group.command("export")
@click.option("--complaint", metavar="NUMBER")
@click.option("--agency", metavar="CODE")
@click.option("--from", "first", type=DAY, help="With --agency: runs due from this day on.")
@click.option("--to", "last", type=DAY, help="With --agency: runs due up to this day.")
@click.option("--week", metavar="2026-W47", help="A published week.")
@click.option("--with-mails", is_flag=True, help="Raw mails too. They hold names and addresses of reporters.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
def export(
    complaint: str | None,
    agency: str | None,
    first: datetime | None,
    last: datetime | None,
    week: str | None,
    with_mails: bool,
    out: Path,
) -> None:
    """Write a zip with the evidence of one case, of an agency, or of a published week.

    It holds every word that was written in these cases: give it only to whoever may read them.
    """
    if sum(map(bool, (complaint, agency, week))) != 1:
        raise click.UsageError("give one of --complaint, --agency, --week")
    with transaction() as session:
        directory = directories.current(session)
        try:
            if complaint:
                choice = choose.one_case(session, directory, complaint)
            elif agency:
                choice = _of_agency(session, directory, agency, first, last)
            else:
                choice = _of_week(session, directory, str(week))
        except (NothingFoundError, ValueError) as error:
            raise click.ClickException(str(error)) from error
        content = bundle.make(session, directory, choice, with_mails=with_mails)
    out.write_bytes(content)
    log.info("evidence_exported", about=choice.about, cases=len(choice.case_ids), with_mails=with_mails)
    click.echo(f"{out}: {len(choice.case_ids)} cases, {len(content)} bytes.")


def _of_agency(
    session: Session, directory: Directory, code: str, first: datetime | None, last: datetime | None
) -> Choice:
    unit = directory.by_code.get(code)
    if unit is None:
        raise NothingFoundError(f"no agency has the code {code} (flask preset show)")
    start = first.replace(tzinfo=directory.timezone) if first else None
    end = datetime.combine(last, time.max, directory.timezone) if last else None
    return choose.of_agency(session, directory, unit, start, end)


def _of_week(session: Session, directory: Directory, name: str) -> Choice:
    week = week_named(name, directory.timezone)
    frozen = frozen_week(session, week.name)
    if frozen is None:
        raise NothingFoundError(f"{week.name} is not published")
    return choose.of_week(session, frozen, week)


@group.command("verify")
@click.argument("bundle_path", metavar="[FILE.zip]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--anchor", default="", metavar="HASH", help="An anchor from a copy outside; it must be one of these.")
@click.option("--no-files", is_flag=True, help="Do not read the attachments (database only).")
@click.option("--recount", is_flag=True, help="Make every published week once more from its events (database only).")
def verify(bundle_path: Path | None, anchor: str, no_files: bool, recount: bool) -> None:
    """Check a bundle, or without one the whole database; exit 1 when something does not fit."""
    if bundle_path:
        _told(verifier.faults(str(bundle_path), anchor))
        click.echo(plain(verifier.told(str(bundle_path))))
        return
    seen = check.Seen()
    _told(list(check.faults(transaction, seen, files=not no_files, recount=recount, outside=anchor)))
    click.echo(
        f"Whole: {seen.cases} cases, {seen.events} events ({seen.pending} not anchored yet), {seen.words} messages, "
        f"{seen.files} files, {seen.mails} mails, {seen.anchors} anchors, {seen.weeks} published weeks; "
        f"{sum(seen.seconds.values()):.1f} s."
    )


def _told(found: list[str]) -> None:
    for fault in found:
        click.echo(plain(fault))
    if found:
        raise SystemExit(1)


@group.command("anchors")
@click.option("--make", is_flag=True, help="Make the one of yesterday now, if it is not made.")
def anchors(make: bool) -> None:
    """List the latest anchors: day, cases, events, hash."""
    if make:
        anchoring.turn(transaction)
    with transaction() as session:
        for row in reversed(session.scalars(select(Anchor).order_by(Anchor.id.desc()).limit(31)).all()):
            click.echo(f"{row.day}  {row.complaints:>7}  {row.events:>8}  {row.hash}")
