"""The same words, known again."""

import pytest

from service.intake.fingerprint import fingerprint

LONG = "Jalan di depan SD 45 berlubang besar, sudah dua motor jatuh. Mohon segera ditambal."


@pytest.mark.parametrize(
    "again",
    [
        LONG.upper(),
        LONG.replace(" ", "\n   "),
        LONG.replace(".", "!!!").replace(",", ""),
        f"Tiket #88213: {LONG}".replace("Tiket #88213: ", ""),
        LONG + " 1234567",
        LONG.replace("SD 45", "SD\u00a045"),
    ],
)
def test_case_spacing_punctuation_and_ticket_numbers_make_no_difference(again: str) -> None:
    assert fingerprint("Lapor", LONG) == fingerprint("Re: lapor lagi", again) != ""


@pytest.mark.parametrize("other", [LONG.replace("45", "46"), LONG + " Terima kasih.", "Lampu jalan mati " * 4])
def test_another_house_or_another_word_makes_a_difference(other: str) -> None:
    assert fingerprint("Lapor", LONG) != fingerprint("Lapor", other)


def test_few_words_are_told_apart_by_their_subject() -> None:
    assert fingerprint("Jalan rusak di Merapi", "Tolong dibantu") != fingerprint(
        "Lampu mati di Salak", "Tolong dibantu"
    )
    assert fingerprint("Jalan rusak di Merapi", "Tolong dibantu") == fingerprint(
        "Re: Fwd: jalan rusak di merapi", "tolong dibantu."
    )


@pytest.mark.parametrize(("subject", "text"), [("", ""), ("Foto", ""), ("Halo", "Tolong dibantu"), ("", "12345 67890")])
def test_what_says_too_little_has_no_fingerprint(subject: str, text: str) -> None:
    assert fingerprint(subject, text) == ""
