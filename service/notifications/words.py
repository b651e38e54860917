"""Instants and lengths of time in Indonesian words."""

from datetime import datetime, timedelta

from babel.dates import format_date, format_datetime

from service.agencies.directory import Directory
from service.pacts.rules import WORKING

LOCALE = "id"
# What the desk calls our letters.
LETTERS = {
    "acknowledgement": "tanda terima untuk pelapor",
    "joined": "kabar kiriman ulang untuk pelapor",
    "forwarded": "kabar penerusan untuk pelapor",
    "answer": "jawaban untuk pelapor",
    "rejection": "penolakan untuk pelapor",
    "assignment": "penugasan kepada OPD",
    "follow_up": "tulisan pelapor kepada OPD",
    "sent_again": "kabar kiriman ulang kepada OPD",
    "reminder": "pengingat",
    "statute_reminder": "pengingat penyelesaian",
    "statute_lapsed": "pemberitahuan batas penyelesaian terlewati",
    "breach": "pemberitahuan keterlambatan",
    "withdrawal": "pencabutan pemberitahuan keterlambatan",
    "escalation": "laporan kepada pimpinan",
    "question": "pertanyaan untuk pelapor",
    "remark": "pesan untuk pelapor yang bukan jawaban",
    "not_counted": "kabar bahwa tulisan OPD belum dihitung",
    "counted": "kabar bahwa tulisan OPD dihitung",
    "resolution": "kabar selesai untuk pelapor",
    "closed": "kabar penutupan",
    "reopened": "kabar dibuka kembali",
    "disputed": "sanggahan pelapor",
    "dispute_decided": "keputusan atas sanggahan",
    "objection": "keberatan kepala OPD",
    "objection_decided": "keputusan atas keberatan",
    "excused": "kabar pengecualian",
    "inbox_problem": "pemberitahuan kotak surat yang menolak",
    "digest_head": "rekapitulasi kepala OPD",
    "digest_leader": "rekapitulasi pimpinan",
    "alarm": "kabar gangguan untuk administrator",
    "quarantine": "kabar karantina untuk meja",
}

# The first word of a letter's sender: the subject is the same in all letters of a case, so that they make one thread,
# and a full mailbox must still show at a glance which of them is urgent.
POINTS = {
    "acknowledgement": "Tanda terima",
    "forwarded": "Diteruskan",
    "answer": "Jawaban",
    "rejection": "Tidak ditangani",
    "assignment": "Pengaduan baru",
    "desk_case": "Perlu dipilah",
    "follow_up": "Pesan pelapor",
    "declined": "Dikembalikan",
    "reminder": "Pengingat",
    "statute_reminder": "Pengingat penyelesaian",
    "statute_lapsed": "Belum selesai",
    "joined": "Sudah diterima",
    "sent_again": "Dikirim lagi",
    "breach": "Keterlambatan",
    "withdrawal": "Keterlambatan dicabut",
    "escalation": "Belum dijawab",
    "question": "Pertanyaan",
    "remark": "Pesan",
    "not_counted": "Belum dihitung",
    "counted": "Dihitung",
    "resolution": "Selesai?",
    "closed": "Ditutup",
    "reopened": "Dibuka kembali",
    "disputed": "Disanggah",
    "dispute_decided": "Keputusan",
    "objection": "Keberatan",
    "objection_decided": "Keputusan",
    "excused": "Dikecualikan",
}

# Why words of an agency do not count as an answer (the codes of `casework.assessment`).
UNCOUNTED = {
    "empty": "Tidak ada kata-kata sendiri, hanya kutipan atau tanda tangan.",
    "courtesy": "Hanya salam, terima kasih, atau kabar bahwa laporan diterima.",
    "announcement": "Hanya menyebut akan diteruskan atau ditindaklanjuti, tanpa apa, oleh siapa, atau kapan.",
    "question": "Hanya bertanya kepada pelapor; menurut pakta, pertanyaan belum dihitung sebagai jawaban.",
}
# Why a lateness is excused, and what the figures of a week count.
EXCUSES = {
    "outage": "gangguan layanan kami",
    "undelivered": "surat tidak sampai",
    "misassigned": "salah penugasan",
    "force_majeure": "keadaan kahar",
}
FIELDS = {"due": "jatuh tempo", "in_time": "tepat waktu", "late": "terlambat", "excused": "dikecualikan"}


