"""The summary of a bundle for people: a PDF in Indonesian. It proves nothing; the other files do."""

import json
import re
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import typst
from babel.dates import format_datetime

from service.agencies.directory import Directory
from service.evidence.choose import Choice
from service.evidence.gather import Rows
from service.notifications.words import EXCUSES, LOCALE, when
from service.tables import Document

TEMPLATE = Path(__file__).with_name("summary.typ")
# So many cases are told act by act; of more, one line each: the events are all in events.jsonl.
MOST_TOLD = 25
LONGEST_WORDS = 4000
# What the typeface of the summary can draw; the rest (emoji, other scripts) is shown as a mark.
_UNDRAWN = re.compile(r"[^\n\u0020-\u007e\u00a0-\u017f\u2010-\u2026\u2032\u2033\u20ac\u2190-\u2193\u2212]")
ACTS = {
    "open": "Pengaduan diterima",
    "assign": "Diteruskan kepada {holder}",
    "decline": "Dikembalikan ke meja oleh {agency}: bukan kewenangannya",
    "follow_up": "Pesan pelapor",
    "sent_again": "Pelapor mengirim pengaduan yang sama lagi",
    "respond": "Jawaban {agency}",
    "remark": "Tulisan {agency} yang tidak dihitung sebagai jawaban",
    "ask": "Pertanyaan {agency} kepada pelapor",
    "resolve": "Dinyatakan selesai oleh {agency}",
    "close": "Ditutup",
    "reject": "Tidak ditangani, dengan alasan dari meja pengaduan",
    "reopen": "Dibuka kembali",
    "dispute": "Pelapor menyanggah jawaban pada peristiwa {response}",
    "uphold": "Inspektorat membenarkan sanggahan; jawaban pada peristiwa {voids} tidak dihitung",
    "dismiss": "Inspektorat menolak sanggahan",
    "remind": "Pengingat otomatis, {percent} % waktu berjalan",
    "breach": "Batas waktu terlewati; dicatat pada {accountable}",
    "withdraw": "Catatan keterlambatan dicabut",
    "escalate": "Dilaporkan kepada pimpinan",
    "lapse": "Batas penyelesaian menurut ketentuan terlewati",
    "excuse": "Keterlambatan dikecualikan: {cause}",
    "object": "Kepala OPD mengajukan keberatan",
    "grant": "Keberatan dikabulkan: {cause}",
    "refuse": "Keberatan ditolak",
    "redact": "Data pribadi disunting",
}


def summary(directory: Directory, choice: Choice, rows: Rows) -> bytes:
    """The PDF. Users' words reach the typesetter as data, never as its language."""
    data = json.dumps(_facts(directory, choice, rows))
    return typst.compile(TEMPLATE, sys_inputs={"data": data}, pdf_standards="a-2b", ignore_system_fonts=True)


def printable(text: str) -> str:
    """`text` with what cannot be drawn as a mark, and cut where it is very long."""
    cut = text if len(text) <= LONGEST_WORDS else text[:LONGEST_WORDS] + " … (selengkapnya di messages.jsonl)"
    return _UNDRAWN.sub("·", cut)


def _facts(directory: Directory, choice: Choice, rows: Rows) -> Document:
    histories: dict[str, list[Document]] = defaultdict(list)
    words = {(row["complaint"], row["event"]): row["text"] for row in rows.messages}
    for event in rows.events:
        histories[event["complaint"]].append(event)
    told = [number for number, *_ in rows.cases[:MOST_TOLD]]
    last = max((event["recorded_at"] for event in rows.events), default="1980-01-01T00:00:00Z")
    return {
        "date": [int(part) for part in last[:10].split("-")],  # that of the facts: when it was printed is none
        "government": directory.name,
        "about": choice.about,
        "cases": len(rows.cases),
        "events": len(rows.events),
        "last": _when(directory, last),
        "runs": [_run(directory, row) for row in rows.deadlines if row["clock"] == "pact"],
        "histories": [
            {"number": number, "lines": [_line(directory, event, words) for event in histories[number]]}
            for number in told
        ],
        "weeks": [_week(row) for row in rows.figures],
        "anchors": [{"day": row["day"], "hash": row["hash"]} for row in rows.anchors[-10:]],
        "pending": _pending(rows),
    }


def _run(directory: Directory, row: Document) -> Document:
    in_time = row["met"] is not None and row["met"] <= row["due"]
    outcome = "tepat waktu" if in_time else "terlambat" if row["breached"] else "belum dinilai"
    excuse = f", dikecualikan ({EXCUSES.get(row['excuse'], row['excuse'])})" if row["excuse"] else ""
    return {
        "number": row["complaint"],
        "run": row["run"],
        "due": _when(directory, row["due"], short=True),
        "met": _when(directory, row["met"], short=True) if row["met"] else "–",
        "outcome": printable(outcome + excuse),
        "unit": _unit(directory, row["unit"]) if row["unit"] else "–",
    }


def _line(directory: Directory, event: Document, words: dict[tuple[str, int], str | None]) -> Document:
    payload = event["payload"]
    facts = defaultdict(lambda: "–", payload)
    for name in ("holder", "agency", "accountable"):
        facts[name] = _unit(directory, payload.get(name))
    facts["cause"] = EXCUSES.get(payload.get("cause", ""), payload.get("cause", ""))
    key = event["complaint"], event["seq"]
    hidden = key in words and words[key] is None
    return {
        "seq": event["seq"],
        "at": _when(directory, event["at"]),
        "title": printable(ACTS.get(event["kind"], event["kind"]).format_map(facts)),
        "words": "(kata-kata tidak disertakan)" if hidden else printable(words.get(key) or ""),
        "hash": event["hash"][:16],
    }


def _week(row: Document) -> Document:
    shown = [[printable(f["name"]), *(str(f.get(n, 0)) for n in ("due", "in_time", "late", "excused"))]
             for f in row["figures"] if f["due"]]  # fmt: skip
    return {"week": row["week"], "hash": row["hash"], "rows": shown}


def _pending(rows: Rows) -> int:
    """How many events no anchor covers yet."""
    covered: dict[str, int] = {}
    for _, number, seq, *_ in (proof["leaf"].split(" ") for proof in rows.proofs if proof["leaf"].startswith("case ")):
        covered[number] = max(covered.get(number, 0), int(seq))
    return sum(event["seq"] > covered.get(event["complaint"], 0) for event in rows.events)


def _unit(directory: Directory, code: str | None) -> str:
    unit = directory.by_code.get(code or "")
    return printable(unit.name if unit else directory.desk.name)


def _when(directory: Directory, instant: str, short: bool = False) -> str:
    at = datetime.fromisoformat(instant)
    if short:
        return format_datetime(at, "d MMM y HH.mm", tzinfo=directory.timezone, locale=LOCALE)
    return when(at, directory)
