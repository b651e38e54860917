"""Whatever program a simulated person uses, their own words arrive, and nothing else."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from demo.clients import AUTOMATIC, CLIENTS, Letter, compose
from demo.notices import Notice
from demo.photos import make
from service.mail.parse import parse

ZONE = ZoneInfo("Asia/Jakarta")
AT = datetime(2026, 11, 20, 7, 2, tzinfo=UTC)
ASSIGNMENT = Notice(
    id="000007",
    kind="assignment",
    number="BKL-26-00004",
    sender="lapor@bengkulukota.example",
    sender_name="Pengaduan Kota Bengkulu",
    to="pupr@bengkulukota.example",
    reply_to="lapor+r-4-a9-abcdefghijklmnop@bengkulukota.example",
    subject="[BKL-26-00004] Pengaduan untuk Dinas PUPR: Lubang besar di Jalan Hibrida",
    text="Yth. Dinas PUPR,\n\nAda pengaduan warga.\n\nNomor : BKL-26-00004\n----------\nLubang besar\n----------",
    message_id="<bkl-26-00004.2@bengkulukota.example>",
    references=("<bkl-26-00004.pupr@bengkulukota.example>",),
    received=AT,
)
WORDS = "Yth. Ibu Sari,\n\nLubang di Jalan Hibrida ditambal besok pukul 08.30.\n\nMohon berhati-hati saat melintas."


def letter(**more) -> Letter:
    return Letter(
        from_name="Budi Santoso",
        from_address="pupr@bengkulukota.example",
        to=ASSIGNMENT.reply_to,
        subject="Lubang",
        text=WORDS,
        at=AT,
        **more,
    )


@pytest.mark.parametrize("client", CLIENTS)
def test_a_reply_arrives_without_the_quotation(client: str) -> None:
    message = parse(compose(client, letter(answered=ASSIGNMENT), ZONE))
    assert " ".join(message.reply_text.split()) == " ".join(WORDS.split())
    assert message.in_reply_to == ASSIGNMENT.message_id
    assert ASSIGNMENT.number in message.subject
    assert message.auto is None


@pytest.mark.parametrize("client", CLIENTS)
def test_a_reply_quotes_what_it_answers(client: str) -> None:
    assert "Lubang besar" in parse(compose(client, letter(answered=ASSIGNMENT), ZONE)).text


@pytest.mark.parametrize("client", CLIENTS)
def test_a_first_mail_arrives_with_its_photo(client: str) -> None:
    photo = make("pothole", 1)
    message = parse(compose(client, letter(photo=photo), ZONE))
    assert message.subject == "Lubang"
    assert "ditambal besok" in message.text
    assert [part.content for part in message.attachments] == [photo]
    assert message.from_name == "Budi Santoso"


@pytest.mark.parametrize("client", ["gmail", "thunderbird"])
def test_a_signature_behind_dashes_is_not_part_of_the_words(client: str) -> None:
    message = parse(compose(client, letter(signature="Budi Santoso\nDinas PUPR", answered=ASSIGNMENT), ZONE))
    assert "Dinas PUPR" not in message.reply_text


def test_a_machine_says_that_it_is_one() -> None:
    message = parse(compose("outlook", letter(answered=ASSIGNMENT, headers=AUTOMATIC), ZONE))
    assert message.auto
