"""The embedded parts, as `make run` starts them."""

import sys

from deploy.local import postgres, valkey
from tests.road.parts import MAIL_ADDRESS, Parts, listens, wait_for
from tests.road.processes import ROOT, Processes, plain_environment


class EmbeddedParts(Parts):
    """PostgreSQL and Valkey from pip packages, and the local mail server."""

    name = "embedded"

    def _start(self) -> str:
        self._server = postgres.start(self.folder)
        self._processes = Processes(self.folder / "log")
        command = [sys.executable, "-m", "deploy.local.mail_server", "--home", str(self.folder)]
        command += ["--smtp", str(self.smtp_port), "--imap", str(self.imap_port), "--mail-address", MAIL_ADDRESS]
        self._processes.start("mail", command, plain_environment() | {"TUNTAS_ENV": "test"}, cwd=ROOT)
        redis_url = valkey.start(self.folder)
        wait_for(lambda: listens(self.smtp_port) and listens(self.imap_port), "the local mail server")
        return redis_url

    def database(self, name: str) -> str:
        return postgres.create_database(self._server, name)

    def stop(self) -> None:
        self._processes.end_all()
        valkey.stop(self.folder)
        postgres.stop(self.folder)
