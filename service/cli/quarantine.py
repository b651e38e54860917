"""`flask quarantine list|show|retry|open|attach|discard`.

Exit codes: 0 all was done, 1 something was refused (said on stderr; what could be done of several mails is done),
2 the command was not understood.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup

from service import queues
from service.agencies import accounts, directory
from service.casework.open import Choice
from service.cli.plain import plain, plain_line
from service.database import transaction
from service.intake import quarantine, shelf
from service.intake.quarantine import NotInQuarantineError, RefusedError
from service.intake.records import InboundMail
from service.intake.shelf import Which
from service.mail.parse import parse
from service.tables import Session

group = AppGroup("quarantine", help="Mail that waits for a person.")

HEADERS = ("from", "to", "cc", "date", "subject", "message-id", "authentication-results")
decider = click.option("--as", "decided_by", required=True, metavar="ADDRESS", help="The desk account that decides.")


@group.command("list")
@click.option("--reason", default="", help="Only mail that waits for this: the words before the colon.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects, for programs.")
def list_command(reason: str, as_json: bool) -> None:
    """One line a mail, oldest first: id, arrival, size, sender, reason."""
    with transaction() as session:
        rows = list(session.scalars(shelf.waiting_of(Which(kind=reason))))
        if as_json:
            click.echo(json.dumps([_as_json(row) for row in rows], indent=1, ensure_ascii=False))
            return
        for row in rows:
            sender, why = plain_line(row.sender) or "(no sender)", plain_line(row.reason)
            click.echo(f"{row.id}  {row.received_at:%Y-%m-%d %H:%M}Z  {row.size:>9}  {sender}  {why}")


def _as_json(row: InboundMail) -> dict[str, object]:
    return {
        "id": row.id,
        "received_at": row.received_at.isoformat(),
        "sender": row.sender,
        "subject": row.subject,
        "message_id": row.message_id,
        "size": row.size,
        "reason": row.reason,
        "complaint_id": row.complaint_id,
        "party": row.party,
    }


@group.command("show")
@click.argument("mail_id", type=int)
@click.option("--raw", is_flag=True, help="The bytes as they arrived. They may do harm on a terminal.")
def show_command(mail_id: int, raw: bool) -> None:
    """Print a mail as readable text."""
    with transaction() as session:
        row = _held(session, mail_id)
        if raw:
            sys.stdout.buffer.write(row.raw)
            return
        click.echo(_readable(row))


def _readable(row: InboundMail) -> str:
    if quarantine.came_without_bytes(row):
        return f"The mail server did not deliver this mail (UID {row.uid}).\nreason: {plain_line(row.reason)}"
    message = parse(row.raw)
    head = [f"{name}: {plain_line(value)}" for name, value in message.headers if name.lower() in HEADERS]
    files = [
        f"attachment: {plain_line(part.filename) or '(no name)'}, {part.content_type}, {len(part.content)} bytes"
        for part in message.attachments
    ]
    facts = [f"arrived: {row.received_at:%Y-%m-%d %H:%M:%S}Z", f"reason: {plain_line(row.reason)}"]
    facts += [f"fault: {plain_line(fault)}" for fault in message.faults]
    return "\n".join([*head, *facts, *files, "", plain(message.text)])


@group.command("retry")
@click.argument("mail_ids", type=int, nargs=-1)
@click.option("--all", "every", is_flag=True, help="Everything that waits.")
def retry_command(mail_ids: tuple[int, ...], every: bool) -> None:
    """Have mails judged again; brings back what was discarded."""
    if every == bool(mail_ids):
        raise click.UsageError("give ids, or --all")
    with transaction() as session:
        chosen = {row.id for row in quarantine.waiting(session)} if every else set(mail_ids)
        done = _each(
            chosen,
            lambda mail_id: quarantine.retry(quarantine.held(session, mail_id, or_discarded=True), "command"),
        )
        queues.ring_after_commit(session, queues.PROCESS_MAIL)
    _told(f"{done} put back.", done == len(chosen))


@group.command("open")
@click.argument("mail_id", type=int)
@click.option("--agency", default="", help="Code of the agency that gets it; else the rules choose.")
@click.option("--reason", default="", help="Why this agency.")
@click.option("--not-about-officials", is_flag=True, help="You have read it: it accuses nobody of that agency.")
@decider
def open_command(mail_id: int, agency: str, reason: str, not_about_officials: bool, decided_by: str) -> None:
    """Make a complaint of a mail. Its time runs from the mail's arrival."""
    if agency and not reason.strip():
        raise click.UsageError("--agency needs a --reason")
    with _refusals_told(), transaction() as session:
        actor, units = _actor(session, decided_by), directory.current(session)
        unit = units.by_code.get(agency)
        if agency and (unit is None or not unit.active):
            raise click.ClickException(f"no agency has the code {agency} (flask preset show)")
        choice = Choice(agency, reason, actor, not_about_officials) if agency else None
        number = quarantine.make_complaint(session, units, _held(session, mail_id), actor, choice).number
    click.echo(f"{number} opened.")


