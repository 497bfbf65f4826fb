"""What a product costs to make, what to sell it for, and how many cover the costs that stay. Exact, in whole rupiah.

Knows no question and no text. Every price is rounded up: whoever follows it never sells below what it costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

STEP: Final = 500
"""Rupiah: prices on a shelf are multiples of it (domain.md 4, authoring notes)."""
MOST_SHARE: Final = 60
"""Per cent of the shelf price: a shop that keeps more is a slip of the keys."""


@dataclass(frozen=True, slots=True)
class Price:
    """What to ask for one: shelf = maker + mart."""

    shelf: int
    maker: int
    """What the maker gets of it: the cost price and at least the profit that was wanted."""
    mart: int
    profit: int
    """What stays with the maker above the cost price."""


def cost_price(total: int, made: int) -> int:
    """The cost of one of `made`, rounded up to a whole rupiah."""
    return ceil(Fraction(total, made))


def price(total: int, made: int, profit: int, share: int = 0) -> Price:
    """What to sell one for, so that `profit` stays after the mart has taken `share` per cent of the shelf price."""
    wanted = Fraction(total, made) + profit
    shelf = ceil(wanted / (1 - Fraction(share, 100)) / STEP) * STEP
    mart = shelf * share // 100
    return Price(shelf, shelf - mart, mart, shelf - mart - cost_price(total, made))


def break_even(staying: int, cost: int, price: int) -> int | None:
    """How many have to be sold until the costs that stay are covered; None where no number would do."""
    return ceil(Fraction(staying, price - cost)) if price > cost else None
