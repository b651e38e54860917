"""A Dovecot of its own for tests: one account, with what the test wants switched on or off. Needs root."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from imapclient import IMAPClient

from tests.road.parts import HOST, free_port, listens, wait_for
from tests.road.processes import Processes, plain_environment

PROGRAM = Path("/usr/sbin/dovecot")
ACCOUNT = "mail"  # owns the Maildirs; every Debian has it
USER = "lapor@bengkulukota.example"
# What Debian's Dovecot offers after login, as far as it matters here. Tests leave words out.
CAPABILITIES = "IMAP4rev1 SASL-IR LITERAL+ ENABLE IDLE NAMESPACE UIDPLUS MOVE SPECIAL-USE UNSELECT CHILDREN"


def require_dovecot() -> None:
    """Skip the test where Dovecot cannot run; fail where nothing may be missing."""
    if PROGRAM.exists() and os.geteuid() == 0:
        return
    sentence = "NOT TESTED on Dovecot: it is not installed, or this is not root"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


class Dovecot:
    """A running server. `folder` holds its files, `maildir` the mails of USER."""

    def __init__(self, folder: Path, more: str = "", query: str = "") -> None:
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        self.maildir = folder / "mail" / USER
        self.url = f"imap://{quote(USER, safe='')}:any@{HOST}:{self.port}/INBOX{query}"
        self._more = more
        self._processes = Processes(folder / "log")

    def start(self) -> None:
        """Start, or start anew with the mails of before."""
        mails = self.folder / "mail"
        mails.mkdir(exist_ok=True)
        shutil.chown(mails, ACCOUNT, ACCOUNT)
        account = pwd.getpwnam(ACCOUNT)
        (self.folder / "dovecot.conf").write_text(
            SETTINGS.format(
                home=self.folder, mails=mails, uid=account.pw_uid, gid=account.pw_gid, host=HOST, port=self.port,
                tls_port=self.tls_port if "ssl = " in self._more else 0,
            )
            + ("" if "passdb" in self._more else ANY_PASSWORD)
            + ("" if "ssl = " in self._more else "ssl = no\n")
            + self._more.replace("HOME", str(self.folder))
        )  # fmt: skip
        command = [str(PROGRAM), "-F", "-c", str(self.folder / "dovecot.conf")]
        self._processes.start("dovecot", command, plain_environment())
        wait_for(lambda: listens(self.port), "Dovecot")

    def stop(self) -> None:
        """End it and all its connections."""
        self._processes.end_all()

    def admin(self, *words: str) -> str:
        """What `doveadm` says to these words."""
        command = ["doveadm", "-c", str(self.folder / "dovecot.conf"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    @contextmanager
    def client(self, folder: str = "INBOX", readonly: bool = False) -> Iterator[IMAPClient]:
        """Another program that looks into the mailbox."""
        client = IMAPClient(HOST, port=self.port, ssl=False, timeout=20)
        try:
            client.login(USER, "any")
            client.select_folder(folder, readonly=readonly)
            yield client
        finally:
            client.logout()

    def deliver(self, *raws: bytes, folder: str = "INBOX") -> None:
        """Put mails into a folder."""
        with self.client() as client:
            for raw in raws:
                client.append(folder, raw)

    def drop(self, *raws: bytes) -> None:
        """Put mails into the inbox's files, past all rights and quotas, as a delivery does."""
        for name in ("cur", "new", "tmp"):
            (self.maildir / name).mkdir(parents=True, exist_ok=True)
        for raw in raws:
            path = self.maildir / "new" / f"{time.time_ns()}.M{len(raw)}.tests"
            path.write_bytes(raw)
        for path in (self.maildir, *self.maildir.rglob("*")):
            shutil.chown(path, ACCOUNT, ACCOUNT)

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """The subjects of the mails that lie in a folder; none when there is no such folder."""
        with self.client(readonly=True) as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["ENVELOPE"])
            return sorted(data[b"ENVELOPE"].subject.decode() for data in found.values())


@contextmanager
def dovecot(more: str = "", query: str = "") -> Iterator[Dovecot]:
    """A server with these lines added to its settings."""
    require_dovecot()
    # A short path: unix sockets allow only about a hundred bytes. Other accounts must pass through it.
    folder = Path(tempfile.mkdtemp(prefix="dove-", dir="/tmp"))
    folder.chmod(0o755)
    server = Dovecot(folder, more, query)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def without(*words: str) -> str:
    """The setting that leaves capabilities out; their commands are not used by a client that keeps to it."""
    return f"imap_capability = {' '.join(word for word in CAPABILITIES.split() if word not in words)}\n"


ANY_PASSWORD = """\
passdb {
  driver = static
  args = nopassword=y
}
"""
SETTINGS = """\
base_dir = {home}/run
log_path = {home}/dovecot.log
protocols = imap
listen = {host}
disable_plaintext_auth = no
auth_username_format = %Lu
mail_location = maildir:{mails}/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
default_vsz_limit = 0
mail_max_userip_connections = 100
auth_failure_delay = 0
mail_fsync = never
namespace inbox {{
  inbox = yes
  mailbox Spam {{
    special_use = \\Junk
    auto = no
  }}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mails}/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    address = {host}
    port = {port}
  }}
  inet_listener imaps {{
    address = {host}
    port = {tls_port}
  }}
}}
"""
