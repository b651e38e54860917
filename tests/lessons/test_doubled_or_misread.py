"""Mail taken twice, tied to the wrong case or to none, or misread (docs/mail.md, items 19 to 23)."""

import threading
from email.header import Header
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from service.agencies.directory import Directory
from service.complaints.history import events_of, messages_of
from service.complaints.records import Complaint
from service.database import transaction
from service.intake import process
from service.mail.message import Message
from tests.lessons.imap_server import ImapServer
from tests.lessons.post import LAPOR, SARI, Post, cases, connect, judge, outbound
from tests.mails import mail

pytestmark = pytest.mark.usefixtures("directory")
LAMP = mail(SARI, LAPOR, "Lampu 1", "Lampu jalan padam di Jalan Salak.")


def kinds() -> list[str]:
    """Of all letters."""
    return sorted(row.kind for row in outbound())


@pytest.mark.parametrize("answer", ["NO [UNAVAILABLE] could not save", "BAD command"])
def test_an_error_of_the_mailbox_after_the_import_makes_no_second_complaint(answer: str, imap: ImapServer) -> None:
    imap.deliver(LAMP)
    imap.trouble = lambda command: answer if "UID MOVE" in command or "UID STORE" in command else None
    for _ in range(4):
        connect(imap.url)
        judge()
    imap.trouble = lambda command: None
    connect(imap.url)
    judge()
    assert len(cases()) == 1
    assert kinds() == ["acknowledgement", "assignment"]


def test_two_workers_at_once_make_one_complaint_of_one_mail(app: Flask, post: Post) -> None:
    post.folder.deliver(LAMP, post.clock())
    for raw in (mail(f"w{n}@warga.example", LAPOR, f"Lampu {n}", f"Lampu {n} padam.") for n in range(2, 8)):
        post.folder.deliver(raw, post.clock())
    judging, process.turn = process.turn, lambda _: 0  # poll only
    try:
        post.receive()
    finally:
        process.turn = judging
    gate = threading.Barrier(3)

    def work() -> None:
        with app.app_context():
            gate.wait()
            judge()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(case.subject for case in cases()) == [f"Lampu {n}" for n in range(1, 8)]


@pytest.mark.parametrize("how", ["one for each", "one for all"])
def test_one_mail_to_two_departments_leaves_neither_in_the_dark(how: str, post: Post, directory: Directory) -> None:
    to = "lapor+pupr@bengkulukota.example, lapor+dlh@bengkulukota.example"
    raw = mail(SARI, to, "Drainase", "Sampah menyumbat drainase.")
    copies = {
        "one for each": [
            b"Delivered-To: lapor+%b@bengkulukota.example\r\n%b" % (tag, raw) for tag in (b"pupr", b"dlh")
        ],
        "one for all": [raw],  # as many servers do, where both addresses are those of one mailbox
    }
    for copy in copies[how] * 2:
        post.receive(copy)
    post.send()
    assert sorted(directory.unit(case.agency_id).code for case in cases()) == ["dlh", "pupr"]
    assert [len(post.smtp.to(directory.by_code[code].inbox)) for code in ("pupr", "dlh")] == [1, 1]


@pytest.fixture
def assignment(post: Post, directory: Directory) -> Message:
    """Sari's mail about a road lies with PUPR; the letter that PUPR got of it."""
    post.receive(mail(SARI, LAPOR, "Jalan rusak", "Jalan berlubang di depan pasar."))
    post.send()
    return post.smtp.to(directory.by_code["pupr"].inbox)[0]


def acts() -> list[str]:
    """What happened to the only case."""
    with transaction() as session:
        return [event.kind for event in events_of(session, session.scalars(select(Complaint)).one())]


def test_the_same_answer_received_twice_is_passed_on_once(
    post: Post, directory: Directory, assignment: Message
) -> None:
    words = mail(directory.by_code["pupr"].inbox, assignment.reply_to[0], "Re: Jalan rusak", "Kami tambal besok.")
    post.receive(b"Received: from a by mx1; Mon, 23 Nov 2026 08:00:00 +0700\r\n" + words)
    post.send()
    post.clock.advance(minutes=30)
    post.receive(b"Received: from b by mx2; Mon, 23 Nov 2026 08:30:00 +0700\r\n" + words)
    post.send()
    assert acts() == ["open", "assign", "respond"]
    assert [letter.subject for letter in post.smtp.to("sari@warga.example")].count("") == 0
    assert kinds().count("answer") == 1


