"""What the mart has: all that is cheaper now, and whether one thing is there."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Joined, Part, Text, conversation, formats, marts
from bot.records import marts as records
from bot.records import promos, stock
from bot.records.stock import Item
from conversations.mart import nearest, promo_lines

LINES = 5
FEW = 3
"""Words of a thing that is asked for behind the command; more of them are a sentence."""
PROMOS = 8


@conversation(
    "promos",
    words="promo, promosi, diskon, promo mart, promo toko, harga murah, ada promo, promos, promotion, promotions,"
    " discount, discounts",
    takes=lambda said: bool(marts.named(said)),
    texts="mart_goods",
)
async def lower(chat: Chat) -> Any:
    """The lower prices that hold now, in one message; of many the first, and how many more there are."""
    code = marts.named(chat.given) or await nearest(chat)
    known = await chat.look(lambda tx: records.standing(tx, code))
    is_open = known is not None and known.status == "open"
    found = await chat.look(lambda tx: promos.running(tx, code)) if is_open else []
    if known is None or not found:
        return await chat.say("no_promos", mart=known.mart.name if known else "")
    await chat.say("promos", mart=known.mart.name, lines=promo_lines(found[:PROMOS], known, chat.speaker.language))
    if len(found) > PROMOS:
        await chat.say("more_promos", n=len(found) - PROMOS)
    await chat.say("where")


@conversation(
    "mart_item",
    words="stok, ada stok, cek stok, cek barang, ada barang, stock, check stock, in stock",
    takes=lambda said: len(said.split()) <= FEW,
    texts="mart_goods",
)
async def item(chat: Chat) -> Any:
    """Whether a thing is there and what it costs, as the managers have last written."""
    code = await nearest(chat)
    known = await chat.look(lambda tx: records.standing(tx, code))
    name = known.mart.name if known else ""
    if known is None or not await chat.look(lambda tx: stock.items(tx, code)):
        return await chat.say("no_items", mart=name)
    asked: str = await chat.ask("item", Text(2, 60), given=chat.given)
    found = await chat.look(lambda tx: stock.matching(tx, code, asked, loosely=True))
    if not found:
        return await chat.say("not_known", item=asked, mart=name)
    last = max(one.changed_at for one in found[:LINES])
    told = {"date": formats.short_date(last, known.mart.zone, chat.speaker.language)}
    await chat.say("found", mart=name, lines=item_lines(found[:LINES], chat.speaker.language), **told)
    await chat.say("where")


def item_lines(found: list[Item], language: str) -> Joined:
    """A line for each thing: whether it is there, and what it costs where that is told."""
    return Joined(tuple(_line(one, language) for one in found), "\n")


def _line(one: Item, language: str) -> Part:
    key = "item.plain" if one.price is None else "item.priced" if one.member_price is None else "item.member"
    return Part(
        (key,),
        {
            "item": one.called,
            "stock": Joined((Part((f"stock.{one.stock}",)),)),
            "price": formats.rupiah(one.price or 0, language),
            "member": formats.rupiah(one.member_price or 0, language),
        },
    )
