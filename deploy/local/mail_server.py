"""A mail server for one machine: SMTP in (aiosmtpd), IMAP out (pymap), in one process on loopback.

    python -m deploy.local.mail_server --home var --smtp 2525 --imap 1143 --mail-address lapor@bengkulukota.example

It takes mail for any address. Mail to MAIL_ADDRESS and its plus-addresses lies in that one mailbox, everybody else has
one of their own; anybody may log in over IMAP with the address and any password. An accepted mail is on disk before
the sender hears 250, and is served again after a restart with the same INTERNALDATE (moves, flags and deletions made
over IMAP are forgotten, and UIDVALIDITY is new: readers must cope with that anyway). For tests, a recipient whose
local part starts with `bounce550` or `defer451` is refused with that code.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from argparse import Namespace
from functools import partial
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Identity, Login
from pymap.imap import IMAPServer
from pymap.user import UserMetadata

from deploy.local import imap_mailbox
from deploy.local.store import Kept, Store, mailbox_of
from service import clock

HOST = "127.0.0.1"
SIZE_LIMIT = 50_000_000
REFUSALS = {
    "bounce550": "550 5.1.1 No such mailbox here",
    "defer451": "451 4.3.0 Mailbox is busy, try again later",
}
log = logging.getLogger("mail_server")


class AnybodyLogin(Login):
    """pymap's table of accounts, in which every address has one and every password is right."""

    def __init__(self, config: Config, mail_address: str) -> None:
        super().__init__(config)
        self.mail_address = mail_address

    def account(self, address: str) -> Identity:
        """The account behind an address, opened on first use."""
        name = mailbox_of(address, self.mail_address)
        self.users_dict.setdefault(name, UserMetadata(self.config, name))
        return Identity(name, self, None, frozenset())

    async def authenticate(self, credentials) -> Identity:
        """Let anybody in; called by pymap."""
        return self.account(credentials.authcid)

    async def authorize(self, authenticated: Identity, authzid: str) -> Identity:
        """Let anybody act as anybody; called by pymap. The two differ when an address has capitals or a plus."""
        del authenticated
        return self.account(authzid)


class Delivery:
    """What aiosmtpd calls for each mail: keep it on disk, then show it to IMAP."""

    def __init__(self, store: Store, login: AnybodyLogin) -> None:
        self.store = store
        self.login = login
        self.turn = asyncio.Lock()  # mailboxes fill in the order of the file numbers

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list
    ) -> str:
        """Accept any recipient but the two kinds that tests use."""
        for start, refusal in REFUSALS.items():
            if address.lower().startswith(start):
                return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """One copy for each mailbox among the recipients."""
        sender = (envelope.mail_from or "").strip("<>")  # aiosmtpd leaves the brackets of the empty one
        recipients: dict[str, str] = {}
        for address in envelope.rcpt_tos:
            recipients.setdefault(mailbox_of(address, self.login.mail_address), address)
        for mailbox, recipient in recipients.items():
            head = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode("utf-8", "surrogateescape")
            raw = head + (envelope.original_content or b"")
            async with self.turn:
                mail = await asyncio.to_thread(
                    self.store.keep, raw, mailbox, recipient.lower(), sender.lower(), clock.now()
                )
                await self.show(mail)
        return "250 2.0.0 OK"

    async def show(self, mail: Kept) -> None:
        """Put a kept mail into its IMAP mailbox."""
        async with self.login.account(mail.mailbox).new_session() as session:
            await imap_mailbox.add(await session.mailbox_set.get_mailbox("INBOX"), self.store, mail)


class WholeResponses:
    """A StreamWriter that sends what pymap writes in one piece, once it drains.

    pymap writes a line in several; IMAPClient's idle_check then takes the first half for the whole.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        """Keep for later."""
        self._waiting += data

    async def drain(self) -> None:
        """Send all that was written."""
        self._writer.write(bytes(self._waiting))
        self._waiting.clear()
        await self._writer.drain()

    def close(self) -> None:
        """End the connection."""
        self._writer.close()


class Door(SMTP):
    """aiosmtpd's server; real ones take lines longer than RFC 5321 demands, so this one does."""

    line_length_limit = 1_000_000


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mail_server", description="Local mail server")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--smtp", type=int, default=2525)
    parser.add_argument("--imap", type=int, default=1143)
    parser.add_argument("--mail-address", required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells every step
    try:
        asyncio.run(_serve(options))
    except OSError as error:
        sys.exit(f"The mail server cannot start: {error.strerror or error}.")


async def _serve(options: Namespace) -> None:
    _keep_tasks_alive(asyncio.get_running_loop())
    config = _imap_config(options)
    login = AnybodyLogin(config, options.mail_address.lower())
    delivery = Delivery(Store(options.home), login)
    config.apply_context()
    names = delivery.store.names()
    for name in names:
        await delivery.show(delivery.store.read(name))
    await asyncio.start_server(partial(_answer_imap, IMAPServer(login, config)), HOST, options.imap)
    await asyncio.get_running_loop().create_server(lambda: _door(delivery), HOST, options.smtp)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    log.info("SMTP on %s:%s, IMAP on %s:%s, %s mails kept", HOST, options.smtp, HOST, options.imap, len(names))
    await stop.wait()
    # Every accepted mail is on disk; waiting for idle connections to leave would only take time.
    logging.shutdown()
    os._exit(0)


async def _answer_imap(server: IMAPServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server(reader, WholeResponses(writer), SocketInfoLocal(writer))  # type: ignore[arg-type]


def _door(delivery: Delivery) -> Door:
    return Door(
        delivery,
        enable_SMTPUTF8=True,
        decode_data=False,
        hostname="localhost",
        data_size_limit=SIZE_LIMIT,
        auth_require_tls=False,
        authenticator=lambda *_: AuthResult(success=True),
    )


def _imap_config(options: Namespace) -> Config:
    arguments = Namespace(
        host=HOST, port=options.imap, cert=None, key=None, tls=False, debug=False, passlib_cfg=None,
        proxy_protocol=None, demo_data=False, demo_user="", demo_password="", skip_services=[], inherited_sockets=None,
    )  # fmt: skip
    return Config.from_args(arguments)


def _keep_tasks_alive(loop: asyncio.AbstractEventLoop) -> None:
    """Hold every task until it is done: pymap does not, and from Python 3.13 on its IDLE would be collected."""
    running: set[asyncio.Task] = set()

    def make(loop: asyncio.AbstractEventLoop, coroutine, **options) -> asyncio.Task:
        task = asyncio.Task(coroutine, loop=loop, **options)
        running.add(task)
        task.add_done_callback(running.discard)
        return task

    loop.set_task_factory(make)


if __name__ == "__main__":
    main()
