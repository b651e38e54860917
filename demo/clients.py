"""Mails as the programs of citizens and offices write them: plain, HTML, quoted in each one's own way. Pure.

Addresses of the demo end in .example, so no program is told by its domain; what differs is what a receiver has to cope
with: the parts, the quotation, the signature, the words "sent from".
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from html import escape
from textwrap import wrap

from demo.notices import Notice

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
QUOTED_LINES = 60


@dataclass(frozen=True)
class Letter:
    """What somebody writes, before a mail program makes bytes of it: `at` is aware, `answered` the mail replied to."""

    from_name: str
    from_address: str
    to: str
    subject: str
    text: str
    at: datetime
    answered: Notice | None = None
    photo: bytes | None = None
    signature: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def compose(client: str, letter: Letter, zone: tzinfo) -> bytes:
    """The bytes that `client` (a key of CLIENTS) sends."""
    mail = EmailMessage(policy=policy.SMTP.clone(max_line_length=76))
    prefix, fill = CLIENTS[client]
    mail["From"] = f'"{letter.from_name}" <{letter.from_address}>' if letter.from_name else letter.from_address
    mail["To"] = letter.to
    mail["Subject"] = _subject(letter, prefix)
    mail["Date"] = format_datetime(letter.at.astimezone(zone))
    mail["Message-ID"] = make_msgid(domain=letter.from_address.rpartition("@")[2])
    if letter.answered is not None:
        mail["In-Reply-To"] = letter.answered.message_id
        mail["References"] = " ".join([*letter.answered.references[-9:], letter.answered.message_id])
    for name, value in letter.headers:
        mail[name] = value
    fill(mail, letter, zone)
    if letter.photo is not None:
        name = f"IMG_{letter.at.astimezone(zone):%Y%m%d_%H%M%S}.jpg"
        mail.add_attachment(letter.photo, maintype="image", subtype="jpeg", filename=name)
    return mail.as_bytes()


def _subject(letter: Letter, prefix: str) -> str:
    if letter.answered is None:
        return letter.subject
    subject = letter.answered.subject
    return subject if subject.lower().startswith(("re:", "bls:")) else f"{prefix} {subject}"


def _gmail(mail: EmailMessage, letter: Letter, zone: tzinfo) -> None:
    """Text and HTML; the quotation in a div of its own, the signature behind two dashes."""
    text, html = letter.text, f'<div dir="ltr">{_html(letter.text)}</div>'
    if letter.signature:
        text += f"\n\n-- \n{letter.signature}"
        html += f'<div><br></div>-- <br><div dir="ltr" class="gmail_signature">{_html(letter.signature)}</div>'
    if letter.answered is not None:
        at = letter.answered.received.astimezone(zone)
        line = f"Pada {DAYS[at.weekday()][:3]}, {at.day} {MONTHS[at.month - 1][:3]} {at.year} pukul {at:%H.%M}"
        who = f"{letter.answered.sender_name} <{letter.answered.reply_to}>"
        text += f"\n\n{line} {who}\nmenulis:\n\n{_quoted(letter.answered.text)}"
        html += (
            f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{line} {escape(who)} menulis:<br></div>'
            f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">'
            f"{_html(letter.answered.text)}</blockquote></div>"
        )
    mail.set_content(text + "\n")
    mail.add_alternative(html, subtype="html")


def _outlook(mail: EmailMessage, letter: Letter, zone: tzinfo) -> None:
    """Word's HTML; the old mail below a block of its headers, not marked in any other way."""
    mail["X-Mailer"] = "Microsoft Outlook 16.0"
    text = letter.text + (f"\n\n{letter.signature}" if letter.signature else "")
    html = "".join(f'<p class="MsoNormal">{escape(line) or "&nbsp;"}</p>' for line in text.split("\n"))
    if letter.answered is not None:
        at = letter.answered.received.astimezone(zone)
        head = (
            ("Dari", f"{letter.answered.sender_name} <{letter.answered.reply_to}>"),
            ("Dikirim", f"{DAYS[at.weekday()]}, {at:%d} {MONTHS[at.month - 1]} {at.year} {at:%H.%M}"),
            ("Kepada", letter.answered.to),
            ("Perihal", letter.answered.subject),
        )
        block = "\n".join(f"{name}: {value}" for name, value in head)
        text += f"\n\n________________________________\n{block}\n\n{letter.answered.text}"
        rows = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in head)
        html += (
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
            f'<p class="MsoNormal">{rows}</p></div><div>{_html(letter.answered.text)}</div>'
        )
    mail.set_content(text + "\n")
    page = '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{margin:0cm}</style></head>'
    mail.add_alternative(f'{page}<body lang="IN"><div class="WordSection1">{html}</div></body></html>', subtype="html")


