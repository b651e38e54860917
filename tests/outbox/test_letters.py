"""Every kind of letter: small, safe in its headers, whole in text, readable in the dark and without pictures;
one thread a case."""

import io
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from PIL import Image
from sqlalchemy import select, text

from service.agencies.directory import Directory
from service.attachments.files import keep
from service.database import transaction
from service.mail.compose import clean_address
from service.notifications import render as rendering
from service.notifications.links import bounce_address
from service.notifications.render import TEMPLATES, WITH_FILES, render
from service.notifications.undelivered import tell_desk
from service.outbox import delivery
from service.outbox.records import OutboundMail
from service.tables import Session
from tests.fakes.smtp import FakeSmtp
from tests.outbox.letters import Contents, with_long_names, write_all, write_case

KINDS = sorted(path.name for path in TEMPLATES.iterdir() if path.is_dir())
MOST = 100_000
NOISE = 3000  # pixels a side: 8 MB of JPEG that hardly compresses
# Latin, markup, letters of four bytes, and lines of one letter: each is the worst for something.
WORST_TEXTS = {
    "words": "Jalan berlubang, mohon diperbaiki. " * 3000,
    "markup": "<b>&\"'" * 17_000,
    "emoji": "🕳️🚧" * 30_000,
    "lines": "a\n\n" * 33_000,
    "one word": "x" * 100_000,
}
ODD = 'Dinas "Baru", Kota; <x@y.example>'
LONG = "Dinas 🚧 Pekerjaan Umum, Perumahan Rakyat dan Kawasan Permukiman " * 4


def mails(ids: list[int]) -> list[tuple[str, EmailMessage]]:
    """Kind and mail of each letter, rendered and read again."""
    with transaction() as session:
        rows = session.scalars(select(OutboundMail).where(OutboundMail.id.in_(ids)).order_by(OutboundMail.id))
        return [(row.kind, message_from_bytes(render(session, row), policy=default)) for row in rows]  # type: ignore[misc]


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.fixture
def written(directory: Directory) -> list[tuple[str, EmailMessage]]:
    return mails(write_all(directory, Contents()))


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A photo of about 8 MB, the worst that one can be."""
    output = io.BytesIO()
    Image.effect_noise((NOISE, NOISE), 120).convert("RGB").save(output, "JPEG", quality=90)
    return output.getvalue()


def test_there_is_a_letter_of_every_kind(written: list[tuple[str, EmailMessage]]) -> None:
    assert sorted(dict(written)) == KINDS


@pytest.mark.parametrize(("worst", "name"), [*((worst, LONG) for worst in WORST_TEXTS), ("words", ODD)])
def test_every_letter_is_under_100_kb_whatever_people_write(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, worst: str, name: str
) -> None:
    named = with_long_names(directory, name)
    monkeypatch.setattr(rendering, "_directory", lambda _: named)
    for kind, mail in mails(write_all(named, Contents(text=WORST_TEXTS[worst], name=name, subject=name))):
        assert len(mail.as_bytes()) < MOST, kind


def test_photos_are_made_to_fit(directory: Directory, photo: bytes) -> None:
    assert 5_000_000 < len(photo) < 10_000_000
    kept = [keep(photo, f"foto-{number}.jpg") for number in range(5)]
    found = mails(write_all(directory, Contents(text=WORST_TEXTS["emoji"], files=tuple(kept))))
    for kind, mail in found:
        assert len(mail.as_bytes()) < MOST, kind
    letters = dict(found)
    for kind in WITH_FILES:
        pictures = [part for part in letters[kind].walk() if part.get_content_maintype() == "image"]
        assert len(pictures) == 2
        assert "3 berkas lain" in body(letters[kind], "html")


def test_subject_and_headers_cannot_be_injected(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "Budi\r\nBcc: semua@lain.example\r\n\r\n<script>"
    named = with_long_names(directory, evil)
    monkeypatch.setattr(rendering, "_directory", lambda _: named)
    for _, mail in mails(write_all(named, Contents(subject=evil, name=evil, text=evil))):
        assert mail["Bcc"] is None
        assert len(mail.get_all("To", [])) == 1
        assert "<script" not in body(mail, "html")


def test_every_letter_obeys_the_standards(written: list[tuple[str, EmailMessage]]) -> None:
    for kind, mail in written:
        raw = mail.as_bytes(policy=default.clone(linesep="\r\n"))
        assert raw.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        for header in ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Auto-Submitted"):
            assert len(mail.get_all(header, [])) == 1, header
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_charset() for part in mail.walk() if part.get_content_maintype() == "text"]
        assert not mail.defects
        assert ("List-Unsubscribe" in mail) == kind.startswith("digest")
        assert ("List-Unsubscribe-Post" in mail) == kind.startswith("digest")


class Reader(HTMLParser):
    """What a mail shows, and what its tags say."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_every_letter_is_readable_without_pictures_and_in_the_dark(written: list[tuple[str, EmailMessage]]) -> None:
    for _, mail in written:
        html = body(mail, "html")
        reader = Reader()
        reader.feed(html)
        pictures = [attributes for tag, attributes in reader.tags if tag == "img"]
        assert all(attributes.get("alt") and str(attributes["src"]).startswith("cid:") for attributes in pictures)
        assert not [tag for tag, _ in reader.tags if tag in ("script", "link", "iframe", "form")]
        assert 'name="color-scheme" content="light dark"' in html
        dark = re.search(r"@media \(prefers-color-scheme:\s*dark\)\s*\{(.*)\}", html, re.DOTALL)
        assert dark
        assert "color:" in dark[1]
        assert "!important" in dark[1]


