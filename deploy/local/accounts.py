"""The accounts to try Tuntas with, and what the launcher says when all is up."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import yaml

from deploy.local.places import PartError
from deploy.local.plan import HOST, Plan

# The agency of the officer and the head: public works, whatever it is called there; else the first one.
WORKS = ("pupr", "dpupr")


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in. `agency` is a code of the preset, or ""."""

    role: str
    name: str
    email: str
    agency: str = ""


def people(plan: Plan) -> list[Account]:
    """One person for each role, as the preset names them; the desk and the officer are invented.

    Raises PartError when there is no such preset.
    """
    sheet = _preset(plan)
    domain = sheet["desk"]["email"].rpartition("@")[2]
    by_code = {agency["code"]: agency for agency in sheet["agencies"]}
    agency = next((by_code[code] for code in WORKS if code in by_code), sheet["agencies"][0])
    accounts = [
        Account("desk", "Dewi Anggraini", f"dewi@{domain}"),
        Account("officer", "Budi Santoso", f"budi@{domain}", agency["code"]),
    ]
    if agency.get("head"):
        accounts.append(Account("head", agency["head"]["name"], agency["head"]["email"], agency["code"]))
    by_post = {official["post"]: official for official in sheet["officials"]}
    for role in ("leader", "inspector", "administrator"):
        if role in by_post:
            accounts.append(Account(role, by_post[role]["name"], by_post[role]["email"]))
    return accounts


def commands(plan: Plan) -> list[list[str]]:
    """The `flask` commands that open the accounts."""
    word = password(plan.home)
    found = []
    for person in people(plan):
        command = ["user", "create", person.email, "--name", person.name, "--role", person.role]
        command += ["--agency", person.agency] if person.agency else []
        found.append([*command, "--password", word, "--if-missing"])
    return found


def password(home: Path) -> str:
    """The one password of all try-out accounts of this home, made up on first use."""
    path = home / "try-out-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"coba-{secrets.token_hex(4)}\n")
    return path.read_text().strip()


def welcome(plan: Plan) -> str:
    """Where everything is, and who may sign in."""
    lines = [
        "",
        f"  Form for citizens   {plan.public_url}/",
        f"  Sign in             {plan.public_url}/masuk",
    ]
    if plan.own_mail_server:
        lines += [
            f"  Mails               {plan.public_url}/mailbox/",
            f"  Write to            {plan.mail_address}  (SMTP {HOST}:{plan.smtp_port}, IMAP {HOST}:{plan.imap_port})",
        ]
    lines += ["", f"  Accounts to try, all with the password  {password(plan.home)}"]
    lines += [
        f"    {person.role:14} {person.email:40} {person.name}{f' ({person.agency})' if person.agency else ''}"
        for person in people(plan)
    ]
    return "\n".join([*lines, ""])


def _preset(plan: Plan) -> dict:
    path = plan.preset_file
    try:
        return yaml.safe_load(path.read_text())
    except OSError:
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.yaml")))
        raise PartError(f"There is no preset {plan.preset!r} (TUNTAS_PRESET); there are {known}.") from None
    except yaml.YAMLError as error:
        raise PartError(f"The preset {path} cannot be read: {' '.join(str(error).split())}.") from None
