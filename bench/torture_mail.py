"""Torture: mails flow in while everything is killed, cut off, frozen and stopped; then the account is drawn.

    python -m bench.torture_mail --mails 1000 --kills 220 --seed 7 --seconds 1200

Real Postfix, Dovecot, PostgreSQL and Redis; two workers, two pollers, the schedule. Prints what became of every mail
and letter, keeps it as `out/torture.json`, and ends with 1 when anything was lost or doubled.
The same seed gives the same mails and the same list of faults; which of them meet is the machine's doing.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.city import end_on_sigterm
from bench.torture import account, faults, letters
from bench.torture.account import Account
from bench.torture.letters import Planned
from bench.torture.people import Post, Readers
from bench.torture.storm import Storm, Town
from tests.road.debian import DebianParts, missing
from tests.road.parts import MAIL_ADDRESS
from tests.road.processes import ROOT

MEAN_WAIT_SECONDS = 1.1  # from fault to fault
SECONDS_PER_MAIL = 0.1
DRAIN_SECONDS = 240
GIVEN_UP = "gagal diolah"


def main(arguments: list[str]) -> int:
    """Run one torture; returns 1 when there was any violation, 2 when it cannot be run here."""
    wish = _wishes(arguments)
    if lacking := missing():
        print(f"NOT TORTURED: {lacking} is missing", file=sys.stderr)
        return 2
    end_on_sigterm()
    print(f"seed {wish.seed}, {wish.mails} mails, {wish.kills} faults", flush=True)
    with _town() as town:
        report = _torture(town, wish)
    out = Path(wish.out)
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(report, indent=1))
    _print(report)
    return 1 if report["violations"] else 0


def _wishes(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.torture_mail", description=__doc__.partition("\n")[0])
    parser.add_argument("--mails", type=int, default=1000, help="how many different mails (at least 60)")
    parser.add_argument("--kills", type=int, default=220, help="how many faults")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--wait", type=float, default=MEAN_WAIT_SECONDS, help="mean seconds from fault to fault")
    parser.add_argument("--seconds", type=int, default=1200, help="give up after so long")
    parser.add_argument("--out", default=str(ROOT / "out" / "torture.json"), help="where the account is kept")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _town() -> Iterator[Town]:
    """A town of its own; everything is ended and removed afterwards, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="torture-", dir="/tmp"))  # a short path, for unix sockets
    folder.chmod(0o755)
    parts, town = DebianParts(letters.DOMAINS), None
    try:
        town = Town(parts, parts.start(folder))
        town.open()
        yield town
    except BaseException:
        if town:
            print(town.city.processes.last_words(), file=sys.stderr)
        raise
    finally:
        with contextlib.suppress(Exception):
            if town:
                town.close()
        parts.stop()
        if not os.environ.get("TORTURE_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


def _torture(town: Town, wish: argparse.Namespace) -> dict[str, Any]:
    begin = time.monotonic()
    end = begin + wish.seconds
    mails = letters.plan(wish.mails, random.Random(wish.seed))
    length = max(wish.kills * wish.wait, wish.mails * SECONDS_PER_MAIL)
    post = Post(town.parts.smtp_port)
    readers = Readers(town.parts, post, mails)
    storm = Storm(town)
    try:
        for planned in mails:
            if planned.raw:
                post.put(planned, begin + planned.at * length * 0.9)
        storm.rage(faults.deal(random.Random(wish.seed), wish.wait), wish.kills, end - 60)
        raged = time.monotonic() - begin
        storm.look_after(at_once=True)
        calm = _drain(town, storm, post, readers, min(end, time.monotonic() + DRAIN_SECONDS))
        given_up = _retry_given_up(town)
        if given_up:
            calm = _drain(town, storm, post, readers, end) and calm
    finally:
        post.close()
        readers.close()
    found = account.examine(town, mails, storm.faults)
    if not calm:
        found.violations.append(f"not at rest in time: {_unrest(town, post, readers)}")
    times = {"storm seconds": round(raged), "seconds": round(time.monotonic() - begin)}
    return _report(wish, mails, storm, town, found, times | {"given up and retried by the desk": given_up})


def _drain(town: Town, storm: Storm, post: Post, readers: Readers, until: float) -> bool:
    """Start the product anew and wait until nothing is on its way any more; False when that takes too long."""
    for part in ("postgres", "redis", "dovecot", "postfix"):
        while not town.parts.serves(part):
            storm.look_after()
            time.sleep(0.1)
    storm.everything_anew()
    quiet = 0
    while quiet < 3:
        if time.monotonic() > until:
            return False
        storm.look_after()
        quiet = quiet + 1 if not any(_unrest(town, post, readers).values()) else 0
        time.sleep(0.5)
    return True


def _unrest(town: Town, post: Post, readers: Readers) -> dict[str, int]:
    """What is still on its way, and where."""
    inbox = town.parts.maildir(MAIL_ADDRESS)
    with town.database() as connection:
        stored = connection.execute("SELECT count(*) FROM inbound_mail WHERE status = 'stored'").fetchone()
        queued = connection.execute("SELECT count(*) FROM outbound_mail WHERE status = 'queued'").fetchone()
    return {
        "not sent to us": post.left(),
        "waiting for a letter of ours": readers.left(),
        "in the mail server's queue": town.parts.waiting_mail(),
        "in our mailbox": len([*inbox.glob("new/*"), *inbox.glob("cur/*")]),
        "not judged": stored[0] if stored else 0,
        "not delivered": queued[0] if queued else 0,
    }


def _retry_given_up(town: Town) -> int:
    """Put back what was given up because it met too many deaths, as the desk does; returns how many mails."""
    with town.database() as connection:
        done = connection.execute(
            "UPDATE inbound_mail SET status = 'stored', attempts = 0, leased_until = NULL"
            " WHERE status = 'quarantined' AND reason ILIKE %s",
            [f"%{GIVEN_UP}%"],
        )
        return done.rowcount


def _report(
    wish: argparse.Namespace, mails: list[Planned], storm: Storm, town: Town, found: Account, more: dict[str, Any]
) -> dict[str, Any]:
    return {
        "seed": wish.seed,
        "mails": len(mails),
        "mails by sort": account.tally(planned.sort for planned in mails),
        "faults": len(storm.faults),
        "SIGKILLs": sum(fault.kind == faults.KILL for fault in storm.faults),
        "faults by kind": account.tally(fault.name for fault in storm.faults),
        "ended by themselves": dict(town.ended_by_themselves),
        **more,
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "letters": found.letters,
        "events": found.events,
        "handed over again": len(found.repeats),
        "doubled between the mail servers": found.doubled_by_servers,
        "outcomes": dict(sorted(found.outcomes.items())),
        "in quarantine": found.held,
        "repeats": [repeat._asdict() for repeat in found.repeats],
        "violations": found.violations,
        "timeline": [
            f"{fault.begun - storm.faults[0].begun:.2f} {fault.name} {fault.pause:.2f}" for fault in storm.faults
        ],
    }


def _print(report: dict[str, Any]) -> None:
    for name, value in report.items():
        if name == "timeline":
            continue
        if isinstance(value, dict):
            print(f"\n{name}")
            for key, number in value.items():
                print(f"  {number:>6}  {key}")
            print()
        elif isinstance(value, list):
            print(f"\n{name}: {len(value)}")
            for line in value[:40]:
                print(f"  {_line(line)}")
        else:
            print(f"{name:<36}{value:>8}")


def _line(entry: Any) -> str:
    if isinstance(entry, str):
        return entry
    heard = "after its 250" if entry["heard"] else "before its 250 was said"
    return f"{entry['message_id']}: {entry['cause']} {entry['seconds_to_cause']} s {heard}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
