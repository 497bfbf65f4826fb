"""Goods and money of one offer, for the mart: what came in, was sold, went back, was paid for, or noted by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.author import Chat, Number, Option, Rupiah, Tx, conversation, formats, places
from bot.records import consignments, offer_desk, offers, settlements
from bot.records.offers import Offer

LOWEST, HIGHEST = 500, 5_000_000
"""What a maker may get for one, in rupiah (domain.md 3.3)."""


@dataclass(frozen=True, slots=True)
class Usual(Rupiah):
    """An amount of which the usual one can be picked."""

    usual: int

    def options(self) -> tuple[Option, ...]:
        label = {language: formats.rupiah(self.usual, language) for language in places.LANGUAGES}
        return (Option(str(self.usual), label, SAME),)


SAME = ("ya", "iya", "sama", "tetap", "tetap sama", "itu", "yes", "same", "the same")
"""What people write for the usual amount."""


def in_shop(price: int, usual: int | None) -> Rupiah:
    """What a buyer pays, never below what the maker gets; the usual amount can be picked."""
    if usual is not None and usual >= price:
        return Usual(price, 2 * HIGHEST, usual)
    return Rupiah(price, 2 * HIGHEST)


async def held(tx: Tx, reference: str) -> tuple[int, int | None]:
    """What the maker gets and what a buyer pays, as it holds now."""
    one = await offers.get(tx, reference)
    return (one.price, one.shop_price) if one else (LOWEST, None)


async def able(tx: Tx, reference: str) -> list[str]:
    """What can be done with the goods of an offer as they are now."""
    goods = await consignments.of(tx, reference)
    can = ["sold", "returned"] if goods.shelf else []
    can += ["settle"] if goods.unsettled else []
    can.append("delivered")
    can += ["undo"] if await settlements.unanswered(tx, reference) else []
    can += ["put_right"] if goods.delivered else []
    return can


@conversation("offer_goods", role="tawaran")
async def note(chat: Chat) -> Any:
    """Note one thing (`TJ-7K4M9-C sold 5`) and say how it stands then."""
    account = chat.speaker.account
    given = await chat.once("about", lambda tx: _given(tx, account, chat.given))
    if given is None:
        return await chat.say("unknown")
    reference, deed, rest = given
    one: Offer | None = await chat.look(lambda tx: offer_desk.find(tx, account, reference))
    if one is None:
        return await chat.say("unknown")
    if deed == "delivered":
        outcome = await _delivered(chat, one, rest)
    elif deed in ("sold", "returned"):
        outcome = await _counted(chat, one, deed, rest)
    elif deed == "settle":
        return await _settled(chat, one)
    elif deed == "undo":
        number = await chat.once("undoes", lambda tx: settlements.unanswered(tx, reference))
        outcome = await chat.once("withdrawn", lambda tx: settlements.withdraw(tx, account, reference, number))
        outcome = "undone" if outcome == "done" else outcome
    else:
        outcome = await _put_right(chat, one)
    count = chat.answers.get(deed, "")
    await chat.say(outcome, reference=reference, product=one.product, maker=one.full_name, count=count)
    if outcome in ("asked_done", "nobody_to_ask_done"):
        held = await chat.look(lambda tx: offers.get(tx, reference)) or one
        amounts = (held.price, held.shop_price or held.price)
        price, shop_price = (formats.rupiah(amount, chat.speaker.language) for amount in amounts)
        await chat.say("holds", maker=one.full_name, price=price, shop_price=shop_price)
    goods = await chat.look(lambda tx: consignments.of(tx, reference))
    if outcome in COUNTED and goods.delivered:
        counts = {name: getattr(goods, name) for name in ("delivered", "sold", "returned", "shelf")}
        await chat.say("stands", reference=reference, **counts)


COUNTED = ("delivered_done", "asked_done", "nobody_to_ask_done", "sold_done", "returned_done", "put_right_done")
"""After these the numbers are said."""


async def _given(tx: Tx, account: str, said: str) -> tuple[str, str, str] | None:
    reference, rest = offers.split(said)
    deed, _, number = rest.partition(" ")
    return (reference, deed, number) if reference and deed else None


async def _delivered(chat: Chat, one: Offer, given: str) -> str:
    account, reference, language = chat.speaker.account, one.reference, chat.speaker.language
    seen = await chat.once("seen", lambda tx: consignments.counted(tx, reference))
    count = await chat.ask("delivered", Number(1, consignments.MOST), given=given, product=one.product)
    before = await chat.once("before", lambda tx: held(tx, reference))
    price = await chat.ask("price", Usual(LOWEST, HIGHEST, before[0]))
    shop_price = await chat.ask(
        "shop_price", in_shop(price, before[1]), about=price, price=formats.rupiah(price, language)
    )
    outcome = await chat.once(
        "noted", lambda tx: consignments.deliver(tx, account, reference, count, price, shop_price, seen)
    )
    if outcome in ("asked", "nobody_to_ask"):
        return "asked_done" if outcome == "asked" else "nobody_to_ask_done"
    return "delivered_done" if outcome == "done" else outcome


async def _counted(chat: Chat, one: Offer, what: str, given: str) -> str:
    account, reference = chat.speaker.account, one.reference
    seen = await chat.once("seen", lambda tx: consignments.counted(tx, reference))
    delivered, sold, returned = seen
    shelf = delivered - sold - returned
    if not shelf:
        return "empty"
    count = await chat.ask(what, Number(1, shelf), given=given, product=one.product, shelf=shelf)
    outcome = await chat.once("noted", lambda tx: consignments.count(tx, account, reference, what, count, seen))
    return f"{what}_done" if outcome == "done" else outcome


async def _settled(chat: Chat, one: Offer) -> None:
    """What is owed is shown, paid at the shop, and noted after a clear yes."""
    account, reference = chat.speaker.account, one.reference
    sold, due = await chat.once("due", lambda tx: settlements.due(tx, reference))
    if not sold:
        return await chat.say("nothing_due", reference=reference)
    facts: dict[str, Any] = {"sold": sold, "due": formats.rupiah(due, chat.speaker.language), "maker": one.full_name}
    if await chat.choose("paid", ["yes", "no"], exact=True, product=one.product, **facts) == "no":
        return await chat.say("not_paid", reference=reference)
    outcome, number = await chat.once("noted", lambda tx: settlements.settle(tx, account, reference, due))
    await chat.say(f"settle.{outcome}", number=number, reference=reference, **facts)


async def _put_right(chat: Chat, one: Offer) -> str:
    account, reference = chat.speaker.account, one.reference
    seen = await chat.once("seen", lambda tx: consignments.counted(tx, reference))
    what = await chat.choose("what", consignments.COUNTS)
    low, high, now = await chat.once("range", lambda tx: consignments.bounds(tx, reference, what))
    if low == high:
        return "fixed"
    total = await chat.ask("total", Number(low, high), product=one.product, now=now, low=low, high=high)
    outcome = await chat.once("noted", lambda tx: consignments.put_right(tx, account, reference, what, total, seen))
    return "put_right_done" if outcome == "done" else outcome
