"""Memeriksa berkas bukti Tuntas; hanya memerlukan Python 3.8 atau lebih baru. (Checks a bundle of evidence.)

    python3 verify.py [BERKAS.zip atau folder] [--anchor SIDIK]

Tanpa nama berkas, yang diperiksa ialah folder tempat verify.py berada. SIDIK ialah sidik jangkar yang pernah tercetak
di rekapitulasi mingguan: dengan itu rantai jangkar dalam berkas ini dibandingkan dengan salinan di luar.
Kode keluar 0: utuh. 1: ada yang tidak cocok, disebut satu per satu.

Everything hashed is UTF-8 text: canonical JSON has sorted keys, no spaces, and no escapes beyond what JSON demands.
Instants are text like 2026-11-23T07:00:00.000000Z, so they compare as text.
"""

import hashlib
import json
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

FIRST_HASH = "0" * 64
# What the hash of an event covers, and that of an anchor; both follow upon the hash before.
EVENT = ("complaint", "seq", "kind", "at", "recorded_at", "actor", "payload")
ANCHOR = ("day", "made_at", "until", "complaints", "events", "root")
# The fields of a line in each file; those of deadlines.jsonl are compared with what clocks_of gives.
FIELDS = {
    "events.jsonl": {*EVENT, "previous_hash", "hash"},
    "messages.jsonl": {"complaint", "event", "text", "salt"},
    "attachments.jsonl": {"complaint", "event", "sha256"},
    "mails.jsonl": {"complaint", "event", "mail", "sha256", "received_at", "file"},
    "figures.jsonl": {"week", "figures", "corrections", "last_event", "rules", "hash", "frozen_at", "unknown"},
    "anchors.jsonl": {*ANCHOR, "previous_hash", "hash"},
    "proofs.jsonl": {"leaf", "day", "path"},
}
ANSWERS = ("respond", "reject", "ask", "resolve")
ARRIVING = ("open", "respond", "follow_up")  # of the moment at which their mail arrived


def sha256(data):
    """Hex digest of bytes or text."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def canonical(value):
    """The one way to write a value as JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chained(row, names):
    """The hash of an event or of an anchor: over the hash before it and its fields."""
    return sha256(row["previous_hash"] + "\n" + canonical({name: row[name] for name in names}))


def node(left, right):
    """What stands above two hashes in the tree of a day. Leaves begin otherwise, so that none passes for a node."""
    return sha256("node " + left + right)


def root_of(leaf, path):
    """The root of a day's tree, from one of its lines and what stood beside its way up (`L…` left, `R…` right)."""
    found = sha256("leaf " + leaf)
    for step in path:
        found = node(step[1:], found) if step[0] == "L" else node(found, step[1:])
    return found


def seal_of(week):
    """The seal of a published week."""
    facts = {"week": week["week"], "figures": week["figures"]}
    if week["rules"] > 1:
        facts.update({name: week[name] for name in ("corrections", "last_event", "rules")})
    return sha256(canonical(facts))


def clocks_of(events):
    """What became of each run of a case's clocks, from its events alone: rows as in deadlines.jsonl."""
    voided = {event["payload"]["voids"] for event in events if event["kind"] == "uphold"}
    rows, laws = [], []
    for event in events:
        about, kind = event["payload"], event["kind"]
        if kind in ("open", "reopen"):
            known = {"complaint": event["complaint"], "run": about.get("run", 1), "start": event["at"]}
            outcome = {"met": None, "unit": None, "breached": None, "excuse": ""}
            rows.append({**known, "clock": "pact", "due": about["due"], **outcome})
            if about.get("statute_due"):
                laws.append({**known, "clock": "statute", "due": about["statute_due"]})
        elif kind in ("breach", "withdraw"):
            row = rows[about.get("run", len(rows)) - 1]
            row["breached"], row["late"] = (event["at"], about["accountable"]) if kind == "breach" else (None, None)
        elif kind in ("excuse", "grant"):
            run = about["run"] if kind == "excuse" else events[about["objection"] - 1]["payload"]["run"]
            rows[run - 1]["excuse"] = about["cause"]
        elif kind in ANSWERS and about.get("counts", kind in ("respond", "reject")) and event["seq"] not in voided:
            for row in [row for row in rows if row["start"] <= event["at"]][-1:]:
                if row["met"] is None or event["at"] < row["met"]:
                    row["met"], row["answered"] = event["at"], about.get("agency", "desk")
    return [_decided(row) for row in rows] + laws


