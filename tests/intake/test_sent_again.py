"""An impatient citizen sends the same complaint again."""

import io
from email.message import EmailMessage

import pytest
from PIL import Image

from service.agencies.directory import Directory
from service.attachments.files import attachments_of
from service.casework.cases import locked
from service.casework.open import Submission, open_case
from service.casework.reject import reject
from service.casework.respond import respond
from service.complaints.history import events_of, faults_of
from service.database import transaction
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.fakes.smtp import FakeSmtp
from tests.intake.road import LAPOR, SARI, SARIS, cases, deliver, last_mail, letters, receive
from tests.mails import mail

WORDS = "Jalan berlubang di depan pasar Panorama, sudah dua motor jatuh. Mohon segera diperbaiki."


@pytest.fixture
def folder() -> FakeFolder:
    return FakeFolder()


def first_mail(folder: FakeFolder, clock: FakeClock) -> None:
    receive(folder, clock, mail(SARI, LAPOR, "Jalan rusak", WORDS))


def once_more(number: int = 2, words: str = WORDS, sender: str = SARI, to: str = LAPOR) -> bytes:
    """The same words in a mail of its own."""
    return mail(sender, to, "Jalan rusak", words, Message_ID=f"<{number}.lagi@warga.example>")


def answer(directory: Directory, clock: FakeClock) -> None:
    with transaction() as other:
        respond(other, directory, locked(other, 1), text="Besok ditambal.", arrived_at=clock(), actor="agency:pupr")


