"""How one mail is shown: words of its dates, its HTML made harmless, its JSON."""

import base64
import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from deploy.local.mail_index import MailIndex
from deploy.local.store import Kept
from service.mail.message import Attachment, Message
from service.mail.parse import parse

ZONE = ZoneInfo("Asia/Jakarta")
DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}']")
CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)
SHOWN_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


class Letters:
    """Parsed mails of an index. Few are kept whole: one may have 40 MB."""

    def __init__(self, index: MailIndex) -> None:
        self.index = index
        self.message = lru_cache(maxsize=16)(self._message)
        self.preview = lru_cache(maxsize=5_000)(self._preview)
        self.as_json = lru_cache(maxsize=2_000)(self._as_json)

    def _message(self, name: str) -> Message:
        return parse(self.index.store.raw(name))

    def _preview(self, name: str) -> tuple[str, int]:
        """The first words of a mail, and its number of files."""
        message = self.message(name)
        words = " ".join((message.reply_text or message.text)[:400].split())
        return words[:160], len(files(message))

    def _as_json(self, mail: Kept) -> dict:
        """The mail as `/mailbox/api/messages` gives it; addresses are bare, dates ISO 8601 in UTC."""
        message = self.message(mail.id)
        return {
            "id": mail.id,
            "from": mail.from_address or mail.sender,
            "from_name": mail.from_name,
            "to": mail.recipient,
            "subject": message.subject,
            "date": (message.date or mail.received).astimezone(UTC).isoformat(),
            "received": mail.received.isoformat(),
            "message_id": mail.message_id or None,
            "in_reply_to": mail.in_reply_to or None,
            "references": list(mail.references),
            "reply_to": mail.reply_to or None,
            "return_path": mail.sender,
            "text": message.text,
            "html": message.html or "",
            "attachments": [
                {
                    "filename": part.filename,
                    "content_type": part.content_type,
                    "size": len(part.content),
                    "content_id": part.content_id,
                    "inline": part.inline,
                }
                for part in message.attachments
            ],
        }


def files(message: Message) -> list[tuple[int, Attachment]]:
    """The attachments to be listed, with their numbers: not the pictures that the HTML shows itself."""
    html = message.html or ""
    shown = {part_id.strip("<>") for part_id in CID.findall(html)}
    return [
        (number, part)
        for number, part in enumerate(message.attachments)
        if not (part.content_id and part.content_id.strip("<>") in shown)
    ]


def harmless_html(message: Message) -> str:
    """The HTML of a mail for the sandboxed frame: its own pictures inside it, links opening a new window."""
    pictures = {
        part.content_id.strip("<>"): part
        for part in message.attachments
        if part.content_id and part.content_type in SHOWN_IMAGES
    }

    def inside(match: re.Match) -> str:
        part = pictures.get(match[1].strip("<>"))
        if part is None:
            return match[0]
        return f"data:{part.content_type};base64,{base64.b64encode(part.content).decode()}"

    head = '<!doctype html><meta charset="utf-8"><base target="_blank"><style>img{max-width:100%;height:auto}</style>'
    return head + CID.sub(inside, message.html or "")


def with_links(text: str) -> Markup:
    """Plain text with its web addresses as links."""
    pieces = []
    end = 0
    for match in LINK.finditer(text):
        pieces += [escape(text[end : match.start()]), Markup('<a href="{0}">{0}</a>').format(match[0])]
        end = match.end()
    return Markup("").join([*pieces, escape(text[end:])])


def long_time(moment: datetime) -> str:
    """Senin, 23 November 2026 pukul 14.30 WIB"""
    local = moment.astimezone(ZONE)
    day = f"{DAYS[local.weekday()]}, {local.day} {MONTHS[local.month - 1]} {local.year}"
    return f"{day} pukul {local:%H.%M} WIB"


def short_time(moment: datetime) -> str:
    """Sen, 23 Nov 14.30"""
    local = moment.astimezone(ZONE)
    return f"{DAYS[local.weekday()][:3]}, {local.day} {MONTHS[local.month - 1][:3]} {local:%H.%M}"


def size_words(size: int) -> str:
    """1,4 MB"""
    for limit, unit in ((1_000_000, "MB"), (1_000, "kB")):
        if size >= limit:
            return f"{size / limit:.1f} {unit}".replace(".", ",")
    return f"{size} B"


def initials(name: str) -> str:
    """Two letters for the round picture."""
    words = [word for word in re.split(r"[\s@.]+", name) if word[:1].isalnum()]
    return ("".join(word[0] for word in words[:2]) or "?").upper()


def hue(address: str) -> int:
    """A colour class (0-7) that stays with an address."""
    return sum(map(ord, address)) % 8
