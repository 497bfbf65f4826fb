"""Somebody leaves: what they made and still stands in a mart is told to those who settle it, then all of them goes."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.records import audit, notices, offer_desk, offers, people
from bot.schema import consignments
from bot.schema import offers as table
from bot.store import Tx

_c = consignments.c


async def leave(tx: Tx, person: str, except_talk: str = "") -> list[str]:
    """Delete a person as people.erase does, after the marts have heard what is left of theirs."""
    await _tell(tx, person)
    return await people.erase(tx, person, except_talk)


async def _tell(tx: Tx, person: str) -> None:
    """Of each product that is on the shelf, or sold and not paid for; without a name.

    Before the offers are gone: afterwards nobody knows who decides about them.
    """
    shelf, unpaid = _c.delivered - _c.sold - _c.returned, _c.sold - _c.settled
    there = (
        select(
            table.c.reference,
            func.sum(shelf).label("shelf"),
            func.sum(unpaid).label("unpaid"),
            func.sum(unpaid * _c.price).label("due"),
        )
        .join(consignments, _c.offer == table.c.reference)
        .where(table.c.person_id == person)
        .group_by(table.c.reference)
        .having(func.sum(shelf) + func.sum(unpaid) > 0)
        .order_by(table.c.reference)
    )
    for row in await tx.rows(there):
        one = await offers.get(tx, row["reference"])
        assert one is not None
        # No reference: it leads nowhere from now on, and what names it is deleted with them.
        facts = {
            "product": one.product, "unit": one.unit, "mart": one.mart_name, "shelf": int(row["shelf"]),
            "unpaid": int(row["unpaid"]), "due": {"rupiah": int(row["due"])},
        }  # fmt: skip
        key = "maker_left_unpaid" if facts["unpaid"] else "maker_left"
        for staff in await offer_desk.deciding(tx, one):
            await notices.tell(tx, staff.account, offer_desk.DOMAIN, key, facts)
        await audit.record(tx, audit.PIJAR, "maker_left", row["reference"])
