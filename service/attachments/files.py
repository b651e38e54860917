"""Judging, cleaning and keeping files."""

import hashlib
import io
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import filetype
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import select

from service.attachments.records import Attachment
from service.attachments.store import read_blob, remove_blob, write_blob
from service.tables import Session

MOST_FILES = 10
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 1600
IMAGES = {"image/jpeg", "image/png", "image/webp", "image/gif"}
DOCUMENTS = {
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "video/mp4": ".mp4",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
}

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class FileRefusedError(Exception):
    """The file may not be kept; the message says why, in Indonesian, for the person who sent it."""


@dataclass(frozen=True)
class KeptFile:
    """A file that lies in the blob store."""

    sha256: str
    filename: str
    content_type: str
    size: int


def keep(content: bytes, filename: str) -> KeptFile:
    """Judge `content` (never its name), clean it, and store it; raises FileRefusedError.

    Storing comes before the database's commit: a blob without a row is harmless, a row without a blob is not.
    """
    name = plain_name(filename)
    if not content:
        raise FileRefusedError(f"Berkas “{name}” kosong.")
    if len(content) > MOST_BYTES:
        raise FileRefusedError(f"Berkas “{name}” lebih besar dari {MOST_BYTES // 1024**2} MB.")
    kind = filetype.guess_mime(content)
    if kind in IMAGES:
        content, kind, suffix = _clean_image(content, name), "image/jpeg", ".jpg"
    elif kind in DOCUMENTS:
        suffix = DOCUMENTS[kind]
    else:
        raise FileRefusedError(f"Berkas “{name}” bukan foto, PDF, dokumen, suara, atau video yang dapat diterima.")
    sha256 = hashlib.sha256(content).hexdigest()
    write_blob(sha256, content)
    return KeptFile(sha256, name.rsplit(".", 1)[0][:80] + suffix, kind, len(content))


def attach(session: Session, complaint_id: int, event_seq: int, file: KeptFile, at: datetime) -> None:
    """Make a kept file part of a case's event."""
    row = Attachment(
        complaint_id=complaint_id,
        event_seq=event_seq,
        sha256=file.sha256,
        filename=file.filename,
        content_type=file.content_type,
        size=file.size,
        at=at,
    )
    session.add(row)


def attachments_of(session: Session, complaint_id: int) -> list[Attachment]:
    """The files of a case, in order."""
    return list(
        session.scalars(select(Attachment).where(Attachment.complaint_id == complaint_id).order_by(Attachment.id))
    )


def forget(session: Session, files: Sequence[Attachment]) -> list[str]:
    """Delete these rows, with the names that people gave their files; returns the hashes that no other file has."""
    hashes = {file.sha256 for file in files}
    for file in files:
        session.delete(file)
    session.flush()
    kept = set(session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(hashes))))
    return sorted(hashes - kept)


def remove(hashes: Iterable[str]) -> None:
    """Remove the bytes of files that were forgotten, after the commit; one that is gone already is no fault."""
    for sha256 in hashes:
        remove_blob(sha256)


def content_of(attachment: Attachment) -> bytes:
    """The bytes of an attachment; raises FileNotFoundError when the store has lost them."""
    return read_blob(attachment.sha256)


def _clean_image(content: bytes, name: str) -> bytes:
    """The same picture as JPEG, at most 1600 pixels a side, upright, without EXIF, place or device."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                upright = ImageOps.exif_transpose(image)
                upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                clean = Image.new("RGB", upright.size, "white")
                clean.paste(upright.convert("RGBA"), mask=upright.convert("RGBA").getchannel("A"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError, Warning) as error:
        raise FileRefusedError(f"Foto “{name}” tidak dapat dibaca.") from error
    except Image.DecompressionBombError as error:
        raise FileRefusedError(f"Foto “{name}” terlalu besar ukurannya.") from error
    output = io.BytesIO()
    clean.save(output, "JPEG", quality=82, optimize=False)
    return output.getvalue()


def plain_name(filename: str) -> str:
    """A file name without a path, and without anything that a screen or a shell might take for something else."""
    name = re.sub(r"[^\w .()-]+", "_", filename.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    return name[:100] or "berkas"
