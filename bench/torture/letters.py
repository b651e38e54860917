"""The mails of the torture: which there are, and how each is written. The same seed gives the same mails.

Every mail bears its id in the header `X-Number`, the first of its headers, so that it can be found again whatever
became of it.
"""

import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage

from PIL import Image

from bench.corpus import story
from service.mail.message import Message
from tests.mails import mail
from tests.road.parts import MAIL_ADDRESS

MARK = re.compile(rb"^X-Number: (\w+)\r?$", re.MULTILINE)
# Stands in the words of a complaint, and so in every letter that quotes them; one that is sent again has it again.
QUOTED_MARK = re.compile(r"\bc(\d{5}x)\b")
# Many, as in life: a whole city does not write from one domain.
DOMAINS = tuple(f"rt{number:02d}.example" for number in range(1, 61))
AGENCIES = ("pupr", "dlh", "dishub", "dinkes", "dinsos", "disdukcapil", "satpolpp", "pdam", "bpbd")
# Of a hundred mails so many are of each sort. Those of the second group answer a letter of ours.
FIRST_SHARES = {"plain": 34, "html": 16, "twice": 6, "both": 3, "again": 6, "hostile": 5}
REPLY_SHARES = {"answer": 13, "answer twice": 3, "follow-up": 8, "bounce": 3, "auto": 3}
# Most mails come in bursts of about so many, as after a storm: kills shall meet workers that have work.
BURST, BURST_SHARE = 25, 0.7
COMPLAINTS = ("plain", "html", "twice", "both")


@dataclass
class Planned:
    """One mail that will be sent. `at` is when, as a share of the whole time; `about` is the id of the complaint that
    it repeats or belongs to. `raw` is empty until the letter has arrived that it answers."""

    id: str
    sort: str
    sender: str
    recipients: tuple[str, ...]
    at: float
    raw: bytes = b""
    about: str = ""
    times: int = 1
    accepted: list[float] = field(default_factory=list)  # when the mail server said 250 (machine time)