def _decided(row):
    """A run with the unit whose figure it is: who answered in time, else who is accountable for the lateness."""
    answered, late = row.pop("answered", None), row.pop("late", None)
    if row["met"] is not None and row["met"] <= row["due"]:
        return {**row, "unit": answered, "breached": None, "excuse": ""}
    return {**row, "unit": late, "excuse": row["excuse"] if row["breached"] else ""}


def figures_of(cases, start, end):
    """{unit: [due, in time, late, excused]} of the runs that fell due in [start, end)."""
    found = {}
    for row in (row for events in cases for row in clocks_of(events) if row["clock"] == "pact"):
        if start <= row["due"] < end and row["unit"] is not None:
            late, count = row["breached"] is not None, found.setdefault(row["unit"], [0, 0, 0, 0])
            for position, one in enumerate((True, not late, late, bool(row["excuse"]))):
                count[position] += one
    return found


class Bundle:
    """The files of a bundle, zipped or unpacked."""

    def __init__(self, path):
        root = Path(path)
        if root.is_file():
            archive = zipfile.ZipFile(root)
            self.names, self.read = archive.namelist(), archive.read
        else:
            self.names = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()]
            self.read = lambda name: (root / name).read_bytes()
        self.manifest = json.loads(self.read("manifest.json").decode())
        self.events = {number: [] for number, _, _ in self.manifest["cases"]}
        for event in self.rows("events.jsonl"):
            self.events[event["complaint"]].append(event)
        self.anchors = list(self.rows("anchors.jsonl"))
        self.mails = list(self.rows("mails.jsonl"))
        self.weeks = list(self.rows("figures.jsonl"))

    def rows(self, name):
        """The lines of a file, each of which must be written in the one way."""
        for line in self.read(name).decode().split("\n")[:-1]:
            row = json.loads(line)
            if canonical(row) != line or set(row) != FIELDS.get(name, set(row)):
                raise ValueError(f"{name}: baris tidak berbentuk semestinya: {line:.60}")
            yield row

    def committed(self, name):
        """(case, event, value) of each event that names such a thing: words, or files."""
        for number, events in self.events.items():
            for event in events:
                found = event["payload"].get(name, [])
                for value in found if isinstance(found, list) else [found]:
                    yield number, event["seq"], value


def files_faults(bundle):
    """The files are those that the manifest names, unchanged."""
    if bundle.manifest["format"] != 1:
        yield "bentuk berkas ini tidak dikenal"
    for name in sorted(set(bundle.names) ^ (set(bundle.manifest["files"]) | {"manifest.json"})):
        yield f"berkas {name} tidak ada, atau tidak seharusnya ada"
    if len(set(bundle.names)) < len(bundle.names):
        yield "ada berkas yang dua kali"
    for name, known in sorted(bundle.manifest["files"].items()):
        if name in bundle.names and sha256(bundle.read(name)) != known:
            yield f"berkas {name} diubah"


def events_faults(bundle):
    """Each case's chain of events is whole, and ends where the manifest says."""
    if list(bundle.rows("events.jsonl")) != [event for events in bundle.events.values() for event in events]:
        yield "peristiwa tidak berurutan kasus demi kasus"
    for number, count, head in bundle.manifest["cases"]:
        previous = FIRST_HASH
        for position, event in enumerate(bundle.events[number], start=1):
            if event["seq"] != position or event["previous_hash"] != previous:
                yield f"{number}: peristiwa {position} tidak menyambung yang sebelumnya"
            if event["hash"] != chained(event, EVENT):
                yield f"{number}: peristiwa {position} diubah"
            previous = event["hash"]
        if (len(bundle.events[number]), previous) != (count, head):
            yield f"{number}: peristiwa terakhir tidak ada"


