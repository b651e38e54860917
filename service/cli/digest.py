"""`flask digest preview|send`."""

from pathlib import Path

import click
from flask.cli import AppGroup

from service import clock
from service.agencies import directory as directories
from service.compliance import digest
from service.compliance.freeze import compute, frozen_week
from service.compliance.rules import Week, week_before, week_named
from service.database import transaction
from service.intake.watermark import sight
from service.notifications.render import render
from service.outbox.enqueue import as_row
from service.tables import Session

group = AppGroup("digest", help="The weekly digest.")


def _week(session: Session, name: str | None) -> Week:
    zone = directories.current(session).timezone
    try:
        return week_named(name, zone) if name else week_before(clock.now(), zone)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@group.command("preview")
@click.option("--week", help="For example 2026-W47; the last whole week without it.")
@click.option("--agency", help="Code of an agency; the leaders' digest without it.")
@click.option("--eml", type=click.Path(path_type=Path), help="Write the whole mail to this file.")
def preview(week: str | None, agency: str | None, eml: Path | None) -> None:
    """Show a digest: as it was published, or as it would be now. Nothing is frozen and nothing is sent."""
    with transaction() as session:
        directory = directories.current(session)
        chosen = _week(session, week)
        week_now = frozen_week(session, chosen.name) or compute(session, directory, chosen)
        letters = digest.letters_of(session, directory, chosen, week_now)
        wanted = f"digest:{chosen.name}:{agency or 'city'}:"
        letter = next((letter for letter in letters if letter.key.startswith(wanted)), None)
        if letter is None:
            raise click.ClickException(f"no agency with a head has the code {agency!r}")
        raw = render(session, as_row(letter, "preview.invalid"))
    if eml:
        eml.write_bytes(raw)
        click.echo(f"Written to {eml}")
        return
    from service.mail.parse import parse

    message = parse(raw)
    click.echo(f"To: {message.to[0]}\nSubject: {message.subject}\n\n{message.text}")


@group.command("send")
@click.option("--week", help="For example 2026-W47; the last whole week without it.")
def send(week: str | None) -> None:
    """Publish a week: freeze its figures, and send every digest that has not been sent."""
    with transaction() as session:
        chosen = _week(session, week)
        if chosen.end > clock.now():
            raise click.ClickException(f"{chosen.name} is not over")
        if sight(session).until < chosen.end:
            raise click.ClickException(
                "the mailbox has not been read up to the end of that week: no figures while blind"
            )
        added = digest.publish(session, chosen)
    click.echo(f"{chosen.name}: {added} digests put into the outbox.")
