"""What the mart has: all that is cheaper now, and whether one thing is there."""

from __future__ import annotations

import re
from typing import Any

from bot.author import Chat, Joined, Option, Part, Text, Tx, conversation, formats, marts
from bot.records import marts as records
from bot.records import promos, stock
from bot.records.marts import Standing
from bot.records.stock import Item
from conversations.mart import fitting, nearest, promo_lines

LINES = 5
MORE = Option("more", aliases=("lainnya", "promo lainnya", "lagi", "selanjutnya", "berikutnya", "more", "next"))
ENOUGH = Option("enough", aliases=("cukup", "sudah", "enough"))
FEW = 3
"""Words of a thing that is asked for behind the command; more of them are a sentence."""
ROOM = 43
"""Words for lower prices and the name of the mart in one message, with what stands around them at the longest."""


@conversation(
    "promos",
    words="promo, promosi, diskon, promo mart, promo toko, harga murah, ada promo, promo apa, promo apa saja,"
    " ada promo apa, promo hari ini, promo apa hari ini, promo minggu ini, promos, promotion, promotions,"
    " discount, discounts",
    takes=lambda said: bool(marts.named(said)),
    texts="mart_goods",
)
async def lower(chat: Chat) -> Any:
    """The lower prices that hold now, as many in a message as it has room for; the others on demand."""
    after, named = _page(chat.given)
    code = marts.named(named) or await nearest(chat)
    known = await chat.look(lambda tx: records.standing(tx, code))
    if known is not None and known.status != "open" and not after:
        return chat.then("mart", code)
    found = await chat.look(lambda tx: promos.running(tx, code, after=after)) if known else []
    if known is None or known.status != "open" or not found:
        return await chat.say("no_more_promos" if after else "no_promos", mart=known.mart.name if known else "")
    # Recorded: where one of them ends meanwhile, the next page still begins behind the last that was shown.
    ids: list[int] = await chat.once("page", lambda tx: _fit(tx, code, after, known))
    shown = [one for one in found if one.id in ids]
    lines = promo_lines(shown, known, chat.speaker.language)
    await chat.say("promos_on" if after else "promos", mart=known.mart.name, lines=lines)
    left = len(found) - len(shown)
    if left and await chat.choose("more", [MORE, ENOUGH], n=left) == "more":
        return chat.then("promos", f"+{ids[-1]} {code}")
    await chat.say("where")


async def _fit(tx: Tx, code: str, after: int, known: Standing) -> list[int]:
    """The next lower prices that have room in one message; never none."""
    found = await promos.running(tx, code, after=after)
    fit = fitting(found, ROOM - len(known.mart.name.split()), known)
    return [one.id for one in found[: max(1, fit)]]


def _page(given: str) -> tuple[int, str]:
    """The id of the last one that was shown, and what names the mart."""
    first, _, rest = given.partition(" ")
    return (int(first[1:]), rest) if re.fullmatch(r"\+\d{1,12}", first) else (0, given)


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
    if known is not None and known.status != "open":
        return chat.then("mart", code)
    name = known.mart.name if known else ""
    if known is None or not await chat.look(lambda tx: stock.items(tx, code)):
        return await chat.say("no_items", mart=name)
    asked: str = await chat.ask("item", Text(2, 60), given=chat.given)
    found = await chat.look(lambda tx: stock.matching(tx, code, asked, loosely=True))
    if not found:
        await chat.say("not_known", item=asked, mart=name)
        return await chat.say("mart_contact", whom=known.mart.contact) if known.mart.contact else None
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
