"""The form's fields: what was typed, and what is wrong with it."""

import hashlib
import re
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from service.attachments.files import KeptFile
from service.casework.open import Submission
from service.web.public.choices import Choices
from service.web.words import one_line, tidy

MOST_TEXT = 20_000
LONGEST = {"place": 300, "name": 120, "email": 254, "phone": 40}
_EMAIL = re.compile(r"[^@\s<>()\[\],;:\"\\]+@[^@\s<>()\[\],;:\"\\]+\.[^@\s<>()\[\],;:\"\\.]{2,}")
_KEY = re.compile(r"[0-9a-f-]{32,36}")


@dataclass(frozen=True)
class Typed:
    """What stands in the fields, tidied, right or wrong."""

    submission_key: str
    text: str = ""
    category: str = ""
    area: str = ""
    place: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    anonymous: bool = False
    confidential: bool = False
    website: str = ""  # no human sees this field


@dataclass(frozen=True)
class Reading:
    """The typed fields with a sentence for each that is wrong."""

    typed: Typed
    faults: dict[str, str] = field(default_factory=dict)


def blank() -> Typed:
    """An empty form, with a key of its own: sent twice, it is one complaint."""
    return Typed(submission_key=str(uuid.uuid4()))


def read(form: MultiDict[str, str], lists: Choices) -> Reading:
    """Take the fields from `form` and judge them."""
    key = form.get("submission_key", "").strip().lower()
    typed = Typed(
        submission_key=key if _KEY.fullmatch(key) else str(uuid.uuid4()),
        text=tidy(form.get("text", "")),
        category=form.get("category", "").strip(),
        area=form.get("area", "").strip(),
        place=one_line(form.get("place", "")),
        name=one_line(form.get("name", "")),
        email=one_line(form.get("email", "")),
        phone=one_line(form.get("phone", "")),
        anonymous=bool(form.get("anonymous")),
        confidential=bool(form.get("confidential")),
        website=form.get("website", "").strip(),
    )
    return Reading(typed, _faults(typed, lists))


def _faults(typed: Typed, lists: Choices) -> dict[str, str]:
    faults = {}
    if not typed.text:
        faults["text"] = _("Tuliskan apa yang terjadi. Satu kalimat pun cukup.")
    if len(typed.text) > MOST_TEXT:
        faults["text"] = _(
            "Tulisan Anda %(count)s huruf; paling banyak %(most)s. Sisanya dapat Anda kirim sebagai berkas PDF.",
            count=len(typed.text),
            most=MOST_TEXT,
        )
    if typed.category and typed.category not in lists.topics:
        faults["category"] = _("Pilih salah satu dari daftar, atau “Tidak tahu”.")
    if typed.area and typed.area not in lists.places:
        faults["area"] = _("Pilih salah satu dari daftar, atau kosongkan.")
    for name, longest in LONGEST.items():
        if len(getattr(typed, name)) > longest:
            faults[name] = _("Terlalu panjang: paling banyak %(most)s huruf.", most=longest)
    if typed.email and "email" not in faults and not _EMAIL.fullmatch(typed.email):
        faults["email"] = _("Alamat email ini tampaknya salah tulis. Contoh yang benar: nama@contoh.id")
    if typed.phone and "phone" not in faults and not 8 <= sum(c.isdigit() for c in typed.phone) <= 15:
        faults["phone"] = _("Nomor telepon ini tampaknya salah tulis. Contoh yang benar: 0812 3456 7890")
    return faults


def submission(typed: Typed, lists: Choices, files: list[KeptFile], arrived_at: datetime) -> Submission:
    """The complaint that the form describes."""
    topic, ward = lists.topics.get(typed.category), lists.places.get(typed.area)
    return Submission(
        channel="form",
        received_at=arrived_at,
        text=typed.text,
        category_id=topic.id if topic else None,
        area_id=ward.id if ward else None,
        place=typed.place,
        anonymous=typed.anonymous,
        confidential=typed.confidential,
        reporter_name=typed.name,
        reporter_email=typed.email.lower(),
        reporter_phone=typed.phone,
        submission_key=ledger_key(typed, files),
        files=files,
    )


def ledger_key(typed: Typed, files: list[KeptFile]) -> str:
    """The form's key and a hash of all that stands in it.

    A double click repeats both. Whoever goes back and writes something else has written another complaint, and it
    must not be taken for the first.
    """
    content = repr((replace(typed, submission_key=""), [file.sha256 for file in files]))
    return f"{typed.submission_key}:{hashlib.sha256(content.encode()).hexdigest()[:24]}"
