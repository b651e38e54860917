"""Photos that citizens of the simulated city send: drawn, not taken, so that nobody's rights or face are in them.

They carry what a telephone writes into a photo (maker, time, place), to show that Tuntas takes it out again.
"""

import io
from collections.abc import Callable
from random import Random

from PIL import ExifTags, Image

from demo import photo_scenes, photo_scenes_more

SCENES: dict[str, Callable[[Random], Image.Image]] = {
    "pothole": photo_scenes.pothole,
    "rubbish": photo_scenes.rubbish,
    "dark-street": photo_scenes.dark_street,
    "flood": photo_scenes.flood,
    "broken-pipe": photo_scenes_more.broken_pipe,
    "clogged-drain": photo_scenes_more.clogged_drain,
    "fallen-tree": photo_scenes_more.fallen_tree,
    "smoke": photo_scenes_more.smoke,
    "murky-water": photo_scenes_more.murky_water,
    "broken-bridge": photo_scenes_more.broken_bridge,
    "leaking-roof": photo_scenes_more.leaking_roof,
}
# A citizen on a slow network sends no more than this.
LIMIT = 200_000
# The middle of Kota Bengkulu, in degrees; photos scatter around it.
LATITUDE, LONGITUDE = -3.80, 102.27


def make(kind: str, seed: int) -> bytes:
    """Draw a photo of one of SCENES as JPEG, 1200 × 900, at most LIMIT bytes, with EXIF and a GPS position.

    The same kind and seed show the same scene (only the grain differs). Raises KeyError for an unknown kind.
    """
    random = Random(f"{kind}/{seed}")
    picture = SCENES[kind](random)
    exif = _exif(random)
    for quality in range(80, 20, -6):
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, exif=exif)
        if file.tell() <= LIMIT:
            break
    return file.getvalue()


def _exif(random: Random) -> Image.Exif:
    """What a telephone notes about the picture it took."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Contoh"
    exif[ExifTags.Base.Model] = random.choice(["Ponsel 5", "Ponsel 7 Lite", "Ponsel A3"])
    exif[ExifTags.Base.Software] = "Kamera 2.1"
    exif[ExifTags.Base.DateTime] = (
        f"2026:11:{random.randint(10, 22):02} {random.randint(6, 18):02}:{random.randint(0, 59):02}:00"
    )
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "S"
    gps[ExifTags.GPS.GPSLatitude] = _degrees(-LATITUDE + random.uniform(-0.05, 0.05))
    gps[ExifTags.GPS.GPSLongitudeRef] = "E"
    gps[ExifTags.GPS.GPSLongitude] = _degrees(LONGITUDE + random.uniform(-0.01, 0.06))
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    """Degrees, minutes and seconds of an angle."""
    minutes = (value % 1) * 60
    return float(int(value)), float(int(minutes)), round((minutes % 1) * 60, 2)
