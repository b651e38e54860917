"""What the desk reads about a mail in quarantine, in Indonesian. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _

from service.complaints.rules import ASSIGNED, RECEIVED, REJECTED, RESPONDED
from service.intake import quarantine as shelf
from service.intake.quarantine import RefusedError

_RESULT = re.compile(r"(?:^|;)\s*(spf|dkim|dmarc|arc)\s*=\s*([a-z]{1,20})", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]{0,500}\)")
MOST_HEADERS = 5


@dataclass(frozen=True)
class Check:
    """What one mail server says about who sent the mail (RFC 8601); only our own server is to be believed."""

    server: str
    trusted: bool
    results: list[tuple[str, str]]  # ("DMARC", "fail")

    @property
    def forged(self) -> bool:
        """Whether our own server says that the sender's address is forged."""
        return self.trusted and ("DMARC", "fail") in self.results


def checks(headers: Iterable[str], authserv: str) -> list[Check]:
    """The verdicts of the Authentication-Results headers; `authserv` is the server that is trusted."""
    found = []
    for header in list(headers)[:MOST_HEADERS]:
        name, _semicolon, said = header[:5000].partition(";")
        server = name.strip().lower().split(" ")[0]
        results = [(method.upper(), word.lower()) for method, word in _RESULT.findall(";" + _COMMENT.sub("", said))]
        found.append(Check(server[:100], bool(authserv) and server == authserv, results))
    return found


def faults_in_words(faults: Iterable[str]) -> list[str]:
    """The faults that `mail.parse` found, each in words for the desk; one that is unknown here as it stands."""
    return list(dict.fromkeys(_fault(fault) for fault in faults))


def _fault(fault: str) -> str:
    for pattern, words in _faults():
        if re.match(pattern, fault):
            return words
    return fault


def _faults() -> list[tuple[str, str]]:
    return [
        (r"the mail is empty", _("Surat kosong.")),
        (r"no sender", _("Tidak ada pengirim.")),
        (r"several senders", _("Ada beberapa pengirim; yang pertama dipakai.")),
        (r"From has no address", _("Kolom “Dari” tidak berisi alamat; alamat lain di kepala surat dipakai.")),
        (r"unknown charset", _("Jenis huruf (charset) tidak dikenal; tulisannya ditebak.")),
        (r"text is not in the charset", _("Tulisan tidak sesuai jenis huruf yang disebut; tulisannya ditebak.")),
        (r"8-bit text without a charset", _("Jenis huruf (charset) tidak disebut; tulisannya ditebak.")),
        (r"unknown transfer encoding", _("Cara pengodean tidak dikenal.")),
        (r"broken base64", _("Sebagian isi rusak di perjalanan (base64).")),
        (r"text is too long", _("Tulisannya sangat panjang; hanya awalnya yang ditampilkan.")),
        (r"winmail\.dat cannot be read", _("Lampiran winmail.dat dari Outlook tidak dapat dibuka.")),
        (r"lines end in a bare CR", _("Akhir barisnya tidak lazim.")),
        (r"too deeply nested|too many parts", _("Bagiannya terlalu banyak atau bertumpuk; sisanya tidak dibuka.")),
        (r"boundary missing|multipart without parts", _("Batas antarbagian hilang atau salah.")),
        (r"content type cannot be read", _("Jenis isinya tidak dapat dibaca.")),
        (r"no empty line after the headers|a line among the headers", _("Kepala surat rusak.")),
        (r"more than \d+ headers|.+ is too long$", _("Kepala surat terlalu panjang; sebagian tidak dibaca.")),
        (r".+ cannot be read \(", _("Sebagian surat tidak dapat dibaca.")),
    ]


def act_words(act: str) -> str:
    """What was decided."""
    return {
        shelf.RETRY: _("diolah ulang"),
        shelf.OPEN: _("dijadikan pengaduan"),
        shelf.ATTACH: _("dilampirkan ke pengaduan"),
        shelf.DISCARD: _("disisihkan"),
    }.get(act, act)


def refusal_words(refused: RefusedError) -> str:
    """Why it was not done, and what to do instead."""
    words = {
        "no_reason": _("Tuliskan alasannya."),
        "no_case": _("Tidak ada pengaduan bernomor “%(number)s”.", **_safe(refused, "number")),
        "no_bytes": _("Server surat tidak memberikan isi surat ini. Buka kotak surat dengan program email biasa."),
        "empty": _("Surat ini tidak berisi tulisan maupun lampiran, jadi tidak ada yang dapat dilampirkan."),
        "accuses": _("Pilih Inspektorat, atau nyatakan bahwa ini bukan pengaduan tentang aparatur."),
        "other_holder": _(
            "Surat ini dari %(sender)s, sedangkan %(number)s kini dipegang %(holder)s. Teruskan dulu kasusnya kepada "
            "%(sender)s bila jawabannya memang harus dihitung.",
            **_safe(refused, "sender", "number", "holder"),
        ),
        "too_early": _(
            "Surat ini tiba sebelum %(number)s diterima, jadi bukan jawabannya. Periksa nomornya.",
            **_safe(refused, "number"),
        ),
        "state": _state_words(refused),
    }
    return words[refused.code]


def _state_words(refused: RefusedError) -> str:
    values = _safe(refused, "number", "holder")
    return {
        RECEIVED: _("%(number)s sedang di meja pengaduan, tidak di dinas mana pun.", **values),
        ASSIGNED: _("%(number)s sedang ditangani %(holder)s; itu tidak memungkinkan tindakan ini.", **values),
        RESPONDED: _("%(number)s sudah dijawab %(holder)s dan tidak dapat dikembalikan lagi.", **values),
        REJECTED: _("%(number)s sudah ditolak. Teruskan dulu kasusnya ke dinas, lalu lampirkan surat ini.", **values),
    }.get(refused.values.get("state", ""), _("Keadaan %(number)s tidak memungkinkannya.", **values))


def _safe(refused: RefusedError, *names: str) -> dict[str, str]:
    return {name: refused.values.get(name, "") for name in names}


def size_words(size: int) -> str:
    """`320 B`, `14 KB`, `2,3 MB`."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{round(size / 1000)} KB"
    return f"{size / 1_000_000:.1f} MB".replace(".", ",")