def replies(directory: Directory, letter: Message, number: str) -> dict[str, bytes]:
    """How an answer may find its way back, the signed address first, then ever less of it."""
    budi, again = directory.by_code["pupr"].inbox, "Kami tambal besok."
    root = letter.references[0]
    return {
        "signed address": mail(budi, letter.reply_to[0], "Jawaban", again),
        "signed address in capitals": mail(budi, letter.reply_to[0].upper(), "Jawaban", again),
        "signed address in Cc": mail(budi, "sekda@kota.example", "Jawaban", again, Cc=letter.reply_to[0]),
        "In-Reply-To": mail(budi, LAPOR, "Jawaban", again, In_Reply_To=letter.message_id),
        "References alone": mail(budi, LAPOR, "Jawaban", again, References=f"<x@y.example> {letter.message_id}"),
        "the thread's root": mail(budi, LAPOR, "Jawaban", again, References=root),
        "the number alone": mail(budi, LAPOR, f"RE: Bls: [{number}] Jalan rusak", again),
    }


WAYS = ("signed address", "signed address in capitals", "signed address in Cc", "In-Reply-To", "References alone",
        "the thread's root", "the number alone")  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_reply_opens_no_new_complaint(way: str, post: Post, directory: Directory, assignment: Message) -> None:
    post.receive(replies(directory, assignment, cases()[0].number)[way])
    assert acts() == ["open", "assign", "respond"]


@pytest.mark.parametrize("way", ["References alone", "the number alone"])
def test_a_citizens_reply_opens_no_new_complaint(way: str, post: Post, assignment: Message) -> None:
    receipt = post.smtp.to("sari@warga.example")[0]
    headers = {"References": receipt.message_id} if way == "References alone" else {}
    subject = "Kabar?" if headers else f"Tanya {cases()[0].number}"
    post.receive(mail(SARI, LAPOR, subject, "Kapan diperbaiki?", **headers))
    assert acts() == ["open", "assign", "follow_up"]


def _encoded(charset: str, encoding: str, words: str) -> bytes:
    """A mail whose headers and body are in this charset and transfer encoding."""
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = SARI, LAPOR, "<kata@warga.example>"
    message.set_content(words, charset=charset, cte=encoding)
    subject = Header(words.split(".")[0], charset, maxlinelen=500).encode()
    return b"Subject: " + subject.encode() + b"\r\n" + message.as_bytes().replace(b"\n", b"\r\n")


WORDS = {
    ("utf-8", "quoted-printable"): "Café di\u00a0Jalan Salak, 30\u00a0m². Bau sekali – “busuk”.",
    ("utf-8", "base64"): "Café di\u00a0Jalan Salak 30\u00a0m². Naïve.",
    ("utf-8", "8bit"): "Jalan Déwi Sartika rusak. Tôlong.",
    ("iso-8859-1", "quoted-printable"): "Lampu di Café Nusantara\u00a0padam. Señor.",
    ("windows-1252", "8bit"): "Harga “resmi” – 5\u00a0€. Pungli.",
    ("koi8-r", "base64"): "Дорога разбита. Помогите.",
    ("koi8-r", "8bit"): "Дорога разбита. Помогите.",
    ("iso-2022-jp", "7bit"): "道路が壊れています. 助けて.",
    ("big5", "base64"): "道路壞了. 幫忙.",
}
RESIDUE = ("=C2", "=A0", "=E2", "=?", "Ã", "Â", "�", "&nbsp;", "\\x")


@pytest.mark.parametrize("how", WORDS, ids=" ".join)
def test_no_residue_of_an_encoding_reaches_case_or_letter(
    how: tuple[str, str], post: Post, directory: Directory
) -> None:
    words = WORDS[how]
    post.receive(_encoded(*how, words))
    post.send()
    (case,) = cases()
    with transaction() as session:
        kept = messages_of(session, session.get_one(Complaint, case.id))[0].text
    letter = post.smtp.to(directory.unit(case.agency_id).inbox)[0]
    told = [case.subject, letter.subject, post.smtp.to("sari@warga.example")[0].text, kept, letter.text]
    assert [mark for mark in RESIDUE for each in told if mark in each] == []
    subject, ending = words.replace("\u00a0", " ").split(". ")
    assert subject in case.subject.replace("\u00a0", " ")
    assert ending in kept
    assert ending in letter.text
