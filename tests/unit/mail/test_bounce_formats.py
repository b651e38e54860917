"""Delivery failures as the mail servers of the world write them, with and without the fields of RFC 3464."""

import pytest

from service.mail.parse import parse
from tests.unit.mail.letters import letter, parts

DAEMON = ("From: Mail Delivery System <MAILER-DAEMON@mx.kota.test>", "Return-Path: <>")
COPY = "Return-Path: <lapor@kota.test>\nFrom: lapor@kota.test\nTo: budi@pupr.test\nMessage-ID: <surat-9@kota.test>\n"


def prose(subject: str, body: str, *headers: str) -> bytes:
    return letter(*DAEMON, f"Subject: {subject}", *headers, body=body)


def dsn(sender: str, subject: str, words: str, fields: str, *headers: str) -> bytes:
    kind, body = parts(
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}",
        f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.kota.test\r\n\r\n{fields}",
        b"Content-Type: text/rfc822-headers\r\n\r\n" + COPY.replace("\n", "\r\n").encode(),
        kind="report; report-type=delivery-status",
    )
    return letter(f"From: {sender}", f"Subject: {subject}", "Return-Path: <>", kind, *headers, body=body)


FAILED = (
    "Final-Recipient: rfc822;budi@pupr.test\r\nAction: failed\r\nStatus: 5.1.10\r\n"
    "Diagnostic-Code: smtp;550 5.1.10 tidak ada\r\n"
)
PERMANENT = {
    "qmail": prose(
        "failure notice",
        "Hi. This is the qmail-send program at mx.surel.test.\nI'm afraid I wasn't able to deliver your message to the "
        "following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<budi@pupr.test>:"
        "\n192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 unknown user\nGiving up on 192.0.2.7.\n\n"
        "--- Below this line is a copy of the message.\n\n" + COPY,
    ),
    "Exim": prose(
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
        "  budi@pupr.test\n    host mx.pupr.test [192.0.2.7]\n    SMTP error from remote mail server after RCPT TO:"
        "<budi@pupr.test>:\n    550 5.1.1 no such user\n\n------ This is a copy of the message, including all the "
        "headers. ------\n\n" + COPY,
        "Auto-Submitted: auto-replied",
    ),
    "Exim with its header": prose(
        "Mail delivery failed: returning message to sender", "Lihat di bawah.", "X-Failed-Recipients: budi@pupr.test"
    ),
    "Postfix": dsn(
        "MAILER-DAEMON@mx.kota.test (Mail Delivery System)", "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.kota.test.\n\n<budi@pupr.test>: host mx.pupr.test[192.0.2.7] said: 550\n"
        "    5.1.1 User unknown (in reply to RCPT TO command)", FAILED,
    ),
    "Postfix without its report": prose(
        "Undelivered Mail Returned to Sender",
        "This is the Postfix program at host mx.kota.test.\n\nI'm sorry to have to inform you that your message could "
        "not be delivered to one or more recipients.\n\nThe Postfix program\n\n<budi@pupr.test>: unknown user: "
        '"budi"\n',
    ),
    "Sendmail": prose(
        "Returned mail: see transcript for details",
        "The original message was received at Mon, 23 Nov 2026 12:00:00 +0700\nfrom localhost [127.0.0.1]\n\n   ----- "
        "The following addresses had permanent fatal errors -----\n<budi@pupr.test>\n    (reason: 550 5.1.1 User "
        "unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.pupr.test.:\n>>> DATA\n"
        "<<< 550 5.1.1 User unknown\n550 5.1.1 <budi@pupr.test>... User unknown\n",
    ),
    "Gmail": dsn(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)",
        "** Address not found **\n\nYour message wasn't delivered to budi@pupr.test because the address couldn't be "
        "found.\n\nThe response was:\n\n550 5.1.1 The email account that you tried to reach does not exist.", FAILED,
        "X-Failed-Recipients: budi@pupr.test", "Auto-Submitted: auto-replied", "In-Reply-To: <surat-9@kota.test>",
    ),
    "Yahoo": prose(
        "Failure Notice",
        "Sorry, we were unable to deliver your message to the following address.\n\n<budi@pupr.test>:\n554: delivery "
        "error: dd This user doesn't have a pupr.test account (budi@pupr.test) [-5] - mta4.mail.test\n\n"
        "--- Below this line is a copy of the message.\n\n" + COPY,
    ),
    "Microsoft 365": dsn(
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@kota.test>", "Undeliverable: Jalan rusak",
        "Your message to budi@pupr.test couldn't be delivered.\n\nbudi wasn't found at pupr.test.", FAILED,
        "X-MS-Exchange-Message-Is-Ndr:", "Auto-Submitted: auto-replied",
    ),
    "Exchange in Indonesian": dsn(
        "Microsoft Outlook <postmaster@kota.test>", "Tidak dapat dikirim: Jalan rusak",
        "Pengiriman ke penerima atau grup berikut gagal:\n\nbudi@pupr.test", FAILED,
    ),
    "Exchange in German": dsn(
        "postmaster@kota.test", "Unzustellbar: Jalan rusak",
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\nbudi@pupr.test", FAILED,
    ),
    "Exchange in French": dsn(
        "postmaster@kota.test", "Non remis : Jalan rusak",
        "Échec de la remise pour ces destinataires ou groupes :\n\nbudi@pupr.test", FAILED,
    ),
    "Exchange in Spanish": dsn(
        "postmaster@kota.test", "No se puede entregar: Jalan rusak",
        "No se pudo entregar el mensaje a estos destinatarios o grupos:\n\nbudi@pupr.test", FAILED,
    ),
    "Exchange in Dutch": dsn(
        "postmaster@kota.test", "Onbestelbaar: Jalan rusak", "Bezorging is mislukt.\n\nbudi@pupr.test", FAILED
    ),
    "Exchange in Japanese, without the type of its report": letter(
        "From: postmaster@kota.test", "Return-Path: <>", "Subject: 配信不能: Jalan rusak",
        'Content-Type: multipart/report; boundary="batas"',
        body=f"--batas\r\n\r\n配信に失敗しました\r\n--batas\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns;kota.test\r\n\r\n{FAILED}--batas--\r\n",
    ),
    "old Exchange without fields": letter(
        "From: System Administrator <postmaster@kota.test>", "Subject: Undeliverable: Jalan rusak",
        body="Your message\n\n  To:      budi@pupr.test\n  Subject: Jalan rusak\n  Sent:    Mon, 23 Nov 2026 12:00\n\n"
        "did not reach the following recipient(s):\n\nbudi@pupr.test on Mon, 23 Nov 2026 12:00\n    The recipient name "
        "is not recognized\n    The MTS-ID of the original message is: c=ID;a= ;p=KOTA\n",
    ),
    "Lotus Notes": letter(
        "From: Postmaster@kota.test", "Return-Path: <>", "Subject: DELIVERY FAILURE: User budi (budi@pupr.test) not "
        "listed in Domino Directory",
        body="Your message\n\n  Subject: Jalan rusak\n\nwas not delivered to:\n\n  budi@pupr.test\n\nbecause:\n\n"
        "  User budi (budi@pupr.test) not listed in Domino Directory\n",
    ),
    "GroupWise": letter(
        "From: Mailer-Daemon@kota.test", "Return-Path: <>", "Subject: Message status - undeliverable",
        body="The message that you sent was undeliverable to the following:\n\tbudi@pupr.test (mailbox not found)\n",
    ),
    "Amazon SES": dsn(
        "MAILER-DAEMON@ap-southeast-1.amazonses.test", "Delivery Status Notification (Failure)",
        "An error occurred while trying to deliver the mail to the following recipients:\nbudi@pupr.test",
        "Final-Recipient: rfc822;budi@pupr.test\r\nAction: failed\r\nStatus: 5.3.0\r\n",
    ),
    "Zimbra": dsn(
        "MAILER-DAEMON@mail.kota.test", "Undelivered Mail Returned to Sender", "<budi@pupr.test>: no such user", FAILED
    ),
    "an Indonesian daemon": prose(
        "Gagal mengirim surel",
        "Surel Anda tidak dapat dikirim ke alamat berikut:\n\nbudi@pupr.test\n\n550 5.1.1 Pengguna tidak dikenal\n",
    ),
    "fields in the readable part": letter(
        "From: postmaster@mx.test", "Return-Path: <>", "Subject: Mail delivery failed",
        body="Reporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; budi@pupr.test\nAction: failed\nStatus: 5.1.1\n",
    ),
    "hMailServer": prose(
        "Message undeliverable: Jalan rusak",
        "Your message did not reach some or all of the intended recipients.\n\n   Sent: Mon, 23 Nov 2026 12:00\n   "
        "Subject: Jalan rusak\n\nThe following recipient(s) could not be reached:\n\nbudi@pupr.test\n   Error Type: "
        "SMTP\n   Remote server replied: 550 5.1.1 unknown\n\nhMailServer\n",
    ),
    "MDaemon": prose(
        "Permanent Delivery Failure",
        "The attached message had PERMANENT fatal delivery errors!\n\nFailed address: budi@pupr.test\n\n--- Session "
        "Transcript ---\n<-- 550 5.1.1 <budi@pupr.test> unknown\n",
    ),
    "Kerio": prose(
        "Undeliverable Mail", "Your message to <budi@pupr.test> was not delivered: 550 5.1.1 Mailbox does not exist\n"
    ),
    "Courier": prose(
        "NOTICE: mail delivery status.",
        "This is a delivery status notification from mx.kota.test, running the Courier mail server.\n\nUNDELIVERABLE "
        "MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<budi@pupr.test>:\n    550 5.1.1 "
        "User unknown.\n",
    ),
    "Mail.ru": prose(
        "Mail delivery failed",
        "This message was created automatically by mail delivery software.\n\nYour message could not be delivered to "
        "the recipient budi@pupr.test: 550 5.1.1 no such user\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("server", PERMANENT)
def test_a_failure_is_understood_from(server):
    read = parse(PERMANENT[server])
    assert read.bounce is not None
    assert read.bounce.recipients == ("budi@pupr.test",)
    assert read.bounce.kind == "permanent"


@pytest.mark.parametrize("server", ["qmail", "Exim", "Postfix", "Gmail", "Yahoo"])
def test_the_mail_that_came_back_is_known_from(server):
    assert parse(PERMANENT[server]).bounce.original_message_id == "<surat-9@kota.test>"


DELAYS = {
    "Postfix": dsn(
        "MAILER-DAEMON@mx.kota.test", "Delayed Mail (still being retried)",
        "This is a warning only. You do not need to resend.\n\n<budi@pupr.test>: connection timed out",
        "Final-Recipient: rfc822; budi@pupr.test\r\nAction: delayed\r\nStatus: 4.4.1\r\n",
    ),
    "Exim": prose(
        "Warning: message 1abCDe-0001 delayed 24 hours",
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been "
        "delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.kota.test.\n\nThe "
        "address to which the message has not yet been delivered is:\n\n  budi@pupr.test\n    Delay reason: host "
        "lookup failed\n\nNo action is required on your part.\n",
    ),
    "Sendmail": prose(
        "Warning: could not send message for past 4 hours",
        "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n"
        "    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n\n   ----- The following addresses had transient "
        "non-fatal errors -----\n<budi@pupr.test>\n\n   ----- Transcript of session follows -----\n<budi@pupr.test>"
        "... Deferred: Connection timed out\nWarning: message still undelivered after 4 hours\n",
    ),
    "Microsoft 365": dsn(
        "postmaster@kota.test", "Delivery delayed: Jalan rusak", "Delivery is delayed to these recipients: budi",
        "Final-Recipient: rfc822;budi@pupr.test\r\nAction: delayed\r\nStatus: 4.4.7\r\n",
    ),
    "Gmail": dsn(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Delay)",
        "There was a temporary problem delivering your message to budi@pupr.test. Gmail will retry for 45 more hours.",
        "Final-Recipient: rfc822; budi@pupr.test\r\nAction: delayed\r\nStatus: 4.4.2\r\nWill-Retry-Until: besok\r\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("server", DELAYS)
def test_a_delay_is_no_failure_yet_from(server):
    bounce = parse(DELAYS[server]).bounce
    assert bounce is not None
    assert bounce.kind == "delayed"
    assert bounce.recipients == ("budi@pupr.test",)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("552 5.2.2 Mailbox full", "permanent"),
        ("452 4.2.2 Mailbox full, try again later", "temporary"),
        ("550 5.7.1 Message rejected as spam", "permanent"),
        ("451 4.7.1 Greylisted", "temporary"),
        ("550 Requested action not taken: mailbox unavailable", "permanent"),
    ],
)
def test_the_code_of_the_server_says_whether_it_is_worth_trying_again(words, kind):
    raw = prose("Undelivered Mail Returned to Sender", f"Your message was not delivered:\n\n<budi@pupr.test>: {words}")
    assert parse(raw).bounce.kind == kind


