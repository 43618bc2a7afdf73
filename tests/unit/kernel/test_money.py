"""Amounts, fees and divisions."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_core.kernel.errors import Invalid
from platform_core.kernel.money import BASIS, LIMIT, Money, allocate, amount, fee
from support.steady import STEADY

AMOUNTS = st.integers(1, LIMIT)


@STEADY
@given(AMOUNTS)
def test_an_amount_is_a_whole_number_from_one_to_the_limit(value: int) -> None:
    assert amount(value) == value


@pytest.mark.parametrize(
    "value",
    [0, -1, LIMIT + 1, 2**63, 10**30, 10**5000, True, False, 1.0, 1.5, math.nan, math.inf, "10", "1e3", None, [], b"1"],
    ids=lambda value: "very long" if value == 10**5000 else repr(value),
)
def test_anything_else_is_none_and_the_refusal_names_the_field(value: object) -> None:
    """Invariant 10, MON-01."""
    with pytest.raises(Invalid) as refused:
        amount(value, "tokens")

    assert [detail.field for detail in refused.value.details] == ["tokens"]


@pytest.mark.parametrize("currency", ["eur", "EURO", "E", "", "A1B", "ÄÖÜ", "EU ", "123"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(Invalid):
        Money(1, currency)


def test_money_of_no_amount_is_none() -> None:
    with pytest.raises(Invalid):
        Money(0, "EUR")


def test_the_fee_of_the_published_example_is_right() -> None:
    assert fee(2999, 1000) == 300


@STEADY
@given(AMOUNTS, st.integers(0, BASIS))
def test_a_fee_is_rounded_half_up_and_never_more_than_the_gross(gross: int, basis_points: int) -> None:
    """Invariant 18."""
    taken = fee(gross, basis_points)

    assert taken == math.floor(Fraction(gross * basis_points, BASIS) + Fraction(1, 2))
    assert 0 <= taken <= gross


@pytest.mark.parametrize("basis_points", [-1, BASIS + 1])
def test_a_rate_is_none_to_all(basis_points: int) -> None:
    with pytest.raises(Invalid):
        fee(100, basis_points)


@STEADY
@given(st.integers(0, LIMIT), st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any))
def test_parts_sum_to_the_whole_and_are_off_by_less_than_one(total: int, weights: list[int]) -> None:
    """Invariant 19."""
    parts = allocate(total, weights)

    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@STEADY
@given(st.integers(0, LIMIT), st.integers(1, 100), st.integers(2, 6))
def test_equal_shares_differ_by_one_unit_at_most_and_the_earlier_get_it(total: int, weight: int, count: int) -> None:
    parts = allocate(total, [weight] * count)

    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [2, -1]])
def test_weights_must_weigh(weights: list[int]) -> None:
    with pytest.raises(Invalid):
        allocate(10, weights)
