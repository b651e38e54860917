"""`flask intake`: reading the mailboxes by hand, and comparing them with what is stored."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from service.config import settings
from service.database import transaction
from service.intake import poll, process, reconcile
from service.intake.lease import Keeper
from service.intake.mailbox import BROKEN, IMAPClientError, ImapMailbox, name_of
from service.intake.reconcile import Findings
from service.tables import Session

group = AppGroup("intake", help="Mail that comes in.")
OWNER = "flask intake run-once"


@group.command("run-once")
def run_once() -> None:
    """Read every mailbox once and process what is there, without poller or worker. Exit code 1 when one cannot be
    read; the others are read all the same."""
    failed = False
    for url in _urls():
        name = name_of(url)
        if not poll.take_lease(transaction, name, OWNER):
            click.echo(f"{name}: a poller is at work")
            continue
        try:
            click.echo(f"{name}: {_read(url, name)} new")
        except (*BROKEN, IMAPClientError) as error:
            failed = True
            poll.note_problem(transaction, name, f"{type(error).__name__}: {error}")
            click.echo(f"{name}: FAULT {type(error).__name__}: {error}")
        finally:
            poll.give_up_lease(transaction, name, OWNER)
    done = 0
    while count := process.turn(transaction):
        done += count
    click.echo(f"{done} processed")
    if failed:
        raise SystemExit(1)


def _urls() -> tuple[str, ...]:
    if not settings().imap_urls:
        raise click.ClickException("IMAP_URL is not set: there is no mailbox")
    return settings().imap_urls


def _read(url: str, name: str) -> int:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    @contextmanager
    def anywhere() -> Iterator[Session]:
        with app.app_context(), transaction() as session:
            yield session

    with Keeper(anywhere, name, OWNER):
        folder = ImapMailbox(url)
        try:
            return poll.turn(transaction, folder, name, OWNER, first=True)
        finally:
            folder.close()


@group.command("reconcile")
@click.option("--store-all", is_flag=True, help="Store all absent mails, however many they are.")
def reconcile_command(store_all: bool) -> None:
    """Compare every mailbox and its archive with what is stored; what is absent is stored now. Exit code 1 when there
    was a difference."""
    differences = False
    for url in _urls():
        name = name_of(url)
        try:
            findings = _compare(url, name, 10**9 if store_all else reconcile.MOST_HEALED)
        except (*BROKEN, IMAPClientError) as error:
            click.echo(f"{name}: FAULT {type(error).__name__}: {error}")
            differences = True
            continue
        _show(name, findings)
        differences = differences or findings.differences > 0
    if differences:
        raise SystemExit(1)


def _compare(url: str, name: str, most_healed: int) -> Findings:
    folder = ImapMailbox(url)
    try:
        poll.know(transaction, name)
        findings = reconcile.compare(transaction, folder, name, most_healed=most_healed)
    finally:
        folder.close()
    reconcile.note(transaction, name, findings.document())
    return findings


def _show(name: str, found: Findings) -> None:
    click.echo(name)
    rows = [(f"in {place}", count) for place, count in found.folders.items()]
    rows += [("absent from the database", found.absent), ("  of these stored now", found.healed)]
    rows += [(f"stored: {status}", count) for status, count in sorted(found.statuses.items())]
    rows += [("waiting for more than 10 minutes", found.stuck)]
    if found.junk:
        rows += [
            (f"in {found.junk['folder']} (spam)", found.junk["mails"]),
            ("  of these unread", found.junk["unseen"]),
        ]
    for what, count in rows:
        click.echo(f"  {what:<34}{count:>9,}")
    for example in found.examples:
        click.echo(
            f"  absent: {example['folder']} UID {example['uid']} {example['received_at']} {example['message_id']}"
        )
    if found.absent > found.healed:
        click.echo(f"  {found.absent - found.healed} are not stored: look at them, then --store-all")
