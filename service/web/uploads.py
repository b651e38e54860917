"""Files that came with a form.

A form that is shown again cannot hold the files that were chosen: browsers forget them. So what may be kept is kept
at once, and the form carries it on in signed hidden fields.
"""

from dataclasses import astuple, dataclass, field

from flask import current_app, request
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import FileStorage

from service.attachments.files import MOST_BYTES, MOST_FILES, FileRefusedError, KeptFile, keep


@dataclass
class Uploads:
    """The files that may be kept, and what is wrong with the others (Indonesian, for the sender)."""

    kept: list[KeptFile] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def carried(self) -> list[tuple[str, KeptFile]]:
        """Each kept file with the signed words that stand for it in a form."""
        return [(_serializer().dumps(astuple(file)), file) for file in self.kept]


def read_uploads() -> Uploads:
    """Judge, clean and store the files of this request: those carried on from an earlier try, then new ones."""
    uploads = Uploads()
    for words in request.form.getlist("kept"):
        _carry(uploads, words)
    chosen = [file for file in request.files.getlist("files") if file.filename]
    for file in chosen:
        if len(uploads.kept) >= MOST_FILES:
            uploads.faults.append(
                _(
                    "Paling banyak %(most)s berkas. Yang tersimpan tertulis di bawah; sisanya dapat Anda kirim nanti "
                    "dari halaman lacak.",
                    most=MOST_FILES,
                )
            )
            break
        _keep(uploads, file)
    return uploads


def _keep(uploads: Uploads, file: FileStorage) -> None:
    try:
        kept = keep(file.stream.read(MOST_BYTES + 1), file.filename or "")
    except FileRefusedError as refused:
        uploads.faults.append(str(refused))
        return
    if kept.sha256 not in {other.sha256 for other in uploads.kept}:
        uploads.kept.append(kept)


def _carry(uploads: Uploads, words: str) -> None:
    """A file that an earlier try left; words that we did not sign are passed over."""
    try:
        sha256, filename, content_type, size = _serializer().loads(words)
    except (BadSignature, ValueError, TypeError):
        return
    if len(uploads.kept) < MOST_FILES:
        uploads.kept.append(KeptFile(sha256, filename, content_type, size))


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="kept-file")
