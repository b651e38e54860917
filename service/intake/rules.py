"""What a mail is, decided in this order. Standard library only; the reason goes onto the row, in Indonesian."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LOOP, TWIN, BOUNCE, AUTO, REPLY, DECLINE, COMPLAINT, HOLD = (
    "loop", "twin", "bounce", "auto", "reply", "decline", "complaint", "hold",
)  # fmt: skip
# More mails than this from one sender within an hour wait for the desk; none is dropped.
FLOOD_PER_HOUR = 20
_DMARC_FAIL = re.compile(r"(?:^|;)\s*dmarc\s*=\s*fail\b", re.IGNORECASE)
_DECLINE = re.compile(r"^\W*(?:maaf\W+)?(?:ini\s+)?bukan\s+(?:merupakan\s+)?(?:ke|we)?wenang", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """What is known of a mail before it is judged. `case` says how it was tied to a case: "address",
    "references", "number" or "" (none); `party` is who writes: "citizen", "agency", "desk" or ""."""

    sender: str
    own: bool
    twin: bool
    bounce: bool
    auto: str | None
    bulk: str | None
    case: str
    case_open: bool
    party: str
    trusted: bool
    distrust: str
    holds: bool
    text: str
    reply_text: str
    files: int
    recent_from_sender: int


@dataclass(frozen=True)
class Verdict:
    """What the mail is, and why."""

    kind: str
    reason: str


def decide(facts: Facts) -> Verdict:
    """The verdict of the first rule that applies (design §3.1)."""
    if facts.own:
        return Verdict(LOOP, "Surat kami sendiri")
    if facts.twin:
        return Verdict(TWIN, "Surat yang sama sudah diterima di alamat kami yang lain")
    if facts.bounce:
        return Verdict(BOUNCE, "Laporan pengiriman")
    if facts.auto:
        known = Verdict(AUTO, f"Balasan otomatis: {facts.auto}")
        return known if facts.case else Verdict(HOLD, f"Surat otomatis tanpa pengaduan: {facts.auto}")
    if facts.case:
        return _reply(facts)
    if facts.bulk:
        return Verdict(HOLD, f"Surat massal: {facts.bulk}")
    if not facts.sender:
        return Verdict(HOLD, "Surat tanpa alamat pengirim")
    if facts.recent_from_sender > FLOOD_PER_HOUR:
        return Verdict(HOLD, f"Lebih dari {FLOOD_PER_HOUR} surat dalam satu jam dari pengirim ini")
    if not facts.text.strip() and not facts.files:
        return Verdict(HOLD, "Surat tanpa isi")
    return Verdict(COMPLAINT, "Pengaduan baru")


def _reply(facts: Facts) -> Verdict:
    if not facts.trusted:
        return Verdict(HOLD, facts.distrust)
    if not facts.reply_text.strip() and not facts.files:
        return Verdict(HOLD, "Balasan tanpa isi (hanya kutipan)")
    if facts.party == "citizen":
        return Verdict(REPLY, f"Balasan pelapor ({facts.case})")
    if not facts.holds:
        return Verdict(HOLD, "Pengaduan ini sudah tidak dipegang oleh pengirim")
    if not facts.case_open:
        return Verdict(HOLD, "Pengaduan ini sudah ditolak")
    if facts.party == "agency" and declines(facts.reply_text):
        return Verdict(DECLINE, "OPD menyatakan bukan kewenangannya")
    return Verdict(REPLY, f"Jawaban {'OPD' if facts.party == 'agency' else 'meja pengaduan'} ({facts.case})")


def declines(text: str) -> bool:
    """Whether an agency's reply begins by saying that the case is not within its remit."""
    return bool(_DECLINE.match(text.strip()))


# Domains where anyone may have an address: sharing one with the agency's inbox proves nothing.
PUBLIC_DOMAINS = frozenset(
    [
        *("gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.id", "ymail.com", "outlook.com", "hotmail.com"),
        *("live.com", "icloud.com", "proton.me", "protonmail.com", "aol.com", "gmx.com", "mail.com", "zoho.com"),
    ]
)


def speaks_for_agency(sender: str, own: frozenset[str], others: frozenset[str], inbox: str) -> str:
    """Why `sender` may not answer for an agency; empty when it may.

    `own` are the addresses known for the agency (inbox, head, accounts), `others` those of other units.
    """
    if sender in own:
        return ""
    if sender in others:
        return "Pengirim adalah alamat OPD lain"
    domain = sender.rpartition("@")[2]
    if domain and domain == inbox.rpartition("@")[2] and domain not in PUBLIC_DOMAINS:
        return ""
    return "Pengirim tidak dikenal sebagai petugas OPD ini"


def forged(results: Iterable[str], authserv: str) -> bool:
    """Whether our own mail server says that the From address is forged (`dmarc=fail`, RFC 8601, RFC 7489).

    Only headers that name `authserv` as their author count: anyone can write an Authentication-Results header,
    and the receiving server removes those that claim to be its own.
    """
    for header in results:
        name, _, said = header.partition(";")
        if authserv and name.strip().lower().split(" ")[0] == authserv and _DMARC_FAIL.search(said):
            return True
    return False