def _yahoo(mail: EmailMessage, letter: Letter, zone: tzinfo) -> None:
    """The app on Android: its own advertisement between the words and the quotation."""
    advert = "Terkirim dari Yahoo Mail di Android"
    text, html = f"{letter.text}\n\n{advert}", f"<div>{_html(letter.text)}</div><br><a>{advert}</a>"
    if letter.answered is not None:
        at = letter.answered.received.astimezone(zone)
        line = (
            f"Pada {DAYS[at.weekday()]}, {at.day} {MONTHS[at.month - 1]} {at.year} pukul {at:%H.%M.%S} WIB, "
            f"{letter.answered.sender_name} <{letter.answered.reply_to}> menulis:"
        )
        text += f"\n\n{line}\n\n{_quoted(letter.answered.text)}"
        html += (
            f'<blockquote style="margin:0 0 20px 0"><div>{escape(line)}</div>'
            f'<div style="padding:10px 0 0 20px">{_html(letter.answered.text)}</div></blockquote>'
        )
    mail.set_content(text + "\n")
    mail.add_alternative(f"<html><body>{html}</body></html>", subtype="html")


def _iphone(mail: EmailMessage, letter: Letter, zone: tzinfo) -> None:
    """Plain text, and which telephone it was."""
    text = f"{letter.text}\n\nDikirim dari iPhone saya"
    if letter.answered is not None:
        at = letter.answered.received.astimezone(zone)
        line = f"Pada {at.day} {MONTHS[at.month - 1][:3]} {at.year}, pukul {at:%H.%M}, {letter.answered.sender_name}"
        text += f"\n\n> {line} <{letter.answered.reply_to}> menulis:\n> \n{_quoted(letter.answered.text)}"
    mail.set_content(text + "\n")


def _thunderbird(mail: EmailMessage, letter: Letter, zone: tzinfo) -> None:
    """Plain text wrapped at 72 columns, the answer above the quotation."""
    mail["User-Agent"] = "Mozilla Thunderbird"
    text = "\n".join("\n".join(wrap(line, 72)) if line.strip() else "" for line in letter.text.split("\n"))
    if letter.signature:
        text += f"\n\n-- \n{letter.signature}"
    if letter.answered is not None:
        at = letter.answered.received.astimezone(zone)
        text += f"\n\nPada {at:%d/%m/%Y} {at:%H.%M}, {letter.answered.sender_name} menulis:\n"
        text += _quoted(letter.answered.text)
    mail.set_content(text + "\n")


def _webmail(mail: EmailMessage, letter: Letter, zone: tzinfo) -> None:
    """The webmail of an office: plain, and the old mail under a line of dashes."""
    mail["User-Agent"] = "Webmail Pemerintah Kota 1.6"
    text = letter.text + (f"\n\n{letter.signature}" if letter.signature else "")
    if letter.answered is not None:
        at = letter.answered.received.astimezone(zone)
        text += (
            f"\n\n----- Pesan Asli -----\nDari: {letter.answered.sender_name} <{letter.answered.reply_to}>\n"
            f"Kepada: {letter.answered.to}\nTerkirim: {DAYS[at.weekday()]}, {at.day} {MONTHS[at.month - 1]} {at.year} "
            f"{at:%H:%M:%S}\nPerihal: {letter.answered.subject}\n\n{letter.answered.text}"
        )
    mail.set_content(text + "\n")


# What a reply's subject begins with, and who fills the body.
CLIENTS = {
    "gmail": ("Re:", _gmail),
    "outlook": ("RE:", _outlook),
    "yahoo": ("Bls:", _yahoo),
    "iphone": ("Re:", _iphone),
    "thunderbird": ("Re:", _thunderbird),
    "webmail": ("Re:", _webmail),
}
AUTOMATIC = (("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"))
CITIZENS = ("gmail", "gmail", "gmail", "iphone", "yahoo", "outlook", "gmail", "thunderbird")
OFFICES = ("outlook", "gmail", "webmail", "thunderbird")


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().split("\n")[:QUOTED_LINES])


def _html(text: str) -> str:
    return "<br>\n".join(escape(line) for line in text.strip().split("\n"))
