"""Answering machines, notifications and lists as the programs of the world mark them; the filter's mark for spam."""

import pytest

from service.mail.parse import parse
from tests.unit.mail.letters import letter

MACHINES = {
    "vacation(1)": ("Auto-Submitted: auto-replied (vacation)", "Precedence: bulk"),
    "Dovecot Sieve": ("Auto-Submitted: auto-replied (vacation)", "Subject: Auto: Jalan rusak"),
    "an old vacation program": ("X-Vacation: yes", "Precedence: junk"),
    "Gmail": ("Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes", "X-Autorespond: vacation"),
    "an Exchange rule": ("X-MS-Exchange-Inbox-Rules-Loop: budi@pupr.test", "X-Auto-Response-Suppress: OOF, AutoReply"),
    "Exchange out of office": ("X-Auto-Response-Suppress: All", "Auto-Submitted: auto-generated"),
    "Lotus Notes": ("X-Autoreply: Yes", "Subject: Budi Santoso is out of the office."),
    "Lotus Notes by its words": ("Subject: AUTO: Budi Santoso is out of the office (returning 30/11/2026)",),
    "OTRS": ("Auto-Submitted: auto-generated", "X-OTRS-Loop: yes", "Precedence: bulk"),
    "Zammad": ("Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All", "X-Loop: yes"),
    "Request Tracker": ("RT-Ticket: kota.test #12", "Auto-Submitted: auto-generated", "Precedence: bulk"),
    "osTicket": ("X-Autoreply: osticket", "Precedence: auto_reply"),
    "FreeScout": ("X-FreeScout-Mail-Type: auto.reply", "Auto-Submitted: auto-replied"),
    "cPanel": ("X-Autorespond: Jalan rusak", "Precedence: auto_reply"),
    "Plesk and qmail": ("X-Autoresponder: ya",),
    "Mail.ru and Kerio": ("X-Mailer-Autoreply: yes", "X-Mail-Autoreply: yes"),
    "Google Groups' own answer": ("Auto-Submitted: auto-replied", "Precedence: bulk"),
    "Precedence with a hyphen": ("Precedence: auto-reply",),
    "Precedence in capitals": ("Precedence: Auto_Reply",),
    "a read receipt": ("Content-Type: multipart/report; report-type=disposition-notification; boundary=b",),
    "a reader's report of abuse": ("Content-Type: multipart/report; report-type=feedback-report; boundary=b",),
    "cron": ("Auto-Submitted: auto-generated", "X-Cron-Env: <SHELL=/bin/sh>"),
    "Lotus Notes of old": ("Subject: Budi Santoso is out of the office.",),
    "Thai": ("Subject: ตอบกลับอัตโนมัติ: Jalan rusak",),
    "Vietnamese": ("Subject: Trả lời tự động: Jalan rusak",),
    "an old phone app": ("Subject: Automatic reply: Jalan rusak",),
    "Indonesian Outlook": ("Subject: Balasan otomatis: Jalan rusak",),
    "Indonesian by hand": ("Subject: Jawaban otomatis",),
    "German Outlook": ("Subject: Automatische Antwort: Jalan rusak",),
    "French Outlook": ("Subject: Réponse automatique : Jalan rusak",),
    "Spanish Outlook": ("Subject: Respuesta automática: Jalan rusak",),
    "Dutch Outlook": ("Subject: Automatisch antwoord: Jalan rusak",),
    "Portuguese Outlook": ("Subject: Resposta automática: Jalan rusak",),
    "Italian Outlook": ("Subject: Risposta automatica: Jalan rusak",),
    "Malay": ("Subject: Balasan automatik: Jalan rusak",),
    "Chinese Outlook": ("Subject: 自动答复: Jalan rusak",),
    "Japanese Outlook": ("Subject: 自動応答: Jalan rusak",),
    "Russian Outlook": ("Subject: Автоматический ответ: Jalan rusak",),
    "Turkish Outlook": ("Subject: Otomatik Yanıt: Jalan rusak",),
    "an answer to an answer": ("Subject: Re: Out of Office: Jalan rusak", "Auto-Submitted: auto-replied"),
    "out of office in brackets": ("Subject: [Auto-Reply] Jalan rusak",),
}  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES)
def test_an_answer_is_seen_to_be_automatic_from(machine):
    read = parse(letter(*MACHINES[machine], body="Terima kasih, surat Anda sudah kami terima."))
    assert read.auto
    assert read.bounce is None


