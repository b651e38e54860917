"""The local mail server: in by SMTP, out by IMAP, kept over a restart."""

import signal
import smtplib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from imapclient import IMAPClient

from deploy.local.store import Store, mailbox_of
from tests.local.conftest import MailServer

# What a mail may hold: dots at line starts, 8-bit, a NUL, a long line, no From.
ODD = b"Subject: =?utf-8?q?lampu_mati?=\r\n\r\n.satu\r\n..dua\r\n.\r\nbyte \xff\x00\r\n" + b"x" * 5000 + b"\r\n"


def send(server: MailServer, raw: bytes, *recipients: str, sender: str = "sari@warga.example") -> None:
    with smtplib.SMTP("127.0.0.1", server.smtp, timeout=10) as client:
        client.sendmail(sender, recipients or ["lapor@kota.example"], raw)


@contextmanager
def mailbox(server: MailServer, user: str = "lapor@kota.example") -> Iterator[IMAPClient]:
    with IMAPClient("127.0.0.1", server.imap, ssl=False, timeout=10) as client:
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.login(user, "apa saja")
        client.select_folder("INBOX")
        yield client


def bodies(client: IMAPClient) -> list[bytes]:
    return [mail[b"BODY[]"] for mail in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]


def test_a_mail_comes_out_as_it_went_in(mail_server: MailServer) -> None:
    send(mail_server, ODD, "Lapor+PUPR@kota.example")
    with mailbox(mail_server) as client:
        head = b"Return-Path: <sari@warga.example>\r\nDelivered-To: Lapor+PUPR@kota.example\r\n"
        assert bodies(client) == [head + ODD]


def test_everybody_has_a_mailbox_and_plus_addresses_share_one(mail_server: MailServer) -> None:
    send(mail_server, b"Subject: a\r\n\r\n", "lapor+a@kota.example", "lapor+b@kota.example", "budi+x@dinas.example")
    with mailbox(mail_server, "LAPOR+apa@kota.example") as client:
        assert len(bodies(client)) == 1
    with mailbox(mail_server, "budi+x@dinas.example") as client:
        assert len(bodies(client)) == 1
    with mailbox(mail_server, "budi@dinas.example") as client:
        assert bodies(client) == []


def test_mails_are_kept_over_a_kill_with_their_time_of_arrival(mail_server: MailServer) -> None:
    mail_server.stop()
    mail_server.start(clock="2026-11-20T07:00+07:00")
    send(mail_server, ODD)
    with mailbox(mail_server) as client:
        before = client.fetch(client.search(), ["INTERNALDATE", "BODY.PEEK[]"])
    mail_server.stop(signal.SIGKILL)
    mail_server.start()
    with mailbox(mail_server) as client:
        after = client.fetch(client.search(), ["INTERNALDATE", "BODY.PEEK[]"])
    assert [*after.values()] == [*before.values()]
    (mail,) = after.values()
    assert mail[b"INTERNALDATE"].isoformat().startswith("2026-11-20T0")
    send(mail_server, b"Subject: kedua\r\n\r\n")
    assert Store(mail_server.home).names() == ["000001", "000002"]


def test_a_new_mail_is_pushed_to_those_who_idle(mail_server: MailServer) -> None:
    with mailbox(mail_server) as client:
        client.idle()
        began = time.monotonic()
        send(mail_server, b"Subject: a\r\n\r\n")
        assert (1, b"EXISTS") in client.idle_check(5)
        assert time.monotonic() - began < 1
        client.idle_done()


def test_pushed_lines_arrive_whole(mail_server: MailServer) -> None:
    """IMAPClient's idle_check takes the first half of a line for the whole."""
    with socket.create_connection(("127.0.0.1", mail_server.imap), timeout=5) as client:
        for command in (b"1 LOGIN lapor@kota.example x", b"2 SELECT INBOX", b"3 IDLE"):
            client.recv(4096)
            client.sendall(command + b"\r\n")
        client.recv(4096)
        for number in range(1, 30):
            send(mail_server, b"Subject: a\r\n\r\n")
            seen = b""
            while b"* %d FETCH" % number not in seen:
                seen = client.recv(4096)
                assert seen.endswith(b"\r\n")


def test_mails_can_be_moved(mail_server: MailServer) -> None:
    send(mail_server, ODD)
    with mailbox(mail_server) as client:
        assert {b"MOVE", b"UIDPLUS", b"IDLE"} <= set(client.capabilities())
        client.create_folder("Arsip")
        client.move(client.search(), "Arsip")
        assert client.search() == []
        client.select_folder("Arsip")
        (moved,) = client.fetch(client.search(["SUBJECT", "lampu"]), ["ENVELOPE", "BODY[]"]).values()
        assert moved[b"ENVELOPE"].subject == b"lampu mati"  # pymap decodes it
        assert moved[b"BODY[]"].endswith(ODD)


@pytest.mark.parametrize(("address", "code"), [("bounce550@a.example", 550), ("Defer451.dinas@a.example", 451)])
def test_two_kinds_of_recipients_are_refused(mail_server: MailServer, address: str, code: int) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mail_server, ODD, address)
    assert refused.value.recipients[address][0] == code


def test_a_mail_of_40_megabytes_is_taken_and_one_of_51_is_not(mail_server: MailServer) -> None:
    send(mail_server, b"\r\n" + (b"x" * 998 + b"\r\n") * 40_000)
    with pytest.raises(smtplib.SMTPSenderRefused):
        send(mail_server, b"\r\n" + (b"x" * 998 + b"\r\n") * 51_000)
    assert len(Store(mail_server.home).names()) == 1


def test_an_empty_mail_and_an_empty_sender_are_taken(mail_server: MailServer) -> None:
    send(mail_server, b"", sender="")
    with mailbox(mail_server) as client:
        assert bodies(client)[0].startswith(b"Return-Path: <>\r\nDelivered-To: lapor@kota.example\r\n")


def test_it_ends_at_once_though_somebody_idles(mail_server: MailServer) -> None:
    with mailbox(mail_server) as client:
        client.idle()
        began = time.monotonic()
        assert mail_server.stop() == 0
        assert time.monotonic() - began < 1


def test_only_the_governments_plus_addresses_are_one_mailbox() -> None:
    assert mailbox_of(" Lapor+r-1@Kota.example", "lapor@kota.example") == "lapor@kota.example"
    assert mailbox_of("laporan@kota.example", "lapor@kota.example") == "laporan@kota.example"
    assert mailbox_of("lapor@kota2.example", "lapor@kota.example") == "lapor@kota2.example"
