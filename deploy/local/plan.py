"""What `run` and `demo` are asked to do: the folder, the ports, and which parts already exist elsewhere."""

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import yaml
from dotenv import dotenv_values

from deploy.local.places import PartError

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
# A Friday morning, so that the first Monday's digest is three days off: four minutes at this speed.
DEMO_CLOCK = "2026-11-20T07:00+07:00@1000x"
ELSEWHERE = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "IMAP_URL")


@dataclass(frozen=True)
class Plan:
    """Everything that is known before anything is started. `given` holds the settings of the environment and `.env`."""

    demo: bool
    home: Path
    http_port: int
    smtp_port: int
    imap_port: int
    preset: str
    mail_address: str
    public_url: str
    clock: str
    given: Mapping[str, str] = field(repr=False)
    root: Path = ROOT

    def elsewhere(self, name: str) -> str:
        """The URL of a part that runs elsewhere, or "". A demo uses none: its people are invented."""
        return "" if self.demo else self.given.get(name, "")

    @property
    def own_mail_server(self) -> bool:
        """Whether the local mail server is needed."""
        return not (self.elsewhere("SMTP_URL") and self.elsewhere("IMAP_URL"))

    @property
    def preset_file(self) -> Path:
        """Where the preset lies: its setting is a name, or the path of a YAML file."""
        return preset_file(self.root, self.preset)

    def ports(self) -> dict[str, int]:
        """The ports that will be listened on, by the name of their setting."""
        ports = {"HTTP_PORT": self.http_port}
        if self.own_mail_server:
            ports |= {"SMTP_PORT": self.smtp_port, "IMAP_PORT": self.imap_port}
        return ports

    def environment(self, database_url: str, redis_url: str) -> dict[str, str]:
        """The environment of the product's processes."""
        user = quote(self.mail_address, safe="")
        return {
            **self.given,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SMTP_URL": self.elsewhere("SMTP_URL") or f"smtp://{HOST}:{self.smtp_port}",
            "IMAP_URL": self.elsewhere("IMAP_URL") or f"imap://{user}:local@{HOST}:{self.imap_port}/INBOX",
            "MAIL_ADDRESS": self.mail_address,
            "PUBLIC_URL": self.public_url,
            "SECRET_KEY": self.given.get("SECRET_KEY") or _secret_key(self.home),
            "BLOB_URL": ("" if self.demo else self.given.get("BLOB_URL", "")) or f"file://{self.home / 'blobs'}",
            "TUNTAS_HOME": str(self.home),
            "TUNTAS_PRESET": self.preset,
            "TUNTAS_ENV": "local",
            "TUNTAS_CLOCK": self.clock,
            "HTTP_PORT": str(self.http_port),
            "SMTP_PORT": str(self.smtp_port),
            "IMAP_PORT": str(self.imap_port),
            "PYTHONUNBUFFERED": "1",
        }


def plan(demo: bool, environ: Mapping[str, str] = os.environ, root: Path = ROOT) -> Plan:
    """The plan that `environ` and the `.env` in `root` describe (the environment wins).

    Raises PartError when a port is not a number.
    """
    file = {name: value for name, value in dotenv_values(root / ".env").items() if value is not None}
    given = {**file, **environ}
    home = Path(given.get("TUNTAS_HOME") or root / ("var/demo" if demo else "var")).absolute()
    preset = given.get("TUNTAS_PRESET") or "kota-bengkulu"
    http_port = _port(given, "HTTP_PORT", 8000)
    return Plan(
        demo=demo,
        home=home,
        http_port=http_port,
        smtp_port=_port(given, "SMTP_PORT", 2525),
        imap_port=_port(given, "IMAP_PORT", 1143),
        preset=preset,
        mail_address=(given.get("MAIL_ADDRESS") or _mail_address(root, preset)).lower(),
        public_url=given.get("PUBLIC_URL") or f"http://{HOST}:{http_port}",
        clock=_anchored(given.get("TUNTAS_CLOCK") or (DEMO_CLOCK if demo else "")),
        given=given,
        root=root,
    )


def preset_file(root: Path, preset: str) -> Path:
    """The file of a preset that is given by name or by path."""
    return root / preset if preset.endswith(".yaml") else root / "presets" / f"{preset}.yaml"


def _port(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise PartError(f"{name} is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def _mail_address(root: Path, preset: str) -> str:
    """The address that citizens write to: in the domain of the preset's desk."""
    try:
        sheet = yaml.safe_load(preset_file(root, preset).read_text())
        return "lapor@" + sheet["desk"]["email"].rpartition("@")[2]
    except (OSError, KeyError, TypeError, yaml.YAMLError):
        return "lapor@localhost.example"  # the launcher will say what is wrong with the preset


def _anchored(clock: str) -> str:
    """A simulated clock counts from one instant that all processes share, not from each one's start."""
    if not clock or ";since=" in clock:
        return clock
    return f"{clock};since={time.time():.3f}"


def _secret_key(home: Path) -> str:
    """The key that signs links and sessions: made once, readable by its owner alone."""
    path = home / "secret-key"
    if not path.exists():
        part = home / "secret-key.part"
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        part.rename(path)
    return path.read_text().strip()
