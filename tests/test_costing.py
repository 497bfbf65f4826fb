"""Cost price, selling price and break-even: exact, and never too little."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import costing

AMOUNT = st.integers(0, 10**9)
MADE = st.integers(1, 100_000)
SHARE = st.integers(0, costing.MOST_SHARE)


@pytest.mark.parametrize(
    ("total", "made", "profit", "share", "price"),
    [
        (90_000, 10, 3_000, 0, costing.Price(12_000, 12_000, 0, 3_000)),
        (90_000, 10, 3_000, 10, costing.Price(13_500, 12_150, 1_350, 3_150)),
        (100_000, 3, 0, 0, costing.Price(33_500, 33_500, 0, 166)),
        (500, 1, 0, 50, costing.Price(1_000, 500, 500, 0)),
        (1, 1, 0, 0, costing.Price(500, 500, 0, 499)),
        (0, 7, 0, 20, costing.Price(0, 0, 0, 0)),
    ],
)
def test_a_price_as_in_the_lessons(total: int, made: int, profit: int, share: int, price: costing.Price) -> None:
    assert costing.price(total, made, profit, share) == price


@given(AMOUNT, MADE)
def test_the_cost_price_covers_the_costs_and_hardly_more(total: int, made: int) -> None:
    one = costing.cost_price(total, made)
    assert total <= one * made < total + made


@given(AMOUNT, MADE, AMOUNT, SHARE)
def test_the_shelf_price_pays_everybody_and_is_the_smallest_that_does(
    total: int, made: int, profit: int, share: int
) -> None:
    price = costing.price(total, made, profit, share)
    wanted = Fraction(total, made) + profit
    assert price.maker + price.mart == price.shelf
    assert price.shelf % costing.STEP == 0
    assert price.mart <= Fraction(price.shelf * share, 100)
    assert price.shelf * (1 - Fraction(share, 100)) >= wanted
    assert price.maker >= wanted
    assert (price.shelf - costing.STEP) * (1 - Fraction(share, 100)) < wanted
    assert price.profit >= profit


@given(AMOUNT, AMOUNT, AMOUNT)
def test_break_even_is_the_first_number_that_covers_what_stays(staying: int, cost: int, price: int) -> None:
    sold = costing.break_even(staying, cost, price)
    if sold is None:
        assert price <= cost
    else:
        assert sold * (price - cost) >= staying
        assert sold == 0 or (sold - 1) * (price - cost) < staying
