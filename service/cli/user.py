"""`flask user create|list|password|close|reopen`."""

import click
from flask.cli import AppGroup

from service.agencies import accounts, directory
from service.agencies.records import ROLES, Account
from service.database import transaction
from service.tables import Session

group = AppGroup("user", help="People who sign in.")


@group.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--agency", help="Code of the agency, for officers and heads.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="At least 10 characters.")
@click.option("--if-missing", is_flag=True, help="Do nothing when the address has an account.")
def create(email: str, name: str, role: str, agency: str | None, password: str, if_missing: bool) -> None:
    """Open an account."""
    with transaction() as session:
        if if_missing and accounts.find(session, email):
            return
        unit = directory.current(session).by_code.get(agency) if agency else None
        if agency and unit is None:
            raise click.ClickException(f"no agency has the code {agency} (flask preset show)")
        if role in ("officer", "head") and unit is None:
            raise click.ClickException(f"{role} needs --agency with the code of an agency (flask preset show)")
        try:
            accounts.create_account(session, email, name, role, unit.id if unit else None, password)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"Account {email} ({role}) created.")


@group.command("list")
def list_command() -> None:
    """One line an account: address, role, agency, name."""
    with transaction() as session:
        units = directory.current(session).units
        for account in accounts.everyone(session):
            agency = units[account.agency_id].code if account.agency_id else "-"
            shut = "" if account.active else "  (closed)"
            click.echo(f"{account.email:40} {account.role:14} {agency:12} {account.name}{shut}")


@group.command("password")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="At least 10 characters.")
def password_command(email: str, password: str) -> None:
    """Give somebody a new password; it ends their sessions."""
    with transaction() as session:
        try:
            _account(session, email).password_hash = accounts.hash_password(password)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"New password for {email}.")


@group.command("close")
@click.argument("email")
def close(email: str) -> None:
    """Shut an account: its history stays, nobody signs in with it."""
    with transaction() as session:
        _account(session, email).active = False
    click.echo(f"Account {email} closed.")


@group.command("reopen")
@click.argument("email")
def reopen(email: str) -> None:
    """Open a shut account again."""
    with transaction() as session:
        _account(session, email).active = True
    click.echo(f"Account {email} open again.")


def _account(session: Session, email: str) -> Account:
    found = accounts.find(session, email)
    if found is None:
        raise click.ClickException(f"nobody has an account with the address {email} (flask user list)")
    return found
