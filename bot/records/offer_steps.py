"""Where an offer may go, and who may move it there (domain.md 3.3). Pure; moving is offers.py's part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Who = Literal["staff", "person"]

REASONS = (
    "harga_terlalu_tinggi", "izin_belum_ada", "sudah_ada_barang_sama", "kemasan_belum_siap", "kuota_rak_penuh",
    "lainnya",
)  # fmt: skip
"""Why a mart does not take something yet (domain.md 3.3)."""

STEPS: Mapping[tuple[str, str], Who] = {
    ("submitted", "reviewing"): "staff",
    ("submitted", "sample"): "staff",
    ("submitted", "accepted"): "staff",
    ("submitted", "not_yet"): "staff",
    ("reviewing", "sample"): "staff",
    ("reviewing", "accepted"): "staff",
    ("reviewing", "not_yet"): "staff",
    ("sample", "accepted"): "staff",
    ("sample", "not_yet"): "staff",
    ("not_yet", "sample"): "staff",
    ("not_yet", "accepted"): "staff",
    ("submitted", "cancelled"): "person",
    ("reviewing", "cancelled"): "person",
    ("sample", "cancelled"): "person",
    ("accepted", "cancelled"): "person",
}
"""From → to, and by whom. What follows on `accepted` is not decided but counted: standing()."""

UNDECIDED = ("submitted", "reviewing", "sample")
"""What waits for the mart."""

COUNTED = ("accepted", "stocked", "selling", "finished", "returned")
"""Where goods may come in; which of these it is, the goods say."""

LIVE = (*UNDECIDED, "accepted", "stocked", "selling")
"""What a mart still has to do with."""

PRICED = (*LIVE, "not_yet")
"""Of which a mart may ask for another price."""


@dataclass(frozen=True, slots=True)
class Goods:
    """What a maker has left at a mart: delivered = sold + returned + on the shelf."""

    delivered: int = 0
    sold: int = 0
    returned: int = 0
    settled: int = 0
    """How many of those sold are in a settlement."""

    @property
    def shelf(self) -> int:
        """How many stand in the shop."""
        return self.delivered - self.sold - self.returned

    @property
    def unsettled(self) -> int:
        """How many are sold and not paid for."""
        return self.sold - self.settled


def may(before: str, after: str, who: Who) -> bool:
    """Whether somebody may move an offer from one status to another."""
    return STEPS.get((before, after)) == who


def before(after: str, who: Who) -> tuple[str, ...]:
    """From which statuses somebody may move an offer there."""
    return tuple(start for (start, end), whose in STEPS.items() if end == after and whose == who)


def standing(goods: Goods, unconfirmed: int) -> str:
    """The status that follows from the goods, and from settlements that the maker has not agreed to yet."""
    if not goods.delivered:
        return "accepted"
    if goods.shelf:
        return "selling" if goods.sold else "stocked"
    if not goods.sold:
        return "returned"
    return "selling" if goods.unsettled or unconfirmed else "finished"