def words_faults(bundle):
    """The words that events commit to are there unchanged, or were redacted by an event that says so."""
    redacted = {(number, seq) for number, _, seq in bundle.committed("messages")}
    due = {(number, seq): commitment for number, seq, commitment in bundle.committed("message")}
    for row in bundle.rows("messages.jsonl"):
        key = (row["complaint"], row["event"])
        name = f"{key[0]}: kata-kata peristiwa {key[1]}"
        commitment = due.pop(key, None)
        gone = row["text"] is None and row["salt"] is None
        if commitment is None:
            yield f"{name} bukan bagian kasus ini"
        elif gone and key not in redacted and not bundle.manifest["withheld"]:
            yield f"{name} hilang tanpa peristiwa penyamaran"
        elif not gone and sha256(f"{row['salt']}\n{row['text']}") != commitment:
            yield f"{name} diubah"
    for number, seq in sorted(due):
        yield f"{number}: kata-kata peristiwa {seq} tidak ada"


def attached_faults(bundle):
    """The attachments are those that events name; raw mails have the hash under which they are listed."""
    redacted = {(number, seq) for number, _, seq in bundle.committed("messages")}
    due = sorted(bundle.committed("files"))
    for row in bundle.rows("attachments.jsonl"):
        key = (row["complaint"], row["event"], row["sha256"])
        if key not in due:
            yield f"{key[0]}: lampiran {key[2]} bukan bagian peristiwa {key[1]}"
        else:
            due.remove(key)
    for number, seq, file in due:
        if (number, seq) not in redacted:
            yield f"{number}: lampiran {file} peristiwa {seq} tidak ada"
    for row in bundle.mails:
        event = bundle.events[row["complaint"]][row["event"] - 1]
        late = event["kind"] in ARRIVING and event["at"] != row["received_at"]
        if late or "message" not in event["payload"] or row["event"] < 1:
            yield f"{row['complaint']}: email {row['mail']} bukan bagian kasus ini"
        if row["file"] and sha256(bundle.read(row["file"])) != row["sha256"]:
            yield f"{row['complaint']}: email {row['mail']} bukan yang diterima"


def figures_faults(bundle):
    """Deadlines are what the events say; published weeks bear their seal, and a whole week can be counted anew."""
    if list(bundle.rows("deadlines.jsonl")) != [row for events in bundle.events.values() for row in clocks_of(events)]:
        yield "deadlines.jsonl tidak sesuai dengan peristiwanya"
    for week in bundle.weeks:
        if week["hash"] != seal_of(week):
            yield f"angka minggu {week['week']} diubah"
        if week["week"] == bundle.manifest["week"] and week["rules"] > 1:
            yield from _counted_faults(bundle, week)


def _counted_faults(bundle, week):
    late = week["unknown"]  # {case: first event that was not known at publication, though its time is earlier}
    if any(bundle.events[number][seq - 1]["recorded_at"] > week["frozen_at"] for number, seq in late.items()):
        yield f"minggu {week['week']} menyebut peristiwa yang lebih baru sebagai belum diketahui"
    cases = [
        [e for e in events if e["recorded_at"] <= week["frozen_at"] and e["seq"] < late.get(number, e["seq"] + 1)]
        for number, events in bundle.events.items()
    ]
    year, number = week["week"].split("-W")
    monday = datetime.combine(date.fromisocalendar(int(year), int(number), 1), time())
    start = monday - timedelta(hours=bundle.manifest["utc_offset_hours"])
    start, end = (day.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for day in (start, start + timedelta(days=7)))
    found = figures_of([events for events in cases if events], start, end)
    for row in week["figures"]:
        published = [row[name] for name in ("due", "in_time", "late", "excused")]
        if found.pop(row["code"], [0, 0, 0, 0]) != published:
            yield f"angka {row['code']} minggu {week['week']} tidak sesuai dengan peristiwanya"
    for code in sorted(found):
        yield f"angka {code} tidak ada di minggu {week['week']}"


