"""The parts of a production machine, from Debian: PostgreSQL, Redis, Postfix, Dovecot. Needs root.

Postfix takes mail for the two domains and hands it by LMTP to Dovecot, which keeps a Maildir for every address.
"""

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.road.parts import DOMAINS, HOST, Parts, free_port, listens, wait_for
from tests.road.processes import Processes, plain_environment, signal_family

POSTGRES = Path("/usr/lib/postgresql")
NEEDED = {
    "dovecot-imapd": "/usr/sbin/dovecot",
    "dovecot-lmtpd": "/usr/lib/dovecot/lmtp",
    "postfix": "/usr/lib/postfix/sbin/master",
    "redis-server": "/usr/bin/redis-server",
}
MAIL_ACCOUNT = "mail"  # owns the Maildirs; every Debian has it


def missing() -> str:
    """Which package (or right) is lacking; "" when the parts can be started."""
    lacking = [package for package, path in NEEDED.items() if not Path(path).exists()]
    if _postgres_programs() is None:
        lacking.append("postgresql")
    if os.geteuid() != 0:
        lacking.append("root (Postfix and Dovecot start as root)")
    return ", ".join(lacking)


class DebianParts(Parts):
    """PostgreSQL with its own cluster, Redis, Dovecot and Postfix with their own configurations."""

    name = "debian"

    def __init__(self, more_domains: Sequence[str] = ()) -> None:
        super().__init__()
        self.domains = (*DOMAINS, *more_domains)
        self._commands: dict[str, tuple[list[str], dict[str, Any]]] = {}

    def _start(self) -> str:
        self.folder.chmod(0o755)
        self._processes = Processes(self.folder / "log")
        self._postgres_port, self._redis_port, self._lmtp_port = free_port(), free_port(), free_port()
        self._start_postgres()
        self._start_redis()
        self._start_dovecot()
        self._start_postfix()
        wait_for(lambda: listens(self._redis_port), "redis-server")
        wait_for(lambda: listens(self.imap_port) and listens(self._lmtp_port), "Dovecot")
        wait_for(lambda: listens(self.smtp_port), "Postfix")
        wait_for(self._postgres_is_ready, "PostgreSQL")
        return f"redis://{HOST}:{self._redis_port}/0"

    def database(self, name: str) -> str:
        self._as_postgres("createdb", "-h", HOST, "-p", str(self._postgres_port), "-U", "postgres", name)
        return f"postgresql://postgres@{HOST}:{self._postgres_port}/{name}"

    def stop(self) -> None:
        if "postgres" in self._processes.running:
            self._processes.terminate("postgres", number=2)  # SIGINT: do not wait for clients
        self._processes.end_all()

    def kill(self, part: str) -> None:
        """SIGKILL to every process of one of the four: postgres, redis, dovecot, postfix."""
        self._processes.kill_family(part)

    def restart(self, part: str) -> None:
        """Start one of the four again, on what it left behind; does not wait until it serves."""
        if part == "dovecot":  # would wait two minutes for the locks of the dead
            for lock in (self.folder / "dovecot" / "mail").rglob("*.lock"):
                lock.unlink(missing_ok=True)
        command, options = self._commands[part]
        self._processes.start(part, command, plain_environment(), **options)

    def signal(self, part: str, number: int) -> None:
        """Send a signal to every process of one of the four."""
        signal_family(self._processes.running[part].pid, number)

    def ended(self, part: str) -> bool:
        """Whether one of the four was started and has ended by itself; it may be started again then."""
        process = self._processes.running.get(part)
        if process is None or process.poll() is None:
            return False
        self._processes.kill_family(part)
        return True

    def serves(self, part: str) -> bool:
        """Whether one of the four takes connections."""
        ports = {"redis": self._redis_port, "dovecot": self.imap_port, "postfix": self.smtp_port}
        return self._postgres_is_ready() if part == "postgres" else listens(ports[part])

    def maildir(self, address: str) -> Path:
        """Where Dovecot keeps the mail of `address`."""
        local, _, domain = address.partition("@")
        return self.folder / "dovecot" / "mail" / domain / local

    def waiting_mail(self) -> int:
        """How many mails Postfix has accepted and not handed on. (A file without the executable bit is one whose writer
        died before it was accepted.)"""
        queue = self.folder / "postfix" / "queue"
        files = (path for name in ("maildrop", "incoming", "active", "deferred") for path in (queue / name).rglob("*"))
        modes = [_mode(path) for path in files]
        return sum(stat.S_ISREG(mode) and bool(mode & stat.S_IXUSR) for mode in modes)

    def _launch(self, part: str, command: list[str], **options: Any) -> None:
        self._commands[part] = command, options
        self.restart(part)

    def _start_postgres(self) -> None:
        home = self.folder / "postgres"
        home.mkdir()
        account = pwd.getpwnam("postgres")
        os.chown(home, account.pw_uid, account.pw_gid)
        data = str(home / "data")
        self._as_postgres("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8", "-N")
        command = [_program("postgres"), "-D", data, "-p", str(self._postgres_port), "-h", HOST, "-k", str(home)]
        self._launch("postgres", command, cwd=home, user=account.pw_uid, group=account.pw_gid, extra_groups=[])

    def _postgres_is_ready(self) -> bool:
        command = [_program("pg_isready"), "-q", "-h", HOST, "-p", str(self._postgres_port)]
        return subprocess.run(command, check=False).returncode == 0

    def _as_postgres(self, program: str, *arguments: str) -> None:
        command = ["runuser", "-u", "postgres", "--", _program(program), *arguments]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{program}: {done.stderr}"

    def _start_redis(self) -> None:
        home = self.folder / "redis"
        home.mkdir()
        command = ["redis-server", "--port", str(self._redis_port), "--bind", HOST, "--dir", str(home)]
        self._launch("redis", [*command, "--save", "", "--appendonly", "yes"])

    def _start_dovecot(self) -> None:
        home = self.folder / "dovecot"
        maildirs = home / "mail"
        maildirs.mkdir(parents=True)
        account = pwd.getpwnam(MAIL_ACCOUNT)
        os.chown(maildirs, account.pw_uid, account.pw_gid)
        settings = home / "dovecot.conf"
        settings.write_text(
            DOVECOT.format(
                home=home, maildirs=maildirs, account=MAIL_ACCOUNT, host=HOST, imap=self.imap_port, lmtp=self._lmtp_port
            )
        )
        self._launch("dovecot", ["/usr/sbin/dovecot", "-F", "-c", str(settings)])

    def _start_postfix(self) -> None:
        home = self.folder / "postfix"
        for name in ("settings", "queue", "data"):
            (home / name).mkdir(parents=True)
        account = pwd.getpwnam("postfix")
        os.chown(home / "data", account.pw_uid, account.pw_gid)
        settings = home / "settings"
        (settings / "main.cf").write_text(
            POSTFIX.format(home=home, host=HOST, domains=" ".join(self.domains), lmtp=self._lmtp_port)
        )
        (settings / "master.cf").write_text(POSTFIX_SERVICES.format(host=HOST, smtp=self.smtp_port))
        # Makes the folders of the queue, with their owners and modes.
        subprocess.run(["/usr/sbin/postfix", "-c", settings, "check"], check=True, capture_output=True)
        self._launch("postfix", [NEEDED["postfix"], "-c", str(settings), "-d"])