@group.command("attach")
@click.argument("mail_id", type=int)
@click.argument("number")
@click.option("--from", "speaker", required=True, type=click.Choice(quarantine.SPEAKERS), help="Who speaks in it.")
@click.option("--reason", required=True, help="Why it is accepted; kept in the case's history.")
@decider
def attach_command(mail_id: int, number: str, speaker: str, reason: str, decided_by: str) -> None:
    """Make a mail part of a case. An answer counts from the mail's arrival."""
    with _refusals_told(), transaction() as session:
        actor, units = _actor(session, decided_by), directory.current(session)
        case = quarantine.attach(session, units, _held(session, mail_id), number, speaker, reason, actor)
        found = case.number
    click.echo(f"Attached to {found}.")


@group.command("discard")
@click.argument("mail_ids", type=int, nargs=-1, required=True)
@click.option("--reason", required=True)
@decider
def discard_command(mail_ids: tuple[int, ...], reason: str, decided_by: str) -> None:
    """Set mails aside. The bytes stay; `retry` brings them back."""
    with transaction() as session:
        actor = _actor(session, decided_by)
        done = _each(
            set(mail_ids), lambda mail_id: quarantine.discard(quarantine.held(session, mail_id), reason.strip(), actor)
        )
    _told(f"{done} discarded.", done == len(set(mail_ids)))


def _each(mail_ids: Iterable[int], act: Callable[[int], None]) -> int:
    """Do this to one mail after another, and say of which it could not be done; returns of how many it was."""
    done = 0
    for mail_id in sorted(mail_ids):
        try:
            act(mail_id)
            done += 1
        except (NotInQuarantineError, RefusedError) as problem:
            click.echo(f"Error: mail {mail_id}: {_words(problem)}", err=True)
    return done


@contextmanager
def _refusals_told() -> Iterator[None]:
    """What is refused within ends the command with its reason."""
    try:
        yield
    except RefusedError as problem:
        raise click.ClickException(str(problem)) from None


def _held(session: Session, mail_id: int) -> InboundMail:
    try:
        return quarantine.held(session, mail_id)
    except NotInQuarantineError as problem:
        raise click.ClickException(f"mail {mail_id}: {_words(problem)}") from None


def _words(problem: NotInQuarantineError | RefusedError) -> str:
    if isinstance(problem, RefusedError):
        return str(problem)
    if problem.row is None:
        return "there is no such mail"
    last = problem.row.decisions[-1] if problem.row.decisions else None
    decided = f"; {last['act']} by {last['by']} at {last['at']}" if last else ""
    return f"not in quarantine, but {problem.row.status}{decided}"


def _actor(session: Session, address: str) -> str:
    account = accounts.find(session, address)
    if account is None or not account.active or account.role != "desk":
        raise click.ClickException(f"{address} is no open account of the desk (flask user list)")
    return f"account:{account.id}"


def _told(words: str, whole: bool) -> None:
    click.echo(words)
    if not whole:
        sys.exit(1)
