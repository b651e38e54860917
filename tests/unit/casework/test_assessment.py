"""What counts as an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.casework.assessment import (
    ANNOUNCEMENT,
    COURTESY,
    EMPTY,
    MOST_CHARACTERS,
    QUESTION,
    assess,
    substance,
)
from tests.unit.casework.replies import ANNOUNCEMENTS, ANSWERS, COURTESIES, NAMES, NOTHING, QUESTIONS

WITHOUT_SUBSTANCE = (*COURTESIES, *ANNOUNCEMENTS, *QUESTIONS, *NOTHING)


@pytest.mark.parametrize("text", ANSWERS)
def test_what_says_something_on_the_matter_counts(text: str) -> None:
    assert assess(text, names=NAMES).counts
    assert assess(text).counts  # whatever is known of names


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((text, COURTESY) for text in COURTESIES),
        *((text, ANNOUNCEMENT) for text in ANNOUNCEMENTS),
        *((text, QUESTION) for text in QUESTIONS),
        *((text, EMPTY) for text in NOTHING),
    ],
)
def test_what_surely_says_nothing_does_not_count_and_says_why(text: str, reason: str) -> None:
    found = assess(text, names=NAMES)
    assert not found.counts
    assert reason in found.reasons
    assert found.asks == (reason == QUESTION)


def test_there_are_enough_examples_of_each() -> None:
    assert len(ANSWERS) >= 60
    assert len(WITHOUT_SUBSTANCE) >= 40


@given(
    empty=st.sampled_from(WITHOUT_SUBSTANCE),
    answer=st.sampled_from(ANSWERS),
    between=st.sampled_from(("\n", "\n\n", "\r\n")),
    first=st.booleans(),
)
def test_substance_that_is_added_always_makes_it_count(empty: str, answer: str, between: str, first: bool) -> None:
    # Lines that begin with a quotation mark are not the writer's own: what is added stands on a line of its own.
    text = f"{answer}{between}{empty}" if first else f"{empty}{between}{answer}"
    assert assess(text, names=NAMES).counts


UNSIGNED = [text for text in WITHOUT_SUBSTANCE if "\n" not in text]


@given(st.lists(st.sampled_from(UNSIGNED), min_size=1, max_size=4))
def test_nothing_said_several_times_is_still_nothing(texts: list[str]) -> None:
    text = "\n".join(texts)
    assert len(text) > MOST_CHARACTERS or not assess(text, names=NAMES).counts


@given(st.text(max_size=400), st.text(max_size=40))
def test_any_text_can_be_judged(text: str, name: str) -> None:
    assert assess(text, names=[name]).counts != bool(assess(text, names=[name]).reasons)


@given(st.sampled_from(WITHOUT_SUBSTANCE))
def test_a_file_always_counts(text: str) -> None:
    assert assess(text, files=1, names=NAMES).counts


def test_one_unknown_word_counts() -> None:
    assert not assess("Sedang kami tindak lanjuti").counts
    assert assess("Sedang kami tindak lanjuti di Jalan Salak").counts


def test_a_long_text_counts_whatever_it_says() -> None:
    assert assess("Terima kasih. " * 100).counts


@pytest.mark.parametrize("text", ["a" * 100_000, "Siap, " * 160, "?" * 999, "\n" * 999, ("Pak " * 249), "mohon " * 160])
def test_judging_takes_no_long_time(text: str) -> None:
    assess(text, names=NAMES)


def test_the_substance_of_an_answer_is_what_is_left_without_courtesies() -> None:
    text = "Terima kasih atas laporannya. Lubang sudah ditambal. Mohon ditunggu.\n\nHormat kami,\nBudi"
    assert substance(text) == "Lubang sudah ditambal."
