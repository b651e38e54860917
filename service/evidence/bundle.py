"""The bundle: a zip that anyone can check without us. The same facts give the same bytes."""

import hashlib
import io
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from service.agencies.directory import Directory
from service.evidence import verifier
from service.evidence.choose import Choice
from service.evidence.gather import MayRead, Rows, rows_of
from service.evidence.summary import summary
from service.evidence.verifier import canonical
from service.tables import Document, Session

LINES = ("events", "messages", "attachments", "mails", "deadlines", "figures", "anchors", "proofs")
README = Path(__file__).with_name("README.txt")
# The oldest time that a zip can tell: when it was packed is no fact.
PACKED = (1980, 1, 1, 0, 0, 0)
FORMAT = 1


def make(
    session: Session,
    directory: Directory,
    choice: Choice,
    *,
    may_read: MayRead | None = None,
    with_mails: bool = False,
) -> bytes:
    """The zip of a choice. `may_read` keeps words out that its receiver may not read."""
    rows = rows_of(session, choice, may_read, with_mails)
    files = {f"{name}.jsonl": _lines(getattr(rows, name)) for name in LINES} | rows.raw
    files["verify.py"] = Path(verifier.__file__).read_bytes()
    files["README.txt"] = README.read_bytes()
    files["ringkasan.pdf"] = summary(directory, choice, rows)
    files["manifest.json"] = canonical(_manifest(directory, choice, rows, files, may_read is not None)).encode()
    return _zipped(files)


def _lines(rows: Iterable[Document]) -> bytes:
    return "".join(canonical(row) + "\n" for row in rows).encode()


def _manifest(directory: Directory, choice: Choice, rows: Rows, files: dict[str, bytes], withheld: bool) -> Document:
    offset = datetime(2026, 1, 1, tzinfo=UTC).astimezone(directory.timezone).utcoffset()
    return {
        "format": FORMAT,
        "week": choice.week,
        "utc_offset_hours": int(offset.total_seconds() // 3600) if offset else 0,
        "withheld": withheld,
        "cases": rows.cases,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }


def _zipped(files: dict[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, PACKED)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, compresslevel=9)
    return output.getvalue()
