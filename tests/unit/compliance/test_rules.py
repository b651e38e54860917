"""Rates, intervals, ranks and seals."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.compliance.corrections import together
from service.compliance.rules import (
    MEDIAN,
    P90,
    AgencyFigures,
    as_rows,
    figures_hash,
    may_rank,
    nearest_rank,
    ranks,
    total,
    wilson,
    worst_first,
)


def unit(code: str, in_time: int, due: int, excused: int = 0) -> AgencyFigures:
    return replace(total([], code), code=code, due=due, in_time=in_time, late=due - in_time, excused=excused)


# Newcombe, Statistics in Medicine 17 (1998), table I, method 3; to four decimals.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_one_in_the_books(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000), st.data())
def test_the_interval_holds_the_rate_and_stays_within_bounds(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    mirrored = wilson(trials - successes, trials)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_more_cases_of_the_same_rate_make_the_interval_narrower() -> None:
    widths = [high - low for low, high in (wilson(n, 2 * n) for n in (1, 5, 50, 5000))]
    assert widths == sorted(widths, reverse=True)


@given(st.lists(st.integers(0, 10_000), min_size=1), st.sampled_from([MEDIAN, P90]))
def test_the_nearest_rank_is_a_value_that_so_many_do_not_exceed(values: list[int], share: Fraction) -> None:
    found = nearest_rank(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_nothing_answered_has_no_median() -> None:
    assert nearest_rank([], MEDIAN) is None


def test_equal_rates_share_a_rank_and_the_next_one_skips() -> None:
    figures = [unit("a", 10, 10), unit("b", 4, 6), unit("c", 6, 9), unit("d", 3, 6)]
    assert ranks(figures) == {"a": 1, "b": 2, "c": 2, "d": 4}


def test_too_few_cases_have_no_rank() -> None:
    assert ranks([unit("a", 4, 4), unit("b", 5, 5)]) == {"b": 1}


def test_excused_cases_leave_the_rate_that_is_ranked_but_not_the_other_one() -> None:
    excused = unit("a", 8, 10, excused=2)
    assert (excused.rate, excused.fair_rate) == (0.8, 1.0)
    assert ranks([excused, unit("b", 9, 10)]) == {"a": 1, "b": 2}


def test_a_unit_whose_cases_are_all_excused_has_no_fair_rate() -> None:
    alone = unit("a", 0, 6, excused=6)
    assert (alone.rate, alone.fair_rate, alone.fair_interval) == (0.0, None, None)
    assert not may_rank(alone)


def test_the_lowest_rate_comes_first_and_small_samples_last() -> None:
    rows = [unit("few", 0, 4), unit("good", 9, 10), unit("bad", 1, 10), unit("none", 0, 0)]
    assert [f.code for f in worst_first(rows)] == ["bad", "good", "few", "none"]


def test_the_seal_covers_figures_corrections_boundary_and_rules() -> None:
    rows = as_rows([unit("a", 1, 2)])
    seals = {
        figures_hash("2026-W47", rows, [], 7),
        figures_hash("2026-W48", rows, [], 7),
        figures_hash("2026-W47", as_rows([unit("a", 2, 2)]), [], 7),
        figures_hash("2026-W47", rows, [{"week": "2026-W46"}], 7),
        figures_hash("2026-W47", rows, [], 8),
        figures_hash("2026-W47", rows, [], 7, rules=3),
        figures_hash("2026-W47", rows, [], 7, rules=1),
    }
    assert len(seals) == 7


def test_corrections_of_the_same_cases_are_told_together() -> None:
    rows = [
        {"week": "2026-W47", "unit": "pupr", "field": "in_time", "change": 1, "cases": ["BKL-26-00001"]},
        {"week": "2026-W47", "unit": "pupr", "field": "late", "change": -1, "cases": ["BKL-26-00001"]},
        {"week": "2026-W47", "unit": "pupr", "field": "late", "change": 1, "cases": ["BKL-26-00002"]},
    ]
    assert [(row["changes"], row["cases"]) for row in together(rows)] == [
        ([("in_time", 1), ("late", -1)], ["BKL-26-00001"]),
        ([("late", 1)], ["BKL-26-00002"]),
    ]