def test_a_report_about_several_recipients_names_all_that_failed():
    passed_on = "Final-Recipient: rfc822;hendra@pupr.test\r\nAction: relayed\r\nStatus: 2.1.9\r\n"
    fields = "\r\n".join([FAILED, FAILED.replace("budi", "rina"), passed_on])
    bounce = parse(dsn("MAILER-DAEMON@mx.kota.test", "Undelivered Mail", "", fields)).bounce
    assert bounce.recipients == ("budi@pupr.test", "rina@pupr.test")


def test_an_international_report_is_read():
    raw = dsn("MAILER-DAEMON@mx.kota.test", "Undelivered Mail", "", FAILED.replace("rfc822;", "utf-8; "))
    raw = raw.replace(b"message/delivery-status", b"message/global-delivery-status")
    assert parse(raw).bounce.recipients == ("budi@pupr.test",)


@pytest.mark.parametrize(
    "raw",
    [
        letter("From: Postmaster Kota <postmaster@kota.test>", body="Yth. warga, kotak surat kami pindah. Salam."),
        letter("From: postmaster@kota.test", "Subject: Jalan rusak", body="Tolong hubungi budi@pupr.test."),
        letter("Subject: Surat saya tidak terkirim", body="Surel ke budi@pupr.test selalu kembali."),
        letter("Subject: Re: Undeliverable: Jalan rusak", body="Apa artinya ini?\n\n> budi@pupr.test not found 550"),
        letter("Return-Path: <>", "Auto-Submitted: auto-replied", "Subject: Balasan otomatis: x", body="Saya cuti."),
        letter("Subject: Mailbox is full of spam", body="Kotak saya penuh, tulis ke sari.baru@surel.test."),
        letter("Subject: Pengiriman sampah gagal", body="Truknya rusak. Hubungi budi@pupr.test"),
    ],
)  # fmt: skip
def test_a_letter_or_an_answering_machine_is_no_failure(raw):
    assert parse(raw).bounce is None
