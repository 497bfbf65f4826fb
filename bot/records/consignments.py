"""Goods that a maker has left at a mart: delivered, sold, returned; delivered = sold + returned + on the shelf.

What was sold or returned is taken from the oldest delivery first, what was noted by mistake from the newest. A number
that the goods do not hold changes nothing. Paying is settlements.py's part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import delete, func, select, update

from bot.records import offer_desk, offer_prices, offers, roles
from bot.records.offer_steps import COUNTED, Goods, standing
from bot.records.offers import Offer
from bot.schema import consignments, settlements
from bot.schema import offers as offers_table
from bot.store import Tx

Outcome = Literal["done", "asked", "nobody_to_ask", "unknown", "own", "too_many", "not_from_here"]
"""`too_many`: the shelf does not hold so many, fewer have been noted, or somebody else has noted something since.

`asked`: the goods are noted at the prices that hold, and the maker is asked for the others; `nobody_to_ask`: she has no
chat to be asked in.
"""

COUNTS = ("delivered", "sold", "returned")
"""What is counted."""

MOST = 10_000
"""Of one thing, at one time."""

_c = consignments.c


async def of(tx: Tx, reference: str) -> Goods:
    """All goods of an offer."""
    total = [func.coalesce(func.sum(_c[name]), 0).label(name) for name in (*COUNTS, "settled")]
    row = await tx.row(select(*total).where(_c.offer == reference))
    return Goods(**row) if row else Goods()


async def counted(tx: Tx, reference: str) -> list[int]:
    """COUNTS as they are: what is noted with them as `seen` is noted only while they are still so."""
    goods = await of(tx, reference)
    return [getattr(goods, name) for name in COUNTS]


async def deliver(
    tx: Tx, account: str, reference: str, count: int, price: int, shop_price: int, seen: Sequence[int] = ()
) -> Outcome:
    """Note goods that came in: the maker gets `price` for each one sold, a buyer pays `shop_price`.

    Where that is not what was agreed she is asked, and the goods stand there at the prices that hold. What the shop
    asks the first time is its own choice, as long as the maker's price is hers.
    """
    staff, one, refused = await allowed(tx, account, reference)
    if staff is None or one is None:
        return refused
    if await _changed(tx, reference, seen):
        return "too_many"
    if not 0 < count <= MOST or not 0 < price <= shop_price:
        return "too_many"
    holds = one.shop_price if one.shop_price is not None else max(one.price, shop_price)
    row = {
        "offer": reference, "delivered": count, "price": one.price, "shop_price": holds, "delivered_at": tx.now,
        "by": staff.code,
    }  # fmt: skip
    await tx.add(consignments, row)
    kept = update(offers_table).where(offers_table.c.reference == reference)
    await tx.execute(kept.values(shop_price=holds))
    await _noted(tx, staff, one, "goods_delivered", f"stocked {count}")
    asked = await offer_prices.ask(tx, staff, replace(one, shop_price=holds), price, shop_price)
    return "asked" if asked == "done" else "nobody_to_ask" if asked == "nobody_to_ask" else "done"


async def count(tx: Tx, account: str, reference: str, what: str, number: int, seen: Sequence[int] = ()) -> Outcome:
    """Note that so many were `sold` or `returned`."""
    staff, one, refused = await allowed(tx, account, reference)
    if staff is None or one is None:
        return refused
    if number <= 0 or await _changed(tx, reference, seen) or not await _take(tx, reference, what, number):
        return "too_many"
    first = one.status != "selling" and what == "sold"
    event = "selling" if first else "" if what == "sold" else f"returned {number}"
    await _noted(tx, staff, one, f"goods_{what}", event)
    return "done"


async def put_right(tx: Tx, account: str, reference: str, what: str, total: int, seen: Sequence[int] = ()) -> Outcome:
    """Put another number in the place of all that was noted as `delivered`, `sold` or `returned`."""
    staff, one, refused = await allowed(tx, account, reference)
    if staff is None or one is None:
        return refused
    goods = await of(tx, reference)
    change = total - getattr(goods, what)
    if total < 0 or (change > 0 and what == "delivered") or await _changed(tx, reference, seen):
        return "too_many"
    done = await _take(tx, reference, what, change) if change > 0 else await _give_back(tx, reference, what, -change)
    if not done:
        return "too_many"
    if change:
        await _noted(tx, staff, one, "goods_put_right", "put_right")
    return "done"


async def bounds(tx: Tx, reference: str, what: str) -> tuple[int, int, int]:
    """Between which numbers all that was noted as `what` may be put right, and what it is now."""
    goods = await of(tx, reference)
    now: int = getattr(goods, what)
    if what == "delivered":
        return now - goods.shelf, now, now
    return (goods.settled if what == "sold" else 0), now + goods.shelf, now


async def allowed(
    tx: Tx, account: str, reference: str
) -> tuple[roles.Staff | None, Offer | None, Literal["unknown", "own", "not_from_here"]]:
    """Who notes goods of which offer; else None, and why not."""
    staff, one = await roles.of(tx, account), await offer_desk.find(tx, account, reference)
    if staff is None or one is None:
        return None, None, "unknown"
    if await offers.writes(tx, account, one):
        return None, None, "own"
    return (staff, one, "unknown") if one.status in COUNTED else (None, None, "not_from_here")


async def follow(tx: Tx, one: Offer, actor: str) -> bool:
    """Let the status of an offer follow its goods; whether it has changed."""
    unconfirmed = (settlements.c.offer == one.reference) & (settlements.c.state != "confirmed")
    waiting = int(await tx.value(select(func.count()).select_from(settlements).where(unconfirmed)))
    return await offers.stand(tx, one, standing(await of(tx, one.reference), waiting), actor)


async def _changed(tx: Tx, reference: str, seen: Sequence[int]) -> bool:
    return bool(seen) and list(seen) != await counted(tx, reference)


async def _noted(tx: Tx, staff: roles.Staff, one: Offer, action: str, event: str) -> None:
    await follow(tx, one, staff.code)
    await offer_desk.note(tx, staff, one, action)
    if event:
        await offers.tell_maker(tx, one, event)


async def _take(tx: Tx, reference: str, what: str, number: int) -> bool:
    """Note so many more as sold or returned, the oldest first; False, and nothing noted, where there are fewer."""
    plan: dict[int, int] = {}
    for line in await _lines(tx, reference):
        there = line["delivered"] - line["sold"] - line["returned"]
        if number and there:
            plan[line["id"]] = line[what] + min(there, number)
            number -= min(there, number)
    return not number and await _keep(tx, what, plan)


async def _give_back(tx: Tx, reference: str, what: str, number: int) -> bool:
    """Note so many fewer, the newest first; what is settled or not on the shelf any more stays."""
    plan: dict[int, int] = {}
    for line in reversed(await _lines(tx, reference)):
        free = {
            "delivered": line["delivered"] - line["sold"] - line["returned"],
            "sold": line["sold"] - line["settled"],
            "returned": line["returned"],
        }[what]
        if number and free:
            plan[line["id"]] = line[what] - min(free, number)
            number -= min(free, number)
    return not number and await _keep(tx, what, plan)


async def _keep(tx: Tx, what: str, plan: Mapping[int, int]) -> bool:
    for id, number in plan.items():
        if what == "delivered" and not number:
            await tx.execute(delete(consignments).where(_c.id == id))
        else:
            await tx.execute(update(consignments).where(_c.id == id).values({what: number}))
    return True


async def _lines(tx: Tx, reference: str) -> list[dict[str, Any]]:
    return await tx.rows(select(consignments).where(_c.offer == reference).order_by(_c.id).with_for_update())