def _postgres_programs() -> Path | None:
    found = sorted(POSTGRES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0


def _program(name: str) -> str:
    folder = _postgres_programs()
    assert folder is not None
    return str(folder / name)


DOVECOT = """\
base_dir = {home}/run
log_path = {home}/log
protocols = imap lmtp
listen = {host}
ssl = no
disable_plaintext_auth = no
auth_username_format = %Lu
mail_location = maildir:{maildirs}/%d/%n
mail_uid = {account}
mail_gid = {account}
first_valid_uid = 1
recipient_delimiter = +
default_vsz_limit = 0
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={account} gid={account} home={maildirs}/%d/%n allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    address = {host}
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = {host}
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@bengkulukota.example
}}
"""

POSTFIX = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
inet_interfaces = {host}
inet_protocols = ipv4
myhostname = mx.bengkulukota.example
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
local_transport = error:nobody lives here
default_transport = error:no way out
virtual_mailbox_domains = {domains}
virtual_transport = lmtp:inet:{host}:{lmtp}
recipient_delimiter = +
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtp_dns_support_level = disabled
local_header_rewrite_clients =
message_size_limit = 60000000
lmtp_destination_recipient_limit = 1
minimal_backoff_time = 2s
maximal_backoff_time = 5s
queue_run_delay = 2s
mailbox_size_limit = 0
"""

# Name, type, private, unprivileged, chroot (none), wakeup, most processes, program.
POSTFIX_SERVICES = """\
{host}:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
