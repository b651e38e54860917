"""Complaints in everyday Indonesian, as many different ones as are asked for; the same number gives the same words."""

import random
from base64 import b64encode
from dataclasses import dataclass
from email.utils import format_datetime
from html import escape
from textwrap import wrap

from service import clock

MAIL_BYTES = 8 * 1024
CITIZENS_DOMAIN = "warga.example"


@dataclass(frozen=True)
class Story:
    """One citizen's complaint."""

    number: int
    name: str
    address: str
    subject: str
    text: str


FIRST = (
    "Sari", "Budi", "Rina", "Dewi", "Hendra", "Arif", "Ina", "Yusuf", "Lestari", "Fajar", "Wulan", "Agus", "Mega",
    "Rudi", "Novi", "Eko", "Fitri", "Joko", "Sinta", "Adi",
)  # fmt: skip
LAST = (
    "Lestari", "Pratama", "Wijaya", "Harahap", "Saputra", "Nasution", "Hidayat", "Utami", "Siregar", "Kurniawan",
    "Putri", "Santoso", "Manik",
)  # fmt: skip
STREETS = (
    "Suprapto", "Salak", "Hibrida", "Merapi", "Kapuas", "Cendana", "Flamboyan", "Danau", "Jati", "Sepakat", "Mangga",
    "Rinjani", "Bali", "Kalimantan",
)  # fmt: skip
PLACES = (
    "pasar", "masjid", "sekolah dasar", "warung Bu Ijah", "lapangan voli", "pos ronda", "jembatan kecil",
    "simpang empat",
)  # fmt: skip
WHEN = (
    "tiga hari", "seminggu", "dua minggu", "sebulan", "sejak lebaran", "hampir setengah tahun", "sejak musim hujan",
)  # fmt: skip

# Subject and first sentence; {street}, {place} and {when} are filled in.
MATTERS = (
    ("Jalan berlubang di {street}", "Jalan berlubang di Jalan {street} dekat {place} sudah {when} tidak ditambal."),
    ("Lampu jalan mati", "Lampu jalan di sepanjang Jalan {street} mati sudah {when}, gelap sekali dekat {place}."),
    ("Sampah menumpuk", "Sampah menumpuk di TPS Jalan {street} sebelah {place}, sudah {when} tidak diangkut."),
    ("Saluran air tersumbat", "Drainase tersumbat di Jalan {street}; kalau hujan, banjir ke {place}, sudah {when}."),
    ("Air PDAM tidak mengalir", "Air bersih dari PDAM tidak mengalir ke rumah kami di Jalan {street} sudah {when}."),
    ("Antrean puskesmas", "Di puskesmas dekat {place} pasien menunggu berjam-jam, obat kosong sudah {when}."),
    ("Parkir liar", "Parkir liar di depan {place} Jalan {street} membuat macet, sudah {when} dibiarkan."),
    ("KTP belum jadi", "KTP elektronik saya belum jadi, sudah {when}; alamat saya Jalan {street} dekat {place}."),
    ("Pohon hampir tumbang", "Pohon besar di Jalan {street} dekat {place} miring dan hampir tumbang, sudah {when}."),
    ("Bansos tidak diterima", "Nama ibu saya terdaftar bansos tetapi bantuan sosial sudah {when} tidak diterima."),
    ("PKL menutup trotoar", "Pedagang kaki lima menutup trotoar Jalan {street} dekat {place}, sudah {when}."),
    ("Sekolah bocor", "Atap ruang kelas sekolah dekat {place} bocor sudah {when}; anak-anak belajar di lantai."),
    ("Mohon bantuan", "Saya bingung melapor ke mana soal keadaan di Jalan {street} dekat {place} ini, sudah {when}."),
)  # fmt: skip
DETAILS = (
    "Kemarin sore tetangga saya jatuh dari motor di situ, untung hanya lecet di siku.",
    "Saya sudah menyampaikan kepada Pak RT dan beliau bilang akan diteruskan, tetapi belum ada kabar.",
    "Setiap pagi anak-anak sekolah lewat sini dan orang tua jadi waswas.",
    "Beberapa warga patungan membeli pasir, tetapi hanya tahan beberapa hari.",
    "Kalau hujan deras keadaannya lebih parah lagi, apalagi malam hari.",
    "Bulan lalu ada petugas datang memotret, lalu tidak ada kelanjutannya.",
    "Baunya sampai ke dalam rumah, dan lalat banyak sekali di warung-warung.",
    "Kami tidak minta yang muluk-muluk, cukup diperbaiki supaya aman dilewati.",
    "Ibu-ibu pengajian juga mengeluh karena harus memutar jauh.",
    "Usaha kecil di sekitar situ sepi karena pembeli enggan berhenti.",
    "Mohon diberi tahu kapan akan ditangani, supaya kami bisa menjelaskan kepada warga.",
    "Nomor saya ada di bawah; silakan hubungi kalau perlu diantar ke lokasi.",
    "Ada dua rumah yang penghuninya sudah lanjut usia dan sulit keluar.",
    "Waktu musyawarah kelurahan hal ini pernah dibahas, tetapi tidak masuk prioritas.",
    "Saya lampirkan ceritanya selengkap mungkin karena baru pertama kali melapor lewat email.",
    "Pengendara dari luar kota sering kaget dan mengerem mendadak.",
    "Ojek daring pun tidak mau masuk ke gang kami sesudah magrib.",
    "Terima kasih kalau laporan ini dibaca, semoga cepat ada tindak lanjut.",
    "Tolong jangan hanya dijanjikan, karena tahun lalu jawabannya sama saja.",
    "Sudah saya tanyakan di loket dan disuruh kembali minggu depan, begitu terus.",
)


