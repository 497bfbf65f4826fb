"""What the maker of an offer is told, step by step; opened by what the mart decides and notes, never by words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.author import Chat, Option, conversation, formats
from bot.records import consignments, offer_decisions, offers
from bot.records.offers import Offer

DAYS = {
    "monday": "senin, sen, monday, mon",
    "tuesday": "selasa, sel, tuesday, tue",
    "wednesday": "rabu, rab, wednesday, wed",
    "thursday": "kamis, kam, thursday, thu",
    "friday": "jumat, jum'at, jum, friday, fri",
    "saturday": "sabtu, sab, saturday, sat",
    "sunday": "minggu, ahad, min, sunday, sun",
}
"""Days of the week, and what people write for them."""
AHEAD = (
    ("hari ini", "hr ini", "sekarang", "today"),
    ("besok", "bsk", "esok", "besok pagi", "besok siang", "besok sore", "tomorrow"),
    ("lusa", "day after tomorrow", "the day after tomorrow"),
)
"""The same, from today on."""


@conversation("offer_news")
async def news(chat: Chat) -> Any:
    """Tell one event (`TJ-7K4M9-C stocked 20`) as it is now; when accepted, ask on which day the goods come."""
    account = chat.speaker.account
    reference, event = offers.split(chat.given)
    one: Offer | None = await chat.look(lambda tx: offers.own(tx, account, reference))
    if one is None or one.status == "cancelled":
        return None
    what, _, count = event.partition(" ")
    facts: dict[str, Any] = {"reference": reference, "product": one.product, "mart": one.mart_name}
    if what == "not_yet":
        await chat.say(f"not_yet.{one.reason or 'lainnya'}", **facts)
        if one.suggestion:
            await chat.say("suggestion", suggestion=one.suggestion)
        return await chat.say("not_yet.next")
    if what == "accepted":
        await chat.say("accepted", **facts)
        return await delivery_day(chat, one)
    goods = await chat.look(lambda tx: consignments.of(tx, reference))
    counts = {name: getattr(goods, name) for name in ("delivered", "sold", "returned", "shelf")}
    if what == "stocked":
        shop = one.shop_price or one.price
        amounts = (one.price, shop, shop - one.price)
        price, shop_price, fee = (formats.rupiah(amount, chat.speaker.language) for amount in amounts)
        return await chat.say("stocked", **facts, count=count, price=price, shop_price=shop_price, fee=fee)
    return await chat.say(what, **facts, **counts, count=count)


async def delivery_day(chat: Chat, one: Offer) -> None:
    """Ask on which weekday the goods come, and let the mart know."""
    account, reference = chat.speaker.account, one.reference
    here = datetime.fromtimestamp(chat.now / 1000, UTC).astimezone(ZoneInfo(chat.speaker.zone)).weekday()
    named = {(here + ahead) % 7: said for ahead, said in enumerate(AHEAD)}
    options = [
        Option(day, aliases=(*said.split(", "), *named.get(at, ()))) for at, (day, said) in enumerate(DAYS.items())
    ]
    day = await chat.choose("day", options, optional=True, product=one.product)
    if day is None:
        return await chat.say("day_later", product=one.product)
    kept = await chat.once("day_kept", lambda tx: offer_decisions.deliver_on(tx, account, reference, day))
    await chat.say("day_kept" if kept in ("done", "already") else "day_late", mart=one.mart_name, product=one.product)


@conversation("offer_day", texts="offer_news")
async def day(chat: Chat) -> Any:
    """The day of delivery, or another one; `chat.given` is the offer."""
    account, given = chat.speaker.account, chat.given
    one: Offer | None = await chat.look(lambda tx: offers.own(tx, account, given))
    if one is not None:
        await delivery_day(chat, one)
