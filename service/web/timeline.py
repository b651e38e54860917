"""A case's history in plain words, for the one who reads it. Pure.

The citizen reads no reasons between offices and no name of any member of staff; the agency reads no contact and no
identity numbers; the desk reads all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_babel import gettext as _

from service.agencies.directory import Directory
from service.attachments.records import Attachment
from service.complaints.privacy import mask
from service.complaints.records import Event, Message
from service.notifications.words import EXCUSES, LETTERS, counted
from service.web.uncounted import because

CITIZEN, AGENCY, DESK = "citizen", "agency", "desk"


@dataclass(frozen=True)
class Entry:
    """One line of the history. `tone` chooses a mark; `detail` is said small, `text` are somebody's words."""

    at: datetime
    tone: str
    title: str
    detail: str = ""
    text: str = ""
    files: list[Attachment] = field(default_factory=list)


def entries(
    directory: Directory,
    events: Iterable[Event],
    messages: Iterable[Message],
    files: Iterable[Attachment],
    reader: str,
) -> list[Entry]:
    """The history for a `reader` (CITIZEN, AGENCY or DESK), oldest first."""
    texts = {message.event_seq: message for message in messages}
    by_event: dict[int, list[Attachment]] = {}
    for file in files:
        by_event.setdefault(file.event_seq, []).append(file)
    events = list(events)
    voided = {event.payload.get("voids") for event in events if event.kind == "uphold"}
    lines = []
    for event in events:
        tone, title, detail = WORDS[event.kind](directory, event, reader)
        if event.seq in voided:  # words like others: they count no more
            tone = "said"
        message = texts.get(event.seq)
        show = message is not None and (message.author != "note" or reader != CITIZEN)
        text = message.text if message and show else ""
        text = mask(text) if reader == AGENCY else text
        lines.append(Entry(event.at, tone, title, detail, text, by_event.get(event.seq, [])))
    return lines


Words = tuple[str, str, str]


def _open(directory: Directory, event: Event, reader: str) -> Words:
    how = {"form": _("lewat formulir"), "mail": _("lewat email")}.get(event.payload.get("channel", ""), "")
    return "said", _("Pengaduan diterima"), how


def _assign(directory: Directory, event: Event, reader: str) -> Words:
    detail = "" if reader == CITIZEN else str(event.payload.get("reason", ""))
    if reader == DESK and event.payload.get("not_about_officials"):
        detail += " " + _("(Meja menyatakan: bukan pengaduan tentang aparatur.)")
    return "moved", _("Diteruskan ke %(agency)s", agency=_unit(directory, event.payload.get("holder"))), detail


def _decline(directory: Directory, event: Event, reader: str) -> Words:
    agency = _unit(directory, event.payload.get("agency"))
    title = _("%(agency)s menyatakan ini bukan kewenangannya", agency=agency)
    back = _("Kembali ke meja pengaduan untuk dicarikan dinas yang tepat.")
    return "moved", title, " ".join(filter(None, (back, _accepted(event, reader))))


def _respond(directory: Directory, event: Event, reader: str) -> Words:
    agency = _unit(directory, event.payload.get("agency"))
    title = _("Jawaban %(agency)s", agency=agency)
    if "remark" in event.payload:
        title = _("Pesan %(agency)s dihitung sebagai jawaban", agency=agency)
    return "answer", title, " ".join(filter(None, (_accepted(event, reader), _similar(event, reader))))


def _reject(directory: Directory, event: Event, reader: str) -> Words:
    return "answer", _("Tidak dapat ditangani di sini"), _("Alasan dari meja pengaduan:")


def _follow_up(directory: Directory, event: Event, reader: str) -> Words:
    if event.payload.get("again"):
        title = _("Anda mengirim pengaduan ini lagi") if reader == CITIZEN else _("Pelapor mengirim pengaduan ini lagi")
        return "said", title, _("Kata-katanya sama dengan pengaduan semula.")
    return "said", _("Pesan Anda") if reader == CITIZEN else _("Pesan dari pelapor"), _accepted(event, reader)


def _remind(directory: Directory, event: Event, reader: str) -> Words:
    share = event.payload.get("percent", "?")
    if event.payload.get("clock") == "statute":
        return "clock", _("Pengingat penyelesaian: %(n)s %% waktu sudah berjalan", n=share), ""
    return "clock", _("Pengingat otomatis: %(n)s %% waktu sudah berjalan", n=share), ""


def _breach(directory: Directory, event: Event, reader: str) -> Words:
    title = _("Batas waktu terlewati tanpa jawaban")
    if event.payload.get("answered"):
        title = _("Jawaban tiba setelah batas waktu")
    if reader == CITIZEN:
        return "late", title, _("Kepala dinas yang bertanggung jawab sudah diberi tahu.")
    held = ", ".join(
        f"{_unit(directory, code)} {counted(timedelta(seconds=seconds), event.payload.get('hours', ''))}"
        for code, seconds in event.payload.get("held", {}).items()
    )
    who = _unit(directory, event.payload.get("accountable"))
    detail = _("Dipegang paling lama oleh %(agency)s. Lama memegang: %(held)s.", agency=who, held=held)
    lost = ", ".join(
        f"{LETTERS.get(each['letter'], each['letter'])} ({_unit(directory, each['unit'])})"
        for each in event.payload.get("undelivered", [])
    )
    if lost:
        detail += " " + _("Sampai saat itu surat ini tidak sampai: %(letters)s.", letters=lost)
    return "late", title, detail


def _escalate(directory: Directory, event: Event, reader: str) -> Words:
    posts = [directory.officials[post].title for post in event.payload.get("posts", []) if post in directory.officials]
    return "late", _("Keterlambatan dilaporkan kepada %(posts)s", posts=", ".join(posts) or _("atasan")), ""


