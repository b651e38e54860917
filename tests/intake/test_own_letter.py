"""Our own letter below an answer, or instead of one: no answer, and no key to the other side."""

import pytest

from service.agencies.directory import Directory
from service.complaints.privacy import without_keys
from service.intake.records import QUARANTINED
from service.mail.message import Message
from service.mail.parse import parse
from tests.fakes.clock import FakeClock
from tests.lessons.post import LAPOR, SARI, Post, cases, inbound
from tests.mails import mail


@pytest.fixture
def post(directory: Directory, clock: FakeClock) -> Post:
    """Sari's mail about a road lies with PUPR, and both have their letters."""
    made = Post(clock)
    made.receive(mail(SARI, LAPOR, "Jalan rusak", "Yth. Dinas,\n\nHal: jalan\n\nJalan berlubang di depan pasar."))
    made.send()
    return made


def letter_to(post: Post, directory: Directory, whom: str) -> tuple[str, Message]:
    """Address and first letter of a side."""
    address = "sari@warga.example" if whom == "citizen" else directory.by_code["pupr"].inbox
    return address, post.smtp.to(address)[0]


def as_text(letter: Message, part: str) -> str:
    """The letter as a program shows it that makes no quotation of it."""
    return letter.text if part == "text" else parse(b"Content-Type: text/html\r\n\r\n" + letter.html.encode()).text


@pytest.mark.parametrize("part", ["text", "html"])
def test_an_answer_above_our_unmarked_letter_is_passed_on_alone(part: str, post: Post, directory: Directory) -> None:
    inbox, letter = letter_to(post, directory, "agency")
    words = "Yth. Ibu Sari,\n\nBesok kami tambal.\n\n"
    post.receive(mail(inbox, letter.reply_to[0], "Re: Jalan", words + as_text(letter, part)))
    post.send()
    answer = post.smtp.to("sari@warga.example")[-1]
    assert "Besok kami tambal." in answer.text
    assert "/opd/kasus/" not in answer.text + answer.html
    assert "CARA MENJAWAB" not in answer.text


@pytest.mark.parametrize("part", ["text", "html"])
@pytest.mark.parametrize("whom", ["agency", "citizen"])
def test_our_letter_with_nothing_above_it_is_no_answer(whom: str, part: str, post: Post, directory: Directory) -> None:
    address, letter = letter_to(post, directory, whom)
    sent = len(post.smtp.sent)
    post.receive(mail(address, letter.reply_to[0], "Fw: Jalan", as_text(letter, part)))
    post.send()
    assert (cases()[0].responded_at, inbound()[-1].status, len(post.smtp.sent)) == (None, QUARANTINED, sent)


@pytest.mark.parametrize("part", ["text", "html"])
def test_the_agency_does_not_get_the_key_to_the_citizens_page(part: str, post: Post, directory: Directory) -> None:
    _, receipt = letter_to(post, directory, "citizen")
    words = "Lokasinya dekat masjid.\n\n" + as_text(receipt, part).replace("Yth.", "Kepada").replace("Kota", "kota")
    post.receive(mail(SARI, receipt.reply_to[0], "Re: Jalan", f"{words}\n{receipt.reply_to[0]}"))
    post.send()
    passed_on = post.smtp.to(directory.by_code["pupr"].inbox)[-1]
    assert "Lokasinya dekat masjid." in passed_on.text
    assert cases()[0].token not in passed_on.text + passed_on.html
    assert receipt.reply_to[0] not in passed_on.text + passed_on.html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lihat http://x.test/lacak/AbC-def_gh1234567 ya", "Lihat http://x.test/lacak/… ya"),
        ("(https://x.test/opd/kasus/WzEsM.MgK-tuy_OA56)", "(https://x.test/opd/kasus/…)"),
        ("Ke lapor+r-1-a9-abcdefghijklmnop@x.test.", "Ke lapor@x.test."),
        ("Ke lapor+b-z1-ABCDEFGHIJ234567@x.test.", "Ke lapor@x.test."),
        ("lapor+pupr@x.test, jalan a/b + c", "lapor+pupr@x.test, jalan a/b + c"),
    ],
)
def test_keys_are_cut_out_of_words(text: str, expected: str) -> None:
    assert without_keys(text) == expected
