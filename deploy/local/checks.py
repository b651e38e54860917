"""What must hold before anything is started; each fault is one sentence."""

import errno
import fcntl
import os
import socket
from pathlib import Path
from typing import IO

from deploy.local.places import PartError
from deploy.local.plan import HOST, Plan

DEMO_MARK = "this-is-a-demo"


def writable(home: Path) -> None:
    """Create `home`; raises PartError when files cannot be kept there."""
    probe = home / f".probe-{os.getpid()}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PartError(f"Nothing can be written to {home} ({reason}); set TUNTAS_HOME to another folder.") from None


def only_one(home: Path) -> IO[str]:
    """Hold `home` for this launcher until the returned file is closed; raises PartError when another one has it."""
    handle = (home / "launcher.lock").open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise PartError(f"Tuntas already runs on {home}; stop it first or set TUNTAS_HOME to another folder.") from None
    return handle


def ports_free(plan: Plan) -> None:
    """Raises PartError naming the first port that cannot be listened on."""
    ports = plan.ports()
    for name, port in ports.items():
        if list(ports.values()).count(port) > 1:
            raise PartError(f"{name} is {port}, and so is another port; give each its own.")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                reasons = {errno.EADDRINUSE: "is in use by another program", errno.EACCES: "is not allowed to you"}
                reason = reasons.get(error.errno or 0, f"cannot be used ({error.strerror or error})")
                raise PartError(f"Port {port} {reason}; set {name} to another one.") from None


def same_preset(plan: Plan) -> None:
    """One home serves one government; raises PartError when it was set up for another."""
    mark = plan.home / "preset"
    if mark.exists() and mark.read_text().strip() != plan.preset:
        raise PartError(
            f"The data in {plan.home} are those of {mark.read_text().strip()}, not {plan.preset}; "
            "set TUNTAS_HOME to another folder."
        )


def is_demo_home(home: Path) -> None:
    """A demo empties its folder; raises PartError when the folder may hold something else."""
    others = [path for path in home.iterdir() if path.name != "launcher.lock"]
    if others and not (home / DEMO_MARK).exists():
        raise PartError(f"A demo empties its folder, and {home} is not a demo's; set TUNTAS_HOME to an empty folder.")