def when(instant: datetime, directory: Directory) -> str:
    """`Senin, 23 November 2026 pukul 14.30 WIB`."""
    pattern = f"EEEE, d MMMM y 'pukul' HH.mm '{directory.zone_label}'"
    return format_datetime(instant, pattern, tzinfo=directory.timezone, locale=LOCALE)


def when_short(instant: datetime, directory: Directory) -> str:
    """`Sen 23 Nov 14.30`."""
    return format_datetime(instant, "EEE d MMM HH.mm", tzinfo=directory.timezone, locale=LOCALE)


def day(instant: datetime, directory: Directory) -> str:
    """`Senin, 23 November 2026`."""
    return format_datetime(instant, "EEEE, d MMMM y", tzinfo=directory.timezone, locale=LOCALE)


def last_day(due: datetime, directory: Directory) -> str:
    """The day with whose end a term ends: midnight would read as the day after."""
    return day(due - timedelta(microseconds=1), directory)


def days(first: datetime, last: datetime, directory: Directory) -> str:
    """`16–22 November 2026`, `30 November – 6 Desember 2026`."""
    local_first, local_last = (instant.astimezone(directory.timezone).date() for instant in (first, last))
    end = format_date(local_last, "d MMMM y", locale=LOCALE)
    if local_first.month == local_last.month:
        return f"{local_first.day}–{end}"
    return f"{format_date(local_first, 'd MMMM', locale=LOCALE)} – {end}"


def signed(change: int) -> str:
    """`+2`, `−1`."""
    return f"+{change}" if change > 0 else f"−{abs(change)}"


def duration(length: timedelta) -> str:
    """`2 hari 3 jam`, `5 jam 20 menit`, `45 menit`: the two largest units, rounded down; never negative."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    named = [(days, "hari"), (hours, "jam"), (minutes, "menit")]
    first = next((i for i, (count, _) in enumerate(named) if count), 2)
    words = [f"{count} {unit}" for count, unit in named[first : first + 2] if count]
    return " ".join(words) or "0 menit"


def counted(length: timedelta, hours: str) -> str:
    """A length in the hours that the pact counts: `12 jam 30 menit kerja` in working hours, which have no days."""
    if hours != WORKING:
        return duration(length)
    minutes = max(0, int(length.total_seconds() // 60))
    words = [f"{count} {unit}" for count, unit in ((minutes // 60, "jam"), (minutes % 60, "menit")) if count]
    return f"{' '.join(words) or '0 menit'} kerja"


def exact(instant: datetime, directory: Directory) -> str:
    """`Senin, 23 November 2026 pukul 14.30.05 WIB`: to the second, where it is counted."""
    pattern = f"EEEE, d MMMM y 'pukul' HH.mm.ss '{directory.zone_label}'"
    return format_datetime(instant, pattern, tzinfo=directory.timezone, locale=LOCALE)


def addressed(title: str, unit: str) -> str:
    """Whom a letter to a head addresses: `Kepala Dinas` of `Dinas Perhubungan` is `Kepala Dinas Perhubungan`.

    A title that names its office already (`Camat Selebar`, `Inspektur`) stands alone.
    """
    last, first = title.rpartition(" ")[2], unit.partition(" ")[0]
    if last == first:
        return title + unit[len(first) :]
    return f"{title} {unit}" if title.startswith(("Kepala", "Direktur")) else title


def number(value: float, digits: int = 1) -> str:
    """`82,9`: the decimal comma."""
    return f"{value:.{digits}f}".replace(".", ",")