def test_the_same_words_join_the_open_case_and_the_citizen_is_told(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    first_mail(folder, clock)
    clock.advance(hours=5)
    receive(folder, clock, once_more(words=f"  {WORDS.upper()}\n\n-- \nSari\nHP 0812"))
    (case,) = cases(session)
    row = last_mail(session)
    assert (row.verdict, row.status, row.complaint_id) == ("again", "done", case.id)
    events = events_of(session, case)
    assert [event.kind for event in events] == ["open", "assign", "follow_up"]
    assert events[-1].payload["again"] is True
    assert list(faults_of(case.number, events)) == []
    deliver(smtp)
    told = smtp.to(SARIS)[-1]
    assert case.number in told.subject
    assert "Selasa, 24 November 2026 pukul 08.00 WIB (tetap, tidak mundur)" in told.text
    assert f"/lacak/{case.token}" in told.text
    assert len(smtp.to(directory.by_code["pupr"].inbox)) == 1  # the assignment, and nothing for the same words


def test_two_in_one_batch_are_one_case(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock, mail(SARI, LAPOR, "Jalan rusak", WORDS), once_more(2), once_more(3))
    (case,) = cases(session)
    assert [event.kind for event in events_of(session, case)] == ["open", "assign", "follow_up", "follow_up"]
    assert len(letters(session, "joined")) == 1


def test_the_citizen_is_told_once_in_twelve_hours(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    first_mail(folder, clock)
    for number in range(2, 8):
        clock.advance(hours=2)
        receive(folder, clock, once_more(number))
    assert len(letters(session, "joined")) == 1
    clock.advance(hours=3)
    receive(folder, clock, once_more(9))
    assert len(letters(session, "joined")) == 2
    assert len(cases(session)) == 1


@pytest.mark.parametrize(
    "other",
    [
        once_more(words=WORDS.replace("Panorama", "Minggu")),
        once_more(sender="Budi <budi@warga.example>"),
        mail(SARI, LAPOR, "Lampu mati", "Tolong dibantu", Message_ID="<3@warga.example>"),
    ],
)
def test_other_words_or_another_sender_is_a_case_of_its_own(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, other: bytes
) -> None:
    receive(folder, clock, mail(SARI, LAPOR, "Jalan rusak", WORDS), mail(SARI, LAPOR, "Sampah", "Tolong dibantu"))
    receive(folder, clock, other)
    assert len(cases(session)) == 3


def test_after_two_days_it_is_a_new_case(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    first_mail(folder, clock)
    clock.advance(hours=49)
    receive(folder, clock, once_more())
    assert len(cases(session)) == 2


def test_who_sends_it_every_day_stays_in_the_one_case(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    first_mail(folder, clock)
    for number in range(2, 6):
        clock.advance(hours=24)
        receive(folder, clock, once_more(number))
    assert len(cases(session)) == 1


def test_the_words_of_a_form_are_known_again_in_a_mail(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    with transaction() as other:
        open_case(other, directory, Submission("form", clock(), WORDS, reporter_email=SARIS))
    receive(folder, clock, once_more())
    assert len(cases(session)) == 1
    assert last_mail(session).verdict == "again"


def test_sent_to_another_agency_by_name_it_reaches_that_one_too(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    first_mail(folder, clock)
    receive(folder, clock, once_more(to="lapor+dlh@bengkulukota.example"))
    assert [directory.unit(case.agency_id).code for case in cases(session)] == ["pupr", "dlh"]


def test_after_an_answer_the_holder_gets_one_short_notice(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    first_mail(folder, clock)
    clock.advance(hours=3)
    answer(directory, clock)
    receive(folder, clock, once_more(2), once_more(3))
    assert len(cases(session)) == 1
    assert len(letters(session, "sent_again")) == 1
    deliver(smtp)
    notice = smtp.to(directory.by_code["pupr"].inbox)[-1]
    assert "mungkin jawabannya belum menolong" in notice.text
    assert WORDS not in notice.text
    assert SARIS not in notice.text
    assert "Pengaduan ini sudah dijawab" in smtp.to(SARIS)[-1].text


def test_a_rejected_case_goes_back_to_the_desk(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    first_mail(folder, clock)
    with transaction() as other:
        reject(other, directory, locked(other, 1), reason="Jalan nasional.", actor="desk")
    receive(folder, clock, once_more())
    (case,) = cases(session)
    assert (case.state, case.agency_id) == ("received", None)
    deliver(smtp)
    assert "mengirim lagi" in smtp.to(directory.desk.inbox)[-1].text
    assert "sekali lagi" in smtp.to(SARIS)[-1].text


def _photo(colour: str) -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(picture, "PNG")
    return picture.getvalue()


def _with_photos(number: int, *colours: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SARI, LAPOR, "Jalan rusak"
    message["Message-ID"] = f"<{number}.foto@warga.example>"
    message.set_content(WORDS)
    for colour in colours:
        message.add_attachment(_photo(colour), "image", "png", filename=f"{colour}.png")
    return message.as_bytes().replace(b"\n", b"\r\n")


def test_photos_that_came_only_with_the_second_mail_are_kept_and_shown_to_the_holder(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock
) -> None:
    receive(folder, clock, _with_photos(1, "red"))
    receive(folder, clock, _with_photos(2, "red", "blue"))
    (case,) = cases(session)
    assert [file.filename for file in attachments_of(session, case.id)] == ["red.jpg", "blue.jpg"]
    assert len(letters(session, "sent_again")) == 1
    receive(folder, clock, _with_photos(3, "blue", "red"))
    assert len(attachments_of(session, case.id)) == 2
    assert len(letters(session, "sent_again")) == 1


def test_words_repeated_in_a_reply_are_not_passed_on_again(
    directory: Directory, session: Session, folder: FakeFolder, clock: FakeClock, smtp: FakeSmtp
) -> None:
    first_mail(folder, clock)
    deliver(smtp)
    address = smtp.to(SARIS)[0].reply_to[0]
    words = "Lubangnya sekarang sudah lebih besar lagi, tadi pagi ada yang jatuh."
    receive(folder, clock, *(once_more(number, words, to=address) for number in (2, 3)))
    assert len(letters(session, "follow_up")) == 1
    assert len(letters(session, "joined")) == 1