def _withdraw(directory: Directory, event: Event, reader: str) -> Words:
    if "arrived" in event.payload and not event.payload["arrived"]:
        return "clock", _("Catatan keterlambatan dicabut"), _("Diputuskan oleh Inspektorat.")
    return "clock", _("Catatan keterlambatan dicabut"), _("Ternyata jawaban sudah tiba sebelum batas waktu.")


def _lapse(directory: Directory, event: Event, reader: str) -> Words:
    return "late", _("Batas waktu penyelesaian terlewati"), _("Belum dilaporkan selesai.")


def _remark(directory: Directory, event: Event, reader: str) -> Words:
    agency = _unit(directory, event.payload.get("agency"))
    title = _("Pesan %(agency)s yang tidak dihitung sebagai jawaban", agency=agency)
    return "said", title, "" if reader == CITIZEN else because(event)


def _ask(directory: Directory, event: Event, reader: str) -> Words:
    title = _("Pertanyaan %(agency)s", agency=_unit(directory, event.payload.get("agency")))
    if event.payload.get("counts"):
        return "answer", title, _("Menurut pakta, pertanyaan ini dihitung sebagai jawaban.")
    return "said", title, ""


def _resolve(directory: Directory, event: Event, reader: str) -> Words:
    agency = _unit(directory, event.payload.get("agency"))
    return "answer", _("Dilaporkan selesai oleh %(agency)s", agency=agency), _similar(event, reader)


def _close(directory: Directory, event: Event, reader: str) -> Words:
    by = {
        "citizen": _("Anda menyatakan selesai.") if reader == CITIZEN else _("Pelapor menyatakan selesai."),
        "system": _("Sepuluh hari tanpa kabar dari pelapor sejak dilaporkan selesai."),
        "desk": _("Oleh meja pengaduan."),
    }
    return "moved", _("Pengaduan ditutup"), by.get(str(event.payload.get("by")), "")


def _reopen(directory: Directory, event: Event, reader: str) -> Words:
    agency = _unit(directory, event.payload.get("holder"))
    return "said", _("Pengaduan dibuka kembali"), _("Pada %(agency)s, dengan batas waktu baru.", agency=agency)


def _dispute(directory: Directory, event: Event, reader: str) -> Words:
    title = _("Anda menyatakan belum dijawab") if reader == CITIZEN else _("Pelapor menyatakan belum dijawab")
    return "said", title, _("Inspektorat memeriksa apakah jawabannya dihitung.")


def _uphold(directory: Directory, event: Event, reader: str) -> Words:
    return "late", _("Inspektorat memutuskan: jawaban itu tidak dihitung"), _("Alasannya:")


def _dismiss(directory: Directory, event: Event, reader: str) -> Words:
    return "clock", _("Inspektorat memutuskan: jawaban itu tetap dihitung"), _("Alasannya:")


def _excuse(directory: Directory, event: Event, reader: str) -> Words:
    return "clock", _("Keterlambatan dikecualikan"), _cause(event)


def _object(directory: Directory, event: Event, reader: str) -> Words:
    return "clock", _("Kepala dinas berkeberatan atas catatan keterlambatan"), ""


def _grant(directory: Directory, event: Event, reader: str) -> Words:
    return "clock", _("Inspektorat menerima keberatan"), _cause(event)


def _refuse(directory: Directory, event: Event, reader: str) -> Words:
    return "clock", _("Inspektorat menolak keberatan"), _("Catatan keterlambatan tetap.")


def _redact(directory: Directory, event: Event, reader: str) -> Words:
    return "clock", _("Data pribadi dihapus dari riwayat ini"), ""


WORDS: dict[str, Callable[[Directory, Event, str], Words]] = {
    "open": _open,
    "assign": _assign,
    "decline": _decline,
    "respond": _respond,
    "reject": _reject,
    "follow_up": _follow_up,
    "remind": _remind,
    "breach": _breach,
    "escalate": _escalate,
    "withdraw": _withdraw,
    "lapse": _lapse,
    "remark": _remark,
    "ask": _ask,
    "resolve": _resolve,
    "close": _close,
    "reopen": _reopen,
    "dispute": _dispute,
    "uphold": _uphold,
    "dismiss": _dismiss,
    "excuse": _excuse,
    "object": _object,
    "grant": _grant,
    "refuse": _refuse,
    "redact": _redact,
}


def _cause(event: Event) -> str:
    cause = str(event.payload.get("cause", ""))
    if cause == "withdrawn":
        return _("Catatan itu keliru dan dicabut.")
    return _("Tetap tercatat, tetapi dikecualikan: %(cause)s.", cause=EXCUSES.get(cause, cause))


def _accepted(event: Event, reader: str) -> str:
    """That the desk let a mail count which the rules did not trust: whom it concerns may contest it."""
    if reader == CITIZEN or "accepted_by" not in event.payload:
        return ""
    reason = event.payload.get("accepted_reason", "")
    if event.payload.get("accepted_from") == "remark":
        return _("Keputusan Inspektorat, dihitung sejak pesan itu tiba: %(reason)s", reason=reason)
    return _("Diterima oleh meja pengaduan dari karantina: %(reason)s", reason=reason)


def _similar(event: Event, reader: str) -> str:
    """That an answer is nearly the same as one in another case; for those who supervise, not for the citizen."""
    if reader == CITIZEN or "similar_to" not in event.payload:
        return ""
    same, number = event.payload["percent"], event.payload["similar_to"]
    return _("Mirip %(n)s %% dengan jawaban atas %(number)s.", n=same, number=number)


def _unit(directory: Directory, code: str | None) -> str:
    unit = directory.by_code.get(code or "")
    return unit.name if unit else directory.desk.name
