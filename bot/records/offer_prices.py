"""Other prices for what is offered: a mart asks, the maker agrees or does not, and until she agrees the old ones hold.

A maker without a chat signs on paper before a witness; who, when and who noted it is kept with the price.
One question at a time: a newer one, a decision or a cancellation lets the one before lapse. An offer that was not
decided about is accepted when she agrees: the mart takes it at that price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Select, select, update

from bot.records import notices, offer_desk, offers, roles
from bot.records.offer_steps import PRICED, before
from bot.records.offers import Offer
from bot.schema import account_persons, consignments, offer_prices
from bot.schema import offers as table
from bot.store import Tx

ASKS = "price_asked"
"""The conversation that asks the maker."""

Outcome = Literal["done", "on_paper", "unknown", "own", "not_from_here", "same", "nobody_to_ask", "too_low"]
Answer = Literal["agreed", "declined", "already", "unknown"]

_c = offer_prices.c


@dataclass(frozen=True, slots=True)
class Proposal:
    """Other prices that a maker is asked about; `by` is the code of who asks."""

    id: int
    offer: str
    price: int
    shop_price: int | None
    state: str
    by: str
    created_at: int
    signed_on: str = ""
    """The local day on which a maker without a chat signed for it, as 2026-12-25."""
    witness: str = ""


async def propose(tx: Tx, account: str, reference: str, price: int, shop_price: int | None = None) -> Outcome:
    """Ask the maker for another price, and for another in the shop; nothing holds before she agrees."""
    staff, one, refused = await _may(tx, account, reference)
    return await ask(tx, staff, one, price, shop_price) if staff is not None and one is not None else refused


async def agreed_on_paper(
    tx: Tx, account: str, reference: str, price: int, shop_price: int | None, signed_on: str, witness: str
) -> Outcome:
    """A maker without a chat has signed for it on paper on this day before a witness: it holds from now on.

    Who has a chat by now is asked there instead.
    """
    staff, one, refused = await _may(tx, account, reference)
    if staff is None or one is None:
        return refused
    shop_price = shop_price if shop_price is not None else one.shop_price
    if await offers.chat_of(tx, one) is not None:
        return await ask(tx, staff, one, price, shop_price)
    if (unfit := _unfit(one, price, shop_price)) is not None:
        return unfit
    await lapse(tx, reference)
    row = {
        "offer": reference, "price": price, "shop_price": shop_price, "state": "agreed", "by": staff.code,
        "created_at": tx.now, "answered_at": tx.now, "signed_on": signed_on, "witness": witness,
    }  # fmt: skip
    await tx.add(offer_prices, row)
    await _hold(tx, one, price, shop_price, staff.code)
    await offer_desk.note(tx, staff, one, "offer_price_paper")
    return "on_paper"


async def on_paper(tx: Tx, one: Offer) -> Proposal | None:
    """What was signed on paper for the price that holds now; None where it was agreed to otherwise."""
    row = await tx.row(_query().where(_c.offer == one.reference, _c.state == "agreed").order_by(_c.id.desc()).limit(1))
    return Proposal(**row) if row and row["signed_on"] and row["price"] == one.price else None


async def _may(
    tx: Tx, account: str, reference: str
) -> tuple[roles.Staff | None, Offer | None, Literal["unknown", "own", "not_from_here"]]:
    """Who asks for another price of which offer; else None, and why not."""
    staff, one = await roles.of(tx, account), await offer_desk.find(tx, account, reference)
    if staff is None or one is None:
        return None, None, "unknown"
    if await offers.writes(tx, account, one):
        return None, None, "own"
    return (staff, one, "unknown") if one.status in PRICED else (None, None, "not_from_here")


def _unfit(one: Offer, price: int, shop_price: int | None) -> Literal["too_low", "same"] | None:
    """Why these prices are none to agree to; None where they are."""
    if price <= 0 or (shop_price is not None and shop_price < price):
        return "too_low"
    return "same" if (price, shop_price) == (one.price, one.shop_price) else None


async def ask(tx: Tx, staff: roles.Staff, one: Offer, price: int, shop_price: int | None) -> Outcome:
    """The same, of whoever may already."""
    shop_price = shop_price if shop_price is not None else one.shop_price
    if (unfit := _unfit(one, price, shop_price)) is not None:
        return unfit
    known = await waiting(tx, one.reference)
    if known is not None and (known.price, known.shop_price) == (price, shop_price):
        return "done"
    chat = await offers.chat_of(tx, one)
    if chat is None:
        return "nobody_to_ask"
    await lapse(tx, one.reference)
    row = {
        "offer": one.reference, "price": price, "shop_price": shop_price, "state": "asked", "by": staff.code,
        "created_at": tx.now,
    }  # fmt: skip
    await tx.add(offer_prices, row)
    await offer_desk.note(tx, staff, one, "offer_price")
    await notices.open(tx, chat, ASKS, given=one.reference)
    return "done"


async def waiting(tx: Tx, reference: str) -> Proposal | None:
    """The prices of an offer that its maker has not answered to yet."""
    row = await tx.row(_query().where(_c.offer == reference, _c.state == "asked"))
    return Proposal(**row) if row else None


async def lapse(tx: Tx, reference: str) -> None:
    """Nobody is asked for another price of this offer any more."""
    open_one = (_c.offer == reference) & (_c.state == "asked")
    await tx.execute(update(offer_prices).where(open_one).values(state="lapsed"))


# The maker


async def asked(tx: Tx, account: str, reference: str = "") -> tuple[Proposal, Offer] | None:
    """What somebody in this chat is asked, of this offer; without one what has waited longest."""
    found = (
        _query()
        .join(table, table.c.reference == _c.offer)
        .join(account_persons, account_persons.c.person_id == table.c.person_id)
        .where(account_persons.c.account_id == account, _c.state == "asked")
        .order_by(_c.id)
    )
    row = await tx.row((found.where(_c.offer == reference) if reference else found).limit(1))
    one = await offers.get(tx, row["offer"]) if row else None
    return (Proposal(**row), one) if row and one else None


async def answer(tx: Tx, account: str, reference: str, id: int, agrees: bool) -> Answer:
    """She agrees, and it holds also for what stands on the shelf; or not, and the old holds. Who asked is told."""
    one = await offers.own(tx, account, reference)
    if one is None:
        return "unknown"
    state: Answer = "agreed" if agrees else "declined"
    mine = (_c.id == id) & (_c.offer == reference) & (_c.state == "asked")
    if not (await tx.execute(update(offer_prices).where(mine).values(state=state, answered_at=tx.now))).rowcount:
        return "already"
    row = await tx.row(_query().where(_c.id == id))
    assert row is not None
    proposal = Proposal(**row)
    if agrees:
        await _hold(tx, one, proposal.price, proposal.shop_price, proposal.by)
    facts: dict[str, object] = {
        "price": {"rupiah": proposal.price}, "old": {"rupiah": one.price}, "name": one.full_name,
        "reference": reference, "product": one.product,
    }  # fmt: skip
    # Of an offer that was not decided about a yes is also the mart's.
    key = "price.agreed_first" if agrees and one.status in before("accepted", "staff") else f"price.{state}"
    asker = await roles.by_code(tx, proposal.by)
    if asker is not None and asker.ended is None and asker.account:
        await notices.tell(tx, asker.account, offer_desk.DOMAIN, key, facts)
    else:
        await offer_desk.tell_staff(tx, one, key, facts)
    return state


async def _hold(tx: Tx, one: Offer, price: int, shop_price: int | None, by: str) -> None:
    """From now on these prices: for what comes and for what stands on the shelf, not for what is sold already."""
    held = update(table).where(table.c.reference == one.reference).values(price=price, shop_price=shop_price)
    await tx.execute(held)
    if one.status in before("accepted", "staff"):
        await offers.move(tx, one.reference, "accepted", "staff", by)
    of_offer = select(consignments).where(consignments.c.offer == one.reference).order_by(consignments.c.id)
    for line in await tx.rows(of_offer.with_for_update()):
        gone = line["sold"] + line["returned"]
        same = (line["price"], line["shop_price"]) == (price, shop_price)
        if shop_price is None or same or gone == line["delivered"]:
            continue
        mine = update(consignments).where(consignments.c.id == line["id"])
        if not gone:
            await tx.execute(mine.values(price=price, shop_price=shop_price))
            continue
        # What is sold keeps its price: the rest becomes a delivery of its own.
        await tx.execute(mine.values(delivered=gone))
        rest = {"delivered": line["delivered"] - gone, "sold": 0, "returned": 0, "settled": 0}
        row = {key: value for key, value in line.items() if key != "id"}
        await tx.add(consignments, {**row, **rest, "price": price, "shop_price": shop_price})


def _query() -> Select[tuple[object, ...]]:
    return select(*(_c[name] for name in Proposal.__dataclass_fields__))
