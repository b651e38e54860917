"""The blob store: files by sha256 in a folder outside any web root (`BLOB_URL=file:///…`)."""

import os
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from service.config import settings


def write_blob(sha256: str, content: bytes) -> None:
    """Keep `content` under its hash: on disk and synced before this returns, whole or not at all."""
    path = _path(sha256)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)


def read_blob(sha256: str) -> bytes:
    """The bytes kept under this hash; raises FileNotFoundError."""
    return _path(sha256).read_bytes()


def remove_blob(sha256: str) -> None:
    """Remove the bytes kept under this hash; those that are gone already are no fault."""
    _path(sha256).unlink(missing_ok=True)


def probe() -> None:
    """Write and remove a file; raises OSError when the store cannot be written to."""
    path = _path("probe")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    path.unlink()


def _path(sha256: str) -> Path:
    root = Path(unquote(urlsplit(settings().blob_url).path))
    return root / sha256[:2] / sha256
