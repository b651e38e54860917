"""How alike two answers are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.casework.similarity import ALIKE, percent, shingles

TEMPLATE = (
    "Laporan mengenai {what} telah diterima bidang teknis dan dijadwalkan untuk ditinjau oleh petugas lapangan sesuai "
    "urutan prioritas, selanjutnya hasil peninjauan dilaporkan kepada pimpinan untuk mendapatkan arahan, "
    "serta disesuaikan dengan ketersediaan anggaran pada tahun berjalan."
)
POTHOLES = (
    "Lubang di depan SDN 20 sudah kami tambal dengan aspal dingin pagi tadi, tim Pak Anto memeriksa lagi minggu depan.",
    "Jalan Salak amblas karena gorong-gorong patah; kami pasang rambu malam ini dan bongkar mulai Kamis.",
    "Kami sudah ke Jalan Mangga dan menambal dua lubang, yang ketiga menunggu aspal datang hari Jumat.",
)


def alike(one: str, other: str) -> int:
    return percent(shingles(one), shingles(other))


def test_a_template_with_another_street_in_it_is_alike() -> None:
    assert ALIKE <= alike(TEMPLATE.format(what="jalan rusak"), TEMPLATE.format(what="lampu padam")) < 100


def test_answers_to_similar_complaints_are_not() -> None:
    for one in POTHOLES:
        assert [other for other in POTHOLES if other != one and alike(one, other) >= 20] == []


def test_case_spacing_punctuation_and_ticket_numbers_make_no_difference() -> None:
    one = "Laporan 2600041 sudah diteruskan ke tim lapangan wilayah dua."
    assert alike(one, one.upper().replace("2600041", "2600977").replace(" ", "\n")) == 100


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Sudah ditambal.", "Sudah ditambal.", False),
        ("Petugas sudah turun ke lokasi.", "Petugas sudah turun ke lokasi", True),
        ("Petugas sudah turun ke lokasi.", "Petugas sudah turun ke pasar.", False),
    ],
)
def test_short_answers_are_alike_only_when_they_are_the_same_and_say_a_little(one: str, other: str, same: bool) -> None:
    assert (alike(one, other) == 100) is same
    assert same or alike(one, other) == 0


@given(st.text(max_size=300), st.text(max_size=300))
def test_it_does_not_matter_which_came_first(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 100


@given(st.text(max_size=300))
def test_a_text_is_wholly_alike_to_itself_or_too_short(text: str) -> None:
    assert alike(text, text) == (100 if shingles(text) else 0)