def anchors_faults(bundle):
    """The anchors are one chain, and what they cover is as it was then."""
    for before, anchor in zip([None, *bundle.anchors], bundle.anchors):  # noqa: B905
        if before is not None and anchor["previous_hash"] != before["hash"]:
            yield f"jangkar {anchor['day']} tidak menyambung yang sebelumnya"
        if anchor["hash"] != chained(anchor, ANCHOR):
            yield f"jangkar {anchor['day']} diubah"
    roots = {anchor["day"]: anchor["root"] for anchor in bundle.anchors}
    mails = {f"mail {row['mail']} {row['sha256']} {row['received_at']}": row for row in bundle.mails}
    things, proved = set(mails), set()
    things |= {f"week {row['week']} {row['hash']} {row['frozen_at']}" for row in bundle.weeks}
    covered = dict.fromkeys(bundle.events, 0)
    for proof in bundle.rows("proofs.jsonl"):
        kind, name, number, *_ = proof["leaf"].split(" ")
        if kind == "case":
            event = bundle.events[name][int(number) - 1]
            things.add(f"case {name} {event['seq']} {event['hash']}")
            covered[name] = max(covered[name], event["seq"])
        if proof["leaf"] not in things or root_of(proof["leaf"], proof["path"]) != roots.get(proof["day"]):
            yield f"{kind} {name} bukan yang dicatat jangkar {proof['day']}"
        proved.add(proof["leaf"])
    for anchor in bundle.anchors[-2:-1]:  # by the last one everything is covered that is older than the one before it
        for number, events in bundle.events.items():
            if any(e["seq"] > covered[number] and e["recorded_at"] < anchor["made_at"] for e in events):
                yield f"{number}: ada peristiwa lama yang tidak dicatat jangkar"
        old = {
            f"week {w['week']} {w['hash']} {w['frozen_at']}" for w in bundle.weeks if w["frozen_at"] < anchor["made_at"]
        }
        old |= {thing for thing, mail in mails.items() if mail["mail"] <= anchor["until"]["inbound_mail"]}
        yield from (f"tidak dicatat jangkar: {thing}" for thing in sorted(old - proved))


CHECKS = (files_faults, events_faults, words_faults, attached_faults, figures_faults, anchors_faults)


def faults(path, anchor=""):
    """Everything that does not fit in a bundle, in words; nothing when it is whole."""
    found = []
    try:
        bundle = Bundle(path)
        for check in CHECKS:
            found += check(bundle)
        if anchor and anchor not in [row["hash"] for row in bundle.anchors]:
            found.append(f"jangkar {anchor} tidak ada di berkas ini")
    except Exception as error:  # whatever cannot be read is no evidence
        found.append(f"tidak terbaca: {type(error).__name__}: {error}")
    return found


def told(path):
    """What a whole bundle holds, in one line."""
    bundle = Bundle(path)
    events = sum(map(len, bundle.events.values()))
    gone = sum(row["text"] is None for row in bundle.rows("messages.jsonl"))
    last = bundle.anchors[-1] if bundle.anchors else {"day": "-", "hash": "-"}
    text = "Utuh: %d kasus, %d peristiwa, %d kata-kata disamarkan atau ditahan.\nJangkar terakhir: %s %s"
    return text % (len(bundle.events), events, gone, last["day"], last["hash"])


def main(arguments):
    """Check the bundle that is named, or the folder of this file."""
    anchor = arguments.pop(arguments.index("--anchor") + 1) if "--anchor" in arguments[:-1] else ""
    paths = [argument for argument in arguments if argument != "--anchor"]
    path = paths[0] if paths else str(Path(__file__).resolve().parent)
    found = faults(path, anchor)
    print("\n".join(found) or told(path))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
