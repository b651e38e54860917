"""Photos of a case, small enough for a mail: who must answer should see the hole without signing in."""

import io

import structlog
from PIL import Image as Picture

from service.attachments.files import attachments_of, content_of
from service.attachments.records import Attachment
from service.mail.compose import Image
from service.tables import Session

log = structlog.get_logger()
MOST_SHOWN = 2
# Two photos of this size, in base64, leave room for the words in a mail of 100 KB. A photo is made smaller until it
# fits: (longest side in pixels, JPEG quality).
MOST_BYTES = 20_000
SIZES = ((900, 70), (720, 65), (600, 55), (480, 50), (360, 40), (240, 30))


def files_of(session: Session, complaint_id: int, event_seq: int) -> list[Attachment]:
    """The files that came with one event of a case."""
    return [file for file in attachments_of(session, complaint_id) if file.event_seq == event_seq]


def small_photos(files: list[Attachment]) -> tuple[Image, ...]:
    """The first photos among `files`, made small. One that cannot be read is left out: it must not stop the mail."""
    photos = [file for file in files if file.content_type == "image/jpeg"][:MOST_SHOWN]
    shown = []
    for number, file in enumerate(photos, 1):
        try:
            content = _small(content_of(file))
        except (OSError, Picture.DecompressionBombError) as error:
            log.warning("photo_not_in_mail", attachment_id=file.id, error=type(error).__name__)
            continue
        shown.append(Image(f"foto-{number}", f"foto-{number}.jpg", "image/jpeg", content))
    return tuple(shown)


def _small(content: bytes) -> bytes:
    with Picture.open(io.BytesIO(content)) as photo:
        photo.draft("RGB", (SIZES[0][0], SIZES[0][0]))
        picture = photo.convert("RGB")
    for side, quality in SIZES:
        picture.thumbnail((side, side))
        output = io.BytesIO()
        picture.save(output, "JPEG", quality=quality, optimize=True)
        if output.tell() <= MOST_BYTES:
            break
    return output.getvalue()
