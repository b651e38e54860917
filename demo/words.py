"""What the demo prints: one line for each happening, and hints at the start."""

import re
from datetime import datetime, timedelta, tzinfo

from demo.clients import DAYS, MONTHS
from demo.notices import BREACH, DIGEST_LEADER, ESCALATION, REMINDER, WITHDRAWAL, Notice

FIRST_WORDS = 64
_GREETING = re.compile(
    r"(?:(?:kepada )?yth|ass?ala\w+|selamat (?:pagi|siang|sore|malam)|dengan hormat)\b", re.IGNORECASE
)


def first_words(text: str) -> str:
    """The beginning of a text in quotation marks, cut at a word; a greeting in a line of its own is passed over."""
    paragraphs = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    while len(paragraphs) > 1 and len(paragraphs[0]) < 80 and _GREETING.match(paragraphs[0]):
        paragraphs.pop(0)
    line = " ".join(paragraphs)
    if len(line) <= FIRST_WORDS:
        return f"“{line}”"
    return f"“{line[:FIRST_WORDS].rsplit(' ', 1)[0]} …”"


def stamp(at: datetime, zone: tzinfo) -> str:
    """`Jum 14.02`."""
    local = at.astimezone(zone)
    return f"{DAYS[local.weekday()][:3]} {local:%H.%M}"


def said_by_tuntas(notice: Notice, public_url: str) -> str:
    """The line on a mail of Tuntas that a visitor will want to read; "" for one that needs no line."""
    who = notice.to.partition("@")[0]
    if notice.kind == REMINDER:
        return f"   Tuntas mengingatkan {who}: {notice.number} belum dijawab"
    if notice.kind == BREACH:
        told = "meja pengaduan diberi tahu" if who.startswith("meja") else f"{who} dan kepalanya diberi tahu"
        return f" ! Tuntas mencatat keterlambatan {notice.number}; {told}"
    if notice.kind == ESCALATION:
        return f" ! Tuntas melapor kepada {who}: {notice.number}, {notice.point}"
    if notice.kind == WITHDRAWAL:
        return f"   Tuntas mencabut keterlambatan {notice.number}"
    if notice.kind == DIGEST_LEADER:
        return f" * {notice.subject} → {public_url}/mailbox/mail/{notice.id}"
    return ""


def hints(town: str, now: datetime, zone: tzinfo, speed: float, public_url: str, leader: str, password: str) -> str:
    """What to look at, and when. `speed` in civil seconds a second; `leader` is an address."""
    local = now.astimezone(zone)
    first_breach = _after(timedelta(hours=24), speed)
    monday = (local + timedelta(days=(7 - local.weekday()) % 7)).replace(hour=7, minute=0, second=0, microsecond=0)
    if monday <= local:
        monday += timedelta(days=7)
    day = f"{DAYS[local.weekday()]}, {local.day} {MONTHS[local.month - 1]} {local.year} pukul {local:%H.%M}"
    return f"""
  KOTA SIMULASI: {town}
  Sekarang {day}; satu hari di sini berlangsung {_after(timedelta(days=1), speed)}.

  Lihatlah
    {public_url}/mailbox/          semua surat: tanda terima, penugasan, jawaban, pengingat
    {public_url}/                  tulis pengaduan Anda sendiri; jawab sebagai OPD dari kotak suratnya, atau biarkan
    {public_url}/masuk             meja pengaduan, OPD, kepala, wali kota; kata sandi {password}
  Akan terjadi
    {_after(timedelta(hours=12), speed):>10}   pengingat pertama (50 % dari 24 jam)
    {first_breach:>10}   keterlambatan pertama, kepada OPD dan kepalanya
    {_after(timedelta(hours=48), speed):>10}   laporan pertama ke Inspektur, lalu Sekda dan Wali Kota
    {_after(monday - local, speed):>10}   Senin 07.00: rekapitulasi pekan untuk setiap kepala OPD dan Wali Kota
                 {public_url}/mailbox/?to={leader}
"""


def _after(length: timedelta, speed: float) -> str:
    """How long that takes on the visitor's watch."""
    seconds = length.total_seconds() / speed
    return f"{seconds:.0f} detik" if seconds < 120 else f"{seconds / 60:.1f} menit".replace(".", ",")
