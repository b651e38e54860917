"""Dewi looks for a case of which somebody remembers something."""

from collections.abc import Callable

import pytest

from tests.web.conftest import Browser, OpenCase


def found(dewi: Browser, asked: str) -> list[str]:
    """The numbers on the page of results."""
    page = dewi.get(f"/meja/cari?q={asked}").text
    return [part.partition('"')[0] for part in page.split('href="/meja/kasus/')[1:]]


@pytest.mark.parametrize("asked", ["BKL-26-00001", "bkl-26-00001", "1", "00001", " BKL-26-00001 "])
def test_a_number_leads_straight_to_its_case(dewi: Browser, opened: OpenCase, asked: str) -> None:
    case = opened()
    assert dewi.get(f"/meja/cari?q={asked}").location == f"/meja/kasus/{case.number}"


def test_nothing_typed_leads_back_to_the_queue(dewi: Browser) -> None:
    assert dewi.get("/meja/cari?q=").location == "/meja"
    assert dewi.get("/meja/cari?q=%00").location == "/meja"


@pytest.mark.parametrize("asked", ["BKL-26-99999", "9" * 30, "²", "tidak ada", "%25", "_", "\\", "x " * 60])
def test_what_matches_nothing_is_said(dewi: Browser, opened: OpenCase, asked: str) -> None:
    opened()
    answer = dewi.get(f"/meja/cari?q={asked}")
    assert (answer.status_code, "Tidak ada kasus yang cocok" in answer.text) == (200, True)


def test_part_of_a_number_an_address_or_words_of_the_subject_find_the_newest_first(
    dewi: Browser, opened: OpenCase
) -> None:
    one = opened(subject="Lampu jalan mati di Gang Rafflesia")
    two = opened(subject="Lampu taman mati", reporter_email="budiman@contoh.example")
    assert found(dewi, "26-0000") == [two.number, one.number]
    assert found(dewi, "BUDIMAN@") == [two.number]
    assert found(dewi, "mati lampu") == [two.number, one.number]
    assert found(dewi, "rafflesia lampu") == [one.number]


def test_signs_of_a_pattern_are_taken_as_they_stand(dewi: Browser, opened: OpenCase) -> None:
    case = opened(subject="Diskon 100% di pasar_minggu")
    opened(subject="Diskon 1000 di pasarXminggu")
    assert found(dewi, "100%25") == [case.number]
    assert found(dewi, "pasar_minggu") == [case.number]


def test_an_anonymous_reporters_address_finds_nothing(dewi: Browser, opened: OpenCase) -> None:
    opened(anonymous=True)
    assert found(dewi, "sari@contoh.example") == []


def test_more_than_fifty_are_cut_and_it_is_said(dewi: Browser, opened: OpenCase) -> None:
    for n in range(51):
        opened(subject=f"Sampah menumpuk {n}")
    assert len(found(dewi, "sampah")) == 50
    assert "Hanya 50 kasus terbaru" in dewi.get("/meja/cari?q=sampah").text


def test_the_inspector_may_search(opened: OpenCase, browser_of: Callable[[str], Browser]) -> None:
    case = opened(subject="Jembatan retak")
    assert found(browser_of("ina"), "retak") == [case.number]