def test_every_letter_says_all_in_its_text(written: list[tuple[str, EmailMessage]]) -> None:
    """Every link of the HTML stands in the text, and every number of a case."""
    for _, mail in written:
        words, html = body(mail, "plain"), body(mail, "html")
        for link in re.findall(r'href="([^"]+)"', html):
            assert link.replace("&amp;", "&") in words, link
        assert set(re.findall(r"BKL-26-\d{5}", html)) <= set(re.findall(r"BKL-26-\d{5}", words))
        assert "None" not in words
        assert "{" not in words


def test_an_address_beyond_ascii_is_shelved_with_its_reason_and_an_idn_domain_is_written_to(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    """No SMTPUTF8 (docs/decisions/015): few servers speak it; the desk is told instead."""
    write_all(directory, Contents())
    session.execute(text("UPDATE outbound_mail SET to_address = 'sari@bücher.example' WHERE kind = 'answer'"))
    session.execute(text("UPDATE outbound_mail SET to_address = 'särí@warga.example' WHERE kind = 'forwarded'"))
    session.commit()
    while delivery.turn(transaction, smtp, render, tell_desk, bounce_address):
        pass
    assert clean_address("sari@bücher.example") == "sari@xn--bcher-kva.example"
    assert smtp.to("sari@xn--bcher-kva.example")
    rows = session.scalars(select(OutboundMail).where(OutboundMail.kind == "forwarded")).all()
    assert rows
    for row in rows:
        assert row.status == "dead"
        assert "not an address" in row.log[-1]["words"]


def base_subject(subject: str) -> str:
    """RFC 5256 §2.1, as far as our letters need it."""
    return re.sub(r"^(?:\s*(?:re|fwd?|bls):)*\s*", "", subject, flags=re.IGNORECASE).strip()


def threads(found: list[EmailMessage]) -> list[set[str]]:
    """Threads as Gmail makes them: mails that name each other or a common mail, while the base subject is the same."""
    made: list[tuple[str, set[str], set[str]]] = []
    for mail in found:
        ids = {mail["Message-ID"], *str(mail.get("References", "")).split(), *str(mail.get("In-Reply-To", "")).split()}
        subject = base_subject(mail["Subject"])
        same = next((thread for thread in made if thread[0] == subject and thread[1] & ids), None)
        if same is None:
            same = (subject, set(), set())
            made.append(same)
        same[1].update(ids)
        same[2].add(mail["Message-ID"])
    return [members for _, _, members in made]


def test_all_letters_of_a_case_to_one_reader_are_one_thread(directory: Directory, session: Session) -> None:
    write_case(directory, Contents())
    write_case(directory, Contents(subject="Lampu jalan mati"))
    by_reader: dict[tuple[str, int], list[EmailMessage]] = {}
    query = select(OutboundMail).where(OutboundMail.complaint_id.is_not(None), OutboundMail.thread != [])
    for row in session.scalars(query.order_by(OutboundMail.id)):
        mail = message_from_bytes(render(session, row), policy=default)
        by_reader.setdefault((row.to_address, row.complaint_id or 0), []).append(mail)  # type: ignore[arg-type]
    assert max(map(len, by_reader.values())) >= 5
    for found in by_reader.values():
        assert len(threads(found)) == 1
        for earlier, later in pairwise(found):
            assert later["In-Reply-To"] == earlier["Message-ID"]
    everything = [mail for found in by_reader.values() for mail in found]
    assert len({base_subject(mail["Subject"]) for mail in everything}) == 2


def test_the_first_line_and_the_sender_say_what_the_subject_does_not(written: list[tuple[str, EmailMessage]]) -> None:
    reminder = dict(written)["reminder"]
    assert reminder["Subject"] == "[BKL-26-00001] Jalan berlubang di depan SD 45"
    assert body(reminder, "plain").startswith("Hal: Pengingat, jawaban ditunggu sampai")
    assert "Pengingat" in reminder["From"]
    assert reminder["Importance"] == "high"
    points = [line for _, mail in written for line in body(mail, "plain").split("\n")[:1] if line.startswith("Hal: ")]
    assert len(points) > len(KINDS)
    assert not [point for point in points if "BKL-26" in point]


def test_digests_name_figures_before_the_agency(written: list[tuple[str, EmailMessage]]) -> None:
    subject = str(dict(written)["digest_head"]["Subject"])
    assert re.match(r"Rekapitulasi 2026-W47: \d+ dari \d+ tepat waktu, ", subject)
    assert len(subject) < 70