def plan(number: int, dice: random.Random) -> list[Planned]:
    """So many mails, of all sorts, in the order in which they are to be sent."""
    shares = FIRST_SHARES | REPLY_SHARES
    sorts = dice.choices(list(shares), list(shares.values()), k=max(0, number - len(shares))) + list(shares)
    dice.shuffle(sorts)
    ids = [f"m{position:05d}x" for position in range(len(sorts))]
    mails = [_first(i, s, dice) for i, s in zip(ids, sorts, strict=True) if s in FIRST_SHARES and s != "again"]
    bursts = [dice.random() for _ in range(1 + len(mails) // BURST)]
    for planned in mails:
        if dice.random() < BURST_SHARE:
            planned.at = dice.choice(bursts)
    # A complaint is repeated, answered or bounced once at most, so that it is plain what must come of it.
    subjects = [made for made in mails if made.sort in ("plain", "html", "twice")]
    free = {"again": [m for m in subjects if m.sort == "plain"], "answer": list(subjects), "citizen": list(subjects)}
    for pile in free.values():
        dice.shuffle(pile)
    for identity, sort in zip(ids, sorts, strict=True):
        if sort not in FIRST_SHARES or sort == "again":
            mails.append(_later(identity, sort, free, dice))
    return sorted(mails, key=lambda planned: planned.at)


def _first(identity: str, sort: str, dice: random.Random) -> Planned:
    number = int(identity[1:-1])
    sender = f"warga{number}@{DOMAINS[number % len(DOMAINS)]}"
    tags = dice.sample(AGENCIES, 2)
    recipients: tuple[str, ...] = (MAIL_ADDRESS if dice.random() < 0.7 else _tagged(tags[0]),)
    if sort == "both":
        recipients = (_tagged(tags[0]), _tagged(tags[1]))
    if sort == "hostile":
        raw = HOSTILE[number % len(HOSTILE)](identity, sender, dice)
    else:
        raw = _complaint(identity, sender, sort, ", ".join(recipients))
    return Planned(identity, sort, sender, recipients, dice.random(), raw, times=2 if sort == "twice" else 1)


def _later(identity: str, sort: str, free: dict[str, list[Planned]], dice: random.Random) -> Planned:
    pile = {"again": "again", "follow-up": "citizen", "bounce": "citizen"}.get(sort, "answer")
    about = free[pile].pop()
    times = 2 if sort == "answer twice" else 1
    if sort != "again":
        return Planned(identity, sort, about.sender, (), about.at, about=about.id, times=times)
    raw = about.raw.replace(about.id.encode(), identity.encode())
    at = about.at + (1 - about.at) * dice.random() / 4
    return Planned(identity, sort, about.sender, about.recipients, at, raw, about=about.id)


def _tagged(tag: str) -> str:
    local, _, domain = MAIL_ADDRESS.partition("@")
    return f"{local}+{tag}@{domain}"


def _marked(identity: str, raw: bytes) -> bytes:
    return f"X-Number: {identity}\r\n".encode() + raw


def _complaint(identity: str, sender: str, sort: str, to: str) -> bytes:
    number = int(identity[1:-1])
    told = story(number, 400 + 97 * (number % 30))
    words = f"Aduan c{number:05d}x. {told.text}"
    message_id = f"<{identity}@{sender.partition('@')[2]}>"
    author = f"{told.name} <{sender}>"
    if sort != "html":
        return _marked(identity, mail(author, to, told.subject, words, Message_ID=message_id))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Message-ID"] = author, to, told.subject, message_id
    message.set_content(f"<p>{words.replace(chr(10), '<br>')}</p>", subtype="html")
    message.add_attachment(_photo(number), maintype="image", subtype="jpeg", filename=f"foto {number}.jpg")
    return _marked(identity, message.as_bytes().replace(b"\n", b"\r\n"))


def _photo(number: int) -> bytes:
    """A small photo, another one for each number."""
    colour = (number % 251, number // 251 % 251, 99)
    taken = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(taken, "JPEG")
    return taken.getvalue()


def reply_to(planned: Planned, letter: Message, reader: str) -> None:
    """Write the mail that answers `letter`, which `reader` has received."""
    words = {
        "answer": "Terima kasih atas laporannya. Petugas kami memeriksa ke lokasi besok pagi dan langsung bekerja.",
        "follow-up": "Tambahan dari saya: keadaannya bertambah parah sejak hujan tadi malam.",
        "auto": "Saya sedang tidak di kantor dan membaca surat kembali hari Senin.",
    }[planned.sort.partition(" ")[0]]
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    text = f"{words}\n\nPada Sen, 23 Nov 2026 pukul 08.00 Pengaduan <{MAIL_ADDRESS}> menulis:\n{quoted}\n"
    address = letter.reply_to[0] if letter.reply_to else MAIL_ADDRESS
    headers = {
        "In_Reply_To": letter.message_id,
        "References": letter.message_id,
        "Message_ID": f"<{planned.id}@{reader.partition('@')[2]}>",
    }
    if planned.sort == "auto":
        headers["Auto_Submitted"] = "auto-replied"
    planned.sender, planned.recipients = reader, (address,)
    planned.raw = _marked(planned.id, mail(reader, address, f"Re: {letter.subject}", text, **headers))


def bounce_of(planned: Planned, message_id: str, return_path: str) -> None:
    """Write the delivery status that says that `message_id` could not be delivered after all."""
    edge = f"batas-{planned.id}"
    lines = (
        f"From: MAILER-DAEMON@{planned.sender.partition('@')[2]}",
        f"To: {return_path}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Message-ID: <{planned.id}@{planned.sender.partition('@')[2]}>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{edge}"',
        "",
        f"--{edge}",
        "Content-Type: text/plain",
        "",
        "I could not deliver your mail.",
        f"--{edge}",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        f"Final-Recipient: rfc822; {planned.sender}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 user unknown",
        "",
        f"--{edge}",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {message_id}",
        f"To: {planned.sender}",
        "",
        f"--{edge}--",
        "",
    )
    planned.sender, planned.recipients = "", (return_path,)
    planned.raw = _marked(planned.id, "\r\n".join(lines).encode())


Maker = Callable[[str, str, random.Random], bytes]


def _no_sender(identity: str, _sender: str, _dice: random.Random) -> bytes:
    return _marked(identity, f"Subject: Tanpa pengirim\r\n\r\nLampu jalan mati di gang {identity}.\r\n".encode())


def _garbage(identity: str, _sender: str, dice: random.Random) -> bytes:
    noise = dice.randbytes(3000).replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    return _marked(identity, b"\r\n".join(noise[start : start + 70] for start in range(0, len(noise), 70)) + b"\r\n")


def _unknown_charset(identity: str, sender: str, dice: random.Random) -> bytes:
    head = f"From: =?x-unheard-of?Q?=FF=FE?= <{sender}>\r\nMessage-ID: <{identity}@[b\r\nSubject: =?utf-8?B?////?=\r\n"
    body = b'Content-Type: text/plain; charset="x-unheard-of"\r\nContent-Transfer-Encoding: base64\r\n\r\n====\xff\r\n'
    return _marked(identity, head.encode() + body)


def _nested(identity: str, sender: str, _dice: random.Random) -> bytes:
    edges = [f"e{depth}" for depth in range(60)]
    down = "".join(f'Content-Type: multipart/mixed; boundary="{edge}"\r\n\r\n--{edge}\r\n' for edge in edges)
    return _marked(identity, f"From: {sender}\r\nSubject: Dalam\r\nMIME-Version: 1.0\r\n{down}\r\nisi\r\n".encode())


def _many_headers(identity: str, sender: str, _dice: random.Random) -> bytes:
    head = "".join(f"X-Banyak-{number}: {number}\r\n" for number in range(500))
    return _marked(identity, f"From: {sender}\r\n{head}Subject: Kepala panjang\r\n\r\nSelokan mampet.\r\n".encode())


def _ends_early(identity: str, sender: str, _dice: random.Random) -> bytes:
    head = f"From: {sender}\r\nSubject: Terpotong\r\nMessage-ID: <{identity}@x.example>\r\nMIME-Version: 1.0\r\n"
    return _marked(identity, f'{head}Content-Type: multipart/mixed; boundary="a"\r\n\r\n--a\r\nContent-Ty'.encode())


def _only_quotes(identity: str, sender: str, _dice: random.Random) -> bytes:
    head = f"From: {sender}\r\nSubject: Re: Re: Re:\r\nMessage-ID: <{identity}@x.example>\r\n"
    return _marked(identity, f"{head}\r\n> kosong\r\n> kosong\r\n".encode())


HOSTILE: tuple[Maker, ...] = (
    _no_sender, _garbage, _unknown_charset, _nested, _many_headers, _ends_early, _only_quotes,
)  # fmt: skip