PEOPLE = {
    "a person whose server says no": ("Auto-Submitted: no",),
    "a mail passed on by a rule": ("Auto-Submitted: auto-forwarded",),
    "Exchange's wish alone": ("X-Auto-Response-Suppress: All",),
    "Exchange's loop mark alone": ("X-MS-Exchange-Inbox-Rules-Loop: budi@pupr.test",),
    "a delivery option alone": ("X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",),
    "an answer to a machine": ("Subject: Re: Balasan otomatis: Jalan rusak", "In-Reply-To: <a@kota.test>"),
    "a mail about holidays": ("Subject: Vacation homes on the riverbank",),
    "a mail about an office": ("Subject: Petugas sedang di luar kantor terus",),
    "a mail about a gate": ("Subject: Pintu otomatis rusak",),
    "a mail about an answer": ("Subject: Jawaban otomatis saja yang saya terima",),
    "a vacationer": ("Subject: Re: vacation",),
    "a loop mark of another list": ("X-Loop: warga@kota.test",),
    "an empty mark": ("X-Autoreply:", "X-Autorespond: no"),
    "a mail about someone out": ("Subject: Pak Lurah is out of the office during office hours",),
    "a sender with an automatic name": ("From: Otomatis Motor <auto@surel.test>",),
}


@pytest.mark.parametrize("person", PEOPLE)
def test_a_letter_is_a_persons_from(person):
    assert parse(letter(*PEOPLE[person])).auto is None


def test_a_list_is_no_answering_machine():
    read = parse(letter("List-Id: <warga.kota.test>", "List-Unsubscribe: <mailto:x@kota.test>", "Precedence: list"))
    assert read.bulk
    assert read.auto is None


OURS = "Received: from surel.test (surel.test [192.0.2.9]) by mx1.kota.test with ESMTP id 1; Mon, 23 Nov 2026"
INSIDE = "Received: from mx1.kota.test (localhost [127.0.0.1]) by imap.kota.test with LMTP; Mon, 23 Nov 2026"
THEIRS = "Received: from [10.0.0.2] by out.surel.test with ESMTPSA id 7; Mon, 23 Nov 2026"


@pytest.mark.parametrize(
    "mark",
    [
        "X-Spam-Flag: YES",
        "X-Spam-Status: Yes, score=9.1 required=5.0 tests=BAYES_99",
        "X-Spam: Yes",
        "X-Rspamd-Action: add header",
        "X-Bogosity: Spam, tests=bogofilter, spamicity=0.99",
        "X-MS-Exchange-Organization-SCL: 6",
        "X-Forefront-Antispam-Report: CIP:192.0.2.9;CTRY:ID;SFV:SPM;SCL:5",
    ],
)
def test_the_mark_of_our_own_filter_counts(mark):
    assert parse(letter(mark, OURS, THEIRS)).spam
    assert parse(letter(INSIDE, mark, OURS, THEIRS)).spam
    assert parse(letter(INSIDE, OURS, mark, THEIRS)).spam
    assert parse(letter(OURS, mark)).spam
    assert mark.partition(":")[0].lower() in parse(letter(mark)).spam.lower()


@pytest.mark.parametrize(
    "headers",
    [
        (OURS, THEIRS, "X-Spam-Flag: YES"),  # written by the sender's server, or by the sender
        (INSIDE, OURS, THEIRS, "X-Spam: Yes"),
        ("X-Spam-Flag: NO", OURS, "X-Spam-Flag: YES"),  # of one name the topmost counts
        ("X-Spam-Status: No, score=-1.0 required=5.0", OURS),
        ("X-Spam-Score: 9.1", "X-Spam-Level: *********", OURS),
        ("X-MS-Exchange-Organization-SCL: -1", "X-Rspamd-Action: no action", OURS),
        ("X-Spam-Flag:",),
    ],
)
def test_other_marks_make_no_spam(headers):
    assert parse(letter(*headers)).spam is None
