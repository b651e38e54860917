"""What is no person's letter: delivery status, automatic replies, bulk."""

import pytest

from service.mail.parse import parse
from tests.unit.mail.letters import letter, parts


def report(action="failed", status="5.1.1") -> bytes:
    kind, body = parts(
        "\r\nThis is the mail system. Your message could not be delivered.\r\n",
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.kota.test\r\n\r\n"
        f"Final-Recipient: rfc822; Budi@PUPR.test\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <budi@pupr.test>: tidak\r\n dikenal\r\n",
        b"Content-Type: message/rfc822\r\n\r\n" + letter("Message-ID: <surat-7@kota.test>"),
        kind="report; report-type=delivery-status",
    )
    return letter(
        "From: MAILER-DAEMON@mx.kota.test", "Return-Path: <>", "Subject: Undelivered Mail Returned to Sender", kind,
        body=body,
    )  # fmt: skip


def test_a_delivery_status_names_recipient_mail_and_reason():
    bounce = parse(report()).bounce
    assert (bounce.kind, bounce.recipients, bounce.status) == ("permanent", ("budi@pupr.test",), "5.1.1")
    assert bounce.original_message_id == "<surat-7@kota.test>"
    assert bounce.diagnostic == "550 5.1.1 <budi@pupr.test>: tidak dikenal"


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [("failed", "5.2.1", "permanent"), ("failed", "4.4.7", "temporary"), ("delayed", "4.4.1", "delayed"),
     ("failed", "", "permanent")],
)  # fmt: skip
def test_the_kind_of_a_bounce_follows_action_and_status(action, status, kind):
    assert parse(report(action, status)).bounce.kind == kind


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_good_news_is_no_bounce(action):
    assert parse(report(action, "2.0.0")).bounce is None


def test_a_bounce_in_prose_is_understood():
    body = (
        "Hi. This is the qmail-send program at mx.kota.test.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<budi@pupr.test>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "--- Below this line is a copy of the message.\n\nReturn-Path: <lapor@kota.test>\n"
        "Message-ID: <surat-8@kota.test>\n"
    )
    bounce = parse(
        letter("From: MAILER-DAEMON@mx.kota.test", "Return-Path: <>", "Subject: failure notice", body=body)
    ).bounce
    assert bounce.recipients == ("budi@pupr.test",)
    assert (bounce.kind, bounce.original_message_id) == ("permanent", "<surat-8@kota.test>")


def test_exim_names_the_recipient_in_a_header():
    raw = letter(
        "From: Mail Delivery System <Mailer-Daemon@mx.kota.test>",
        "X-Failed-Recipients: Budi@PUPR.test",
        "Auto-Submitted: auto-replied",
        "Subject: Mail delivery failed: returning message to sender",
    )
    assert parse(raw).bounce.recipients == ("budi@pupr.test",)


@pytest.mark.parametrize(
    "raw",
    [
        letter("Subject: Re: Undelivered Mail Returned to Sender", body="Surel ke budi@pupr.test kembali: 550 5.1.1"),
        letter("Subject: Fwd: failure notice", body="<budi@pupr.test>: 550 user unknown"),
        letter("Subject: Pengiriman sampah tertunda", body="Truk tidak datang."),
        letter("Subject: Delivery failed", body="Kiriman paket pos saya hilang, alamat sari@surel.test"),
        letter("From: bounty@surel.test", body="Jalan rusak"),
    ],
)
def test_a_person_who_writes_about_bounces_is_no_bounce(raw):
    assert parse(raw).bounce is None
    assert parse(raw).auto is None


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: Auto-Generated; owner-email=x",
        "Auto-Submitted: auto-replied (zimbra; vacation)",
        "Auto-Submitted: auto-notified",
        "X-Autoreply: yes",
        "X-Autorespond: ya",
        "Precedence: auto_reply",
        "X-MS-Exchange-Inbox-Rules-Loop: sari@surel.test\r\nX-Auto-Response-Suppress: All",
        "Subject: Automatic reply: Jalan rusak",
        "Subject: Balasan otomatis: Jalan rusak",
        "Subject: [Out of Office] Jalan rusak",
        "Subject: Out of office",
        "Return-Path: <>\r\nIn-Reply-To: <a@kota.test>",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
    ],
)
def test_automatic_mail_says_why(header):
    read = parse(letter(header))
    assert read.auto
    assert read.bounce is None


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: NO (a person)",
        "Auto-Submitted: auto-forwarded",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: no",
        "Precedence: bulk",
        "Subject: Automatic traffic light rusak",
        "Subject: Out of office hours jalan gelap",
        "Return-Path: <>",
    ],
)
def test_people_are_not_taken_for_machines(header):
    assert parse(letter(header)).auto is None


@pytest.mark.parametrize(
    "header", ["List-Id: <warga.kota.test>", "Precedence: bulk", "List-Unsubscribe: <mailto:x@y.test>"]
)
def test_bulk_mail_says_why(header):
    assert parse(letter(header)).bulk
    assert parse(letter()).bulk is None
