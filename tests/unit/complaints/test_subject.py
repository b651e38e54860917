"""What a case is called when its citizen gave no subject."""

from datetime import UTC, datetime

import pytest

from service.casework.open import Submission, _subject

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Assalamualaikum. Ambo warga Malabero", "Ambo warga Malabero"),
        ("Assalamualaikum Wr. Wb.\n\nYth. Bapak/Ibu petugas, saya melapor", "saya melapor"),
        ("Assalamu'alaikum wr wb, pak lampu jalan mati", "pak lampu jalan mati"),
        ("SELAMAT MALAM. LAMPU JALAN MATI", "LAMPU JALAN MATI"),
        ("Permisi, mau tanya", "mau tanya"),
        ("Jalan rusak. Selamat pagi.", "Jalan rusak. Selamat pagi."),
        ("Assalamualaikum", "Assalamualaikum"),
        ("Yth. Wali Kota\n", "Yth. Wali Kota"),
    ],
)
def test_a_case_is_called_by_what_comes_after_the_greeting(text: str, subject: str) -> None:
    assert _subject(Submission(channel="form", received_at=AT, text=text)) == subject


def test_a_long_text_is_cut_at_a_word_without_its_comma() -> None:
    subject = _subject(Submission(channel="form", received_at=AT, text="kata " * 16 + "akhirnya, " + "kata " * 9))
    assert subject.endswith("…")
    assert ",…" not in subject
    assert len(subject) <= 90


def test_the_subject_of_a_mail_is_left_alone() -> None:
    assert _subject(Submission(channel="mail", received_at=AT, text="x", subject="Yth. Wali Kota")) == "Yth. Wali Kota"
