"""`python -m demo`: the simulated city. The launcher starts it with the settings of the other processes.

It acts from outside only: mail by SMTP, the form and the desk's pages by HTTP, and everybody's mail read as JSON.
"""

import contextlib
import logging
import os
import signal
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from demo import schedule, stories, words
from demo.city import City
from demo.desk import Desk
from demo.form import Form
from demo.people import Office, People, Town
from demo.strays import strays
from service import clock
from service.agencies.preset import Preset, read

PRESET = "kota-bengkulu"


def main() -> int:
    """Play until SIGTERM or SIGINT."""
    logging.basicConfig(level=os.environ.get("DEMO_LOG", "WARNING"), stream=sys.stderr)
    if os.environ.get("TUNTAS_PRESET", PRESET) != PRESET:
        say(f"Kota simulasi hanya mengenal preset {PRESET}; selebihnya berjalan seperti biasa.")
        return 0
    preset = read(PRESET)
    zone = ZoneInfo(preset.government.timezone)
    public_url = os.environ["PUBLIC_URL"].rstrip("/")
    password = _password(Path(os.environ["TUNTAS_HOME"]))
    start = clock.now()
    city = City(
        people=People(_town(preset, zone), stories.stories(), schedule.SEED),
        tellings=schedule.tellings(stories.stories(), start, zone),
        form=Form(public_url, {area.name: area.code for area in preset.areas if area.kind == "kelurahan"}),
        desk=Desk(public_url, f"dewi@{preset.desk.email.rpartition('@')[2]}", password),
        smtp_url=os.environ["SMTP_URL"],
        public_url=public_url,
        say=say,
    )
    for act in strays(start, os.environ["MAIL_ADDRESS"]):
        city.plan(act)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: city.stopping.set())
    leader = next(official.email for official in preset.officials if official.post == "leader")
    say(words.hints(preset.government.short_name, start, zone, clock.speed(), public_url, leader, password))
    city.run()
    return 0


def say(text: str) -> None:
    """One line to the visitor; when nobody listens any more, the city goes on all the same."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _town(preset: Preset, zone: ZoneInfo) -> Town:
    offices = {
        agency.inbox: Office(agency.code, agency.name, agency.acronym or agency.name, agency.inbox)
        for agency in preset.agencies
    }
    return Town(offices, preset.desk.email, os.environ["MAIL_ADDRESS"], zone)


def _password(home: Path) -> str:
    """The one password of the try-out accounts, as the launcher made it up."""
    path = home / "try-out-password"
    return path.read_text().strip() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
