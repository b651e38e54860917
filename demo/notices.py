"""Telling the mails of Tuntas apart by what a reader sees: subject and recipient. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ACKNOWLEDGEMENT, FORWARDED, ANSWER, REJECTION = "acknowledgement", "forwarded", "answer", "rejection"
ASSIGNMENT, DESK_CASE, DECLINED, FOLLOW_UP = "assignment", "desk_case", "declined", "follow_up"
REMINDER, BREACH, ESCALATION, WITHDRAWAL = "reminder", "breach", "escalation", "withdrawal"
DIGEST_HEAD, DIGEST_LEADER, UNDELIVERED = "digest_head", "digest_leader", "undelivered"

_NUMBER = re.compile(r"\b[A-Z]{2,6}-\d\d-\d{5,}\b")
# Asked in this order: a citizen's own subject may stand behind the words of ours.
_KINDS = (
    (re.compile(r"^\[\S+\] Pengaduan Anda kami terima"), ACKNOWLEDGEMENT),
    (re.compile(r"^\[\S+\] Pengaduan Anda diteruskan"), FORWARDED),
    (re.compile(r"^\[\S+\] Pengaduan Anda tidak dapat kami tangani"), REJECTION),
    (re.compile(r"^\[\S+\] Jawaban dari"), ANSWER),
    (re.compile(r"^\[\S+\] Pengaduan untuk"), ASSIGNMENT),
    (re.compile(r"^\[\S+\] Perlu dipilah"), DESK_CASE),
    (re.compile(r"^\[\S+\] Pelapor menulis lagi"), FOLLOW_UP),
    (re.compile(r"^\[\S+\] Pengingat"), REMINDER),
    (re.compile(r"^\[\S+\] Pemberitahuan keterlambatan dicabut"), WITHDRAWAL),
    (re.compile(r"^\[\S+\] Pemberitahuan keterlambatan"), BREACH),
    (re.compile(r"^\[\S+\] Belum dijawab"), ESCALATION),
    (re.compile(r"^\[\S+\] .*: bukan kewenangan kami"), DECLINED),
    (re.compile(r"^Rekapitulasi \S+ (?:Kota|Kabupaten|Provinsi|Kab\.) "), DIGEST_LEADER),
    (re.compile(r"^Rekapitulasi "), DIGEST_HEAD),
    (re.compile(r"^Surat tidak sampai"), UNDELIVERED),
)


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


def notice(mail: dict[str, Any], mail_address: str) -> Notice:
    """Read one mail of `/mailbox/api/messages`; only `mail_address` writes mails that have a kind."""
    subject = " ".join((mail["subject"] or "").split())
    ours = mail["from"] == mail_address
    number = _NUMBER.search(subject)
    return Notice(
        id=mail["id"],
        kind=kind_of(subject) if ours else "",
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
    )


def kind_of(subject: str) -> str:
    """The kind of one of our mails, by its subject."""
    return next((kind for pattern, kind in _KINDS if pattern.match(subject)), "")


def plain(text: str) -> str:
    """Words only, lower case: how texts are compared, however they were wrapped on their way."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))
