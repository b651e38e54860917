"""What a mail is, decided in this order. Standard library only; the reason goes onto the row, in Indonesian."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

LOOP, TWIN, BOUNCE, UNSUBSCRIBE, AUTO, REPLY, AGAIN, DECLINE, COMPLAINT, HOLD = (
    "loop", "twin", "bounce", "unsubscribe", "auto", "reply", "again", "decline", "complaint", "hold",
)  # fmt: skip

# The flood guard. What is beyond these figures waits for the desk; nothing is dropped.
# Complaints of one sender within an hour.
FLOOD_PER_HOUR = 20
# Complaints from one domain within an hour: a school class of forty passes, a program that invents senders does not.
DOMAIN_PER_HOUR = 100
# Senders of the same words within a day: a campaign, or a machine that answers us from ever new addresses. A day,
# not an hour: a slow machine would stay below an hourly figure for ever.
SENDERS_OF_SAME_WORDS = 20
# Mails of one sender in one case within an hour: two machines that answer each other through us stop here.
CASE_PER_HOUR = 10

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# The same words of the same sender within this time are the same complaint.
SAME_COMPLAINT = timedelta(hours=48)
# Copies of one mail reach our addresses within this time; only for mails without Message-ID, which tells it surely.
SAME_DELIVERY = timedelta(minutes=5)

_DMARC_FAIL = re.compile(r"(?:^|;)\s*dmarc\s*=\s*fail\b", re.IGNORECASE)
_DECLINE = re.compile(r"^\W*(?:maaf\W+)?(?:ini\s+)?bukan\s+(?:merupakan\s+)?(?:ke|we)?wenang", re.IGNORECASE)
_MAIL_SYSTEM = re.compile(r"(?:mailer-daemon|postmaster)@", re.IGNORECASE)
_NO_REPLY = re.compile(
    r"(?:(?:[\w.]+[._-])?(?:no|do-?not|dont|jangan)[._-]?(?:reply|balas)(?:[._+-][^@]*)?|bounces?(?:[+-][^@]*)?"
    r"|mailer-daemon|postmaster)@",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Facts:
    """What is known of a mail before it is judged. `case` says how it was tied to a case: "address", "references",
    "number", "link", "envelope" (where bounces of a letter come), "again" (the same words as the complaint) or ""
    (none); `party` is who writes: "citizen", "agency", "desk" or "". The figures count what came before it."""

    sender: str
    own: bool
    twin: bool
    bounce: bool
    auto: str | None
    bulk: str | None
    spam: str | None
    case: str
    case_open: bool
    party: str
    trusted: bool
    distrust: str
    holds: bool
    text: str
    reply_text: str
    files: int
    unsubscribes: bool = False  # it was sent to the address that ends the weekly digests
    repeated: bool = False  # the same words of the same sender stand in this case already
    from_sender: int = 0
    from_domain: int = 0
    senders_of_words: int = 0
    in_case: int = 0


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
    if facts.unsubscribes:
        return Verdict(UNSUBSCRIBE, "Berhenti menerima rekapitulasi mingguan")
    if facts.auto:
        known = Verdict(AUTO, f"Balasan otomatis: {facts.auto}")
        return known if facts.case else Verdict(HOLD, f"Surat otomatis tanpa pengaduan: {facts.auto}")
    if facts.case:
        return _in_case(facts)
    doubt = _doubt(facts)
    return Verdict(HOLD, doubt) if doubt else Verdict(COMPLAINT, "Pengaduan baru")


def _doubt(facts: Facts) -> str:
    """Why a mail without a case must wait for the desk; empty when it is a new complaint."""
    if facts.spam:
        return f"Ditandai sebagai spam oleh server surat kita: {facts.spam}"
    if facts.bulk:
        return f"Surat massal: {facts.bulk}"
    if not facts.sender:
        return "Surat tanpa alamat pengirim"
    if _MAIL_SYSTEM.match(facts.sender):
        return "Pengirimnya program server surat, tetapi laporannya tidak terbaca"
    if facts.from_sender > FLOOD_PER_HOUR:
        return f"Lebih dari {FLOOD_PER_HOUR} surat dalam satu jam dari pengirim ini"
    if facts.from_domain > DOMAIN_PER_HOUR:
        domain = facts.sender.rpartition("@")[2]
        return f"Lebih dari {DOMAIN_PER_HOUR} pengaduan dalam satu jam dari domain {domain}"
    if facts.senders_of_words > SENDERS_OF_SAME_WORDS:
        return f"Isi yang sama dari lebih dari {SENDERS_OF_SAME_WORDS} pengirim dalam sehari: kampanye atau mesin"
    if not facts.text.strip() and not facts.files:
        return "Surat tanpa isi"
    return ""


def _in_case(facts: Facts) -> Verdict:
    if not facts.trusted:
        return Verdict(HOLD, facts.distrust)
    if facts.in_case > CASE_PER_HOUR:
        return Verdict(HOLD, f"Lebih dari {CASE_PER_HOUR} surat dalam satu jam dari pengirim ini dalam satu pengaduan")
    if facts.party == "citizen" and (facts.case == "again" or facts.repeated):
        return Verdict(AGAIN, "Kata-katanya sama dengan yang sudah diterima: digabung dengan pengaduan yang ada")
    if not facts.reply_text.strip() and not facts.files:
        return Verdict(HOLD, "Balasan tanpa isi (hanya kutipan)")
    if facts.party == "citizen":
        return Verdict(REPLY, f"Balasan pelapor ({facts.case})")
    if not facts.holds:
        return Verdict(HOLD, "Pengaduan ini sudah tidak dipegang oleh pengirim")
    if not facts.case_open:
        return Verdict(HOLD, "Pengaduan ini sudah ditolak")
    if facts.repeated:
        return Verdict(HOLD, "Isi balasan sama dengan balasan sebelumnya dalam pengaduan ini: mungkin balasan otomatis")
    if facts.party == "agency" and declines(facts.reply_text):
        return Verdict(DECLINE, "OPD menyatakan bukan kewenangannya")
    return Verdict(REPLY, f"Jawaban {'OPD' if facts.party == 'agency' else 'meja pengaduan'} ({facts.case})")


def answerable(sender: str, return_path: str | None) -> bool:
    """Whether a letter to this sender would reach a person.

    Not one whose address says that nobody reads it, nor one with the null return path: RFC 5321 §4.5.5 and RFC 3834
    §2 forbid to answer that.
    """
    return return_path != "" and not _NO_REPLY.match(sender)


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
