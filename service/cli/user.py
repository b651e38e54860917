"""`flask user create|password`."""

import click
from flask.cli import AppGroup

from service.agencies import accounts, directory
from service.agencies.records import ROLES
from service.database import transaction

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
        if role in ("officer", "head") and unit is None:
            raise click.ClickException(f"{role} needs --agency with the code of an agency (flask preset show)")
        try:
            accounts.create_account(session, email, name, role, unit.id if unit else None, password)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"Account {email} ({role}) created.")
