"""`flask doctor`: every fault of a set-up at once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from service import clock, queues
from service.agencies import directory, inboxes
from service.attachments.store import probe as probe_blobs
from service.config import settings
from service.database import transaction
from service.deadlines import calendars
from service.intake.mailbox import ImapMailbox, name_of
from service.monitoring.records import Alarm
from service.outbox.dkim import sign
from service.outbox.smtp import SmtpConnection

# Dates of the Islamic calendar are decreed only in the year before; by then they should stand in the calendar.
CALENDAR_AHEAD = timedelta(days=60)

MIGRATIONS = Path(__file__).parents[2] / "migrations"


@click.command("doctor")
def command() -> None:
    """Look at every part of the set-up and name each fault."""
    faults = 0
    for name, look in _looks():
        try:
            look()
        except Exception as error:
            faults += 1
            click.echo(f"FAULT  {name}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
        else:
            click.echo(f"ok     {name}")
    faults += _alarms()
    _warnings()
    if faults:
        raise SystemExit(1)


def _alarms() -> int:
    """Say which alarms are open; returns how many. Nothing where the database is the fault."""
    try:
        with transaction() as session:
            query = select(Alarm).where(Alarm.cleared_at.is_(None)).order_by(Alarm.id)
            said = [
                f"{alarm.kind}, since {alarm.since:%Y-%m-%d %H:%M} UTC: {alarm.words}"
                + (" (not seen any more)" if alarm.calm_since else "")
                for alarm in session.scalars(query)
            ]
    except SQLAlchemyError:
        return 0
    for words in said:
        click.echo(f"ALARM  {words}")
    return len(said)


def _warnings() -> None:
    """Say what will be wrong soon; it is no fault yet."""
    try:
        with transaction() as session:
            government = directory.current(session)
            today = clock.now().astimezone(government.timezone).date()
            lacking = calendars.current(session, government).lacks(today, CALENDAR_AHEAD)
    except (SQLAlchemyError, directory.NoPresetError, calendars.NoCalendarError):
        return
    for words in lacking:
        click.echo(f"WARN   calendar: {words} (flask calendar)")


def _looks() -> Iterator[tuple[str, Callable[[], object]]]:
    yield "database and migrations", _database
    yield "preset", _preset
    yield "redis", lambda: queues.connection().ping()
    if not settings().imap_urls:
        yield "mailbox", _no_mailbox
    for url in settings().imap_urls:
        yield f"mailbox {name_of(url)}", lambda url=url: ImapMailbox(url, timeout=10).close()
    for url in settings().smtp_url.split(","):
        yield f"smtp {urlsplit(url).hostname}", lambda url=url: SmtpConnection(url.strip(), timeout=10).probe()
    yield "blob store", probe_blobs
    if settings().dkim_key_file:
        yield "DKIM key", lambda: sign(b"From: a@b.example\r\n\r\n\r\n")


def _no_mailbox() -> None:
    raise RuntimeError("IMAP_URL is not set: no mail is read")


def _database() -> None:
    from alembic.script import ScriptDirectory  # here: no other command needs Alembic in its memory

    with transaction() as session:
        version = session.scalar(text("SELECT version_num FROM alembic_version"))
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if version != newest:
        raise RuntimeError(f"the database is at migration {version}, the newest is {newest}; run: flask db upgrade")


def _preset() -> None:
    with transaction() as session:
        current = directory.current(session)
    units = (current.desk, *current.agencies())
    heads = ((f"head of {unit.code}", unit.head.email) for unit in units if unit.head)
    faults = inboxes.our_own([*((unit.code, unit.inbox) for unit in units), *heads], settings().mail_address)
    if faults:
        raise RuntimeError("; ".join(faults))