def story(number: int, length: int) -> Story:
    """The complaint with this number, its text about `length` characters long."""
    dice = random.Random(number)
    first, last = dice.choice(FIRST), dice.choice(LAST)
    facts = {"street": dice.choice(STREETS), "place": dice.choice(PLACES), "when": dice.choice(WHEN)}
    subject, opening = (words.format(**facts) for words in dice.choice(MATTERS))
    paragraphs = [f"Selamat {dice.choice(('pagi', 'siang', 'malam'))}, Bapak/Ibu. {opening}"]
    written = len(paragraphs[0])
    while written < length:
        sentences = dice.sample(DETAILS, 4)
        sentences[0] += f" Rumah kami nomor {dice.randrange(1, 200)}, RT {dice.randrange(1, 30):02d}."
        paragraphs.append(" ".join(sentences))
        written += len(paragraphs[-1]) + 2
    text = "\n\n".join(paragraphs)[:length]
    # Forty neighbours to a domain: one that sends a flood would have to wait for the desk.
    address = f"{first}.{last}.{number}@rt{number // 40}.{CITIZENS_DOMAIN}".lower()
    return Story(number, f"{first} {last}", address, subject, text)


def mail(number: int, to: str, size: int = MAIL_BYTES) -> bytes:
    """The complaint as a mail of `size` bytes, a few more or less.

    Every other one is plain text as phones send it, the rest text with HTML beside it as webmail does.
    """
    if number % 2:
        told = story(number, size - 430)
        return _head(told, to, "text/plain; charset=utf-8", "8bit") + _lines(told.text).encode()
    told = story(number, (size - 920) * 10 // 24)
    edge = f"bagian-{number}"
    html = "".join(f"<div>{escape(part)}</div><div><br></div>" for part in told.text.split("\n\n"))
    parts = (
        f'--{edge}\r\nContent-Type: text/plain; charset="UTF-8"\r\n\r\n{_lines(told.text)}\r\n'
        f'--{edge}\r\nContent-Type: text/html; charset="UTF-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        f"{_lines_of(b64encode(f'<div dir=ltr>{html}</div>'.encode()).decode())}\r\n--{edge}--\r\n"
    )
    return _head(told, to, f'multipart/alternative; boundary="{edge}"', "7bit") + parts.encode()


def _head(told: Story, to: str, content_type: str, encoding: str) -> bytes:
    lines = (
        f"Message-ID: <{told.number}.{len(told.text)}.bench@{CITIZENS_DOMAIN}>",
        f"Date: {format_datetime(clock.machine_clock())}",
        f"From: {told.name} <{told.address}>",
        f"To: {to}",
        f"Subject: {told.subject}",
        "MIME-Version: 1.0",
        f"Content-Type: {content_type}",
        f"Content-Transfer-Encoding: {encoding}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _lines(text: str) -> str:
    return "\r\n".join(line for part in text.split("\n") for line in (wrap(part, 76) or [""]))


def _lines_of(encoded: str) -> str:
    return "\r\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76))
