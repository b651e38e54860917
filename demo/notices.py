"""Telling the mails of Tuntas apart by what a reader sees: their first line, subject and recipient. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ACKNOWLEDGEMENT, FORWARDED, ANSWER, REJECTION = "acknowledgement", "forwarded", "answer", "rejection"
ASSIGNMENT, DESK_CASE, DECLINED, FOLLOW_UP = "assignment", "desk_case", "declined", "follow_up"
REMINDER, BREACH, ESCALATION, WITHDRAWAL = "reminder", "breach", "escalation", "withdrawal"
DIGEST_HEAD, DIGEST_LEADER = "digest_head", "digest_leader"
UNDELIVERED, INBOX_PROBLEM = "undelivered", "inbox_problem"

_NUMBER = re.compile(r"\b[A-Z]{2,6}-\d\d-\d{5,}\b")
# What the first line of a letter about a case says ("Hal: …": its subject is the case's), or the subject of another.
_KINDS = (
    (re.compile(r"^Pengaduan Anda kami terima"), ACKNOWLEDGEMENT),
    (re.compile(r"^Pengaduan Anda diteruskan"), FORWARDED),
    (re.compile(r"^Pengaduan Anda tidak dapat kami tangani"), REJECTION),
    (re.compile(r"^Jawaban dari"), ANSWER),
    (re.compile(r"^Pengaduan baru"), ASSIGNMENT),
    (re.compile(r"^Perlu dipilah"), DESK_CASE),
    (re.compile(r"^Pelapor menulis lagi"), FOLLOW_UP),
    (re.compile(r"^Pengingat"), REMINDER),
    (re.compile(r"^Pemberitahuan keterlambatan dicabut"), WITHDRAWAL),
    (re.compile(r"^Pemberitahuan keterlambatan"), BREACH),
    (re.compile(r"^Belum dijawab"), ESCALATION),
    (re.compile(r"^Bukan kewenangan kami"), DECLINED),
    (re.compile(r"^Rekapitulasi .*, (?:Kota|Kabupaten|Provinsi|Kab\.) [^,]*$"), DIGEST_LEADER),
    (re.compile(r"^Rekapitulasi "), DIGEST_HEAD),
    (re.compile(r"^Surat tidak sampai"), UNDELIVERED),
    (re.compile(r"^Kotak surat .* menolak surat"), INBOX_PROBLEM),
)
KINDS = tuple(kind for _, kind in _KINDS)


@dataclass(frozen=True)
class Notice:
    """A mail as its reader sees it. `received` is civil time; `kind` is "" for a mail that is not one of Tuntas's."""

    id: str
    kind: str
    number: str
    sender: str
    sender_name: str
    to: str
    reply_to: str
    subject: str
    text: str
    message_id: str
    references: tuple[str, ...]
    received: datetime
    point: str = ""


def notice(mail: dict[str, Any], mail_address: str) -> Notice:
    """Read one mail of `/mailbox/api/messages`; only `mail_address` writes mails that have a kind."""
    subject = " ".join((mail["subject"] or "").split())
    ours = mail["from"] == mail_address
    number = _NUMBER.search(subject)
    point = point_of(subject, mail["text"] or "")
    return Notice(
        id=mail["id"],
        kind=kind_of(point) if ours else "",
        number=number[0] if number else "",
        sender=mail["from"],
        sender_name=mail.get("from_name") or "",
        to=mail["to"],
        reply_to=mail["reply_to"] or mail["from"],
        subject=subject,
        text=mail["text"] or "",
        message_id=mail["message_id"] or "",
        references=tuple(mail.get("references") or ()),
        received=datetime.fromisoformat(mail["received"]),
        point=point,
    )


def point_of(subject: str, text: str) -> str:
    """What a letter is about: its first line where that says so, else its subject."""
    first = text.lstrip().partition("\n")[0]
    return first.removeprefix("Hal: ").strip() if first.startswith("Hal: ") else subject


def kind_of(point: str) -> str:
    """The kind of one of our mails, by what it is about."""
    return next((kind for pattern, kind in _KINDS if pattern.match(point)), "")


def plain(text: str) -> str:
    """Words only, lower case: how texts are compared, however they were wrapped on their way."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))
