"""Titip jual: a member offers something to the mart of their district, in at most eight questions (domain.md 3.3)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.author import (
    Chat,
    Keeps,
    Listed,
    Number,
    Option,
    Photo,
    Rupiah,
    Text,
    Tx,
    asides,
    conversation,
    marts,
    places,
)
from bot.records import offering, people
from bot.records.marts import Standing, standing

LASTING = ("kerajinan", "tenun_batik", "pakaian", "kebutuhan_rumah")
"""Goods that do not spoil and are not eaten: neither their days nor PIRT and halal are asked."""
PERMITS = {
    "nib": "nib, sudah nib, punya nib, have nib",
    "nib_applied": "nib proses, nib diurus, nib applied",
    "pirt": "pirt, p irt, punya pirt, have pirt",
    "pirt_applied": "pirt proses, pirt diurus, pirt applied",
    "halal": "halal, sudah halal, sertifikat halal, have halal",
    "halal_applied": "halal proses, halal diurus, halal applied",
    "none": "belum, blm, belum ada, blm ada, belum punya, tidak ada, gak ada, ga ada, tidak punya, not yet, none, no",
}
OF_LASTING = ("nib", "nib_applied", "none")
DAILY = 7
"""Food that keeps for fewer days comes fresh."""
SOLD = "jual"
AMOUNT = re.compile(r"(?:rp\.?\s*)?\d[\d.,]*\s*(?:rb|ribu|k|jt|juta|rupiah)?|.*\d\s*(?:rb|ribu|k|jt|juta|rupiah)", re.I)
"""With an amount alone or at the end behind it this is a cash note: "jual 25rb", "jual keripik 25rb"."""
LESSON = "C5L2"
"""The lesson on permits."""


class Product(Text):
    """What the thing is called; "mau titip keripik" names it, too."""

    def outranks(self, text: str) -> bool:
        """Those words begin like what opens this, and name the thing."""
        return asides.asked_for(text).name == "sell"

    def read(self, said: Any) -> Any:
        """The name, without the words around it."""
        meant = asides.asked_for(said.text)
        return Text.read(self, replace(said, text=meant.given) if meant.name == "sell" else said)


@conversation(
    "sell",
    words="jual, titip jual, jualan, mau jual, mau jualan, mau titip, mau titip jual, titip barang, jual barang,"
    " jual produk, tawarkan, mau tawarkan, sell, offer, consign, sell something, i want to sell",
    steps="product category unit price quantity shelf permits photo",
    keeps=True,
)
async def sell(chat: Chat) -> Any:
    """Ask for one offer and send it to the mart."""
    account = chat.speaker.account
    if AMOUNT.fullmatch(chat.given):
        return chat.then("cash", given=f"{SOLD} {chat.given}")
    person = await _maker(chat)
    if not person:
        await chat.offer("enrol_now", "enrol")
        return await chat.say("enrol_first")
    mart = await chat.look(lambda tx: _mart(tx, person))
    if mart is None or mart.status == "closed":
        return await chat.say("no_mart")
    to_come, called = mart.status in marts.TO_COME, mart.mart.name
    if await chat.look(lambda tx: offering.waiting_of(tx, person)) >= offering.MOST_OPEN:
        return await chat.say("many_waiting")
    welcome = "welcome_planned" if to_come else "welcome"
    await chat.say(welcome, mart=called)
    product = await chat.ask("product", Product(2, 60, named=True), given=chat.given)
    if product == chat.given:
        # Named in the words that opened this, which took the place of the first question.
        await chat.say(welcome, mart=called)
        await chat.say("named", product=product)
    said = await _asked(chat, product)
    await chat.review("review", mart=called)
    reference = await chat.once("sent", lambda tx: offering.submit(tx, account, person, said))
    if not reference:
        return await chat.say("no_mart")
    await chat.say("sent_planned" if to_come else "sent", reference=reference, mart=called)
    if "none" in said["permits"]:
        await chat.offer("learn", "tips", LESSON)
        await chat.say("permits_later")


async def _mart(tx: Tx, person: str) -> Standing | None:
    """The mart of the maker's district, as it is now."""
    return await standing(tx, await offering.mart_of(tx, person))


async def _maker(chat: Chat) -> str:
    """Whose goods they are; empty where nobody has enrolled from this chat."""
    account = chat.speaker.account
    # Kept with the talk, so that it goes with the person it is about.
    only = await chat.once("maker", lambda tx: _only(tx, account))
    if only:
        return only
    known = await chat.look(lambda tx: people.known(tx, account))
    if not known:
        return ""
    options = [Option(one["id"], dict.fromkeys(places.LANGUAGES, one["name"])) for one in known]
    who: str = await chat.choose("who", options)
    return who


async def _only(tx: Tx, account: str) -> str:
    """The one person who writes from a chat; empty where there are none or several."""
    known = await people.known(tx, account)
    return str(known[0]["id"]) if len(known) == 1 else ""


async def _asked(chat: Chat, product: str) -> dict[str, Any]:
    said: dict[str, Any] = {"product": product, "shelf": None}
    said["category"] = category = await chat.ask("category", Listed(places.product_categories(), shown=10))
    said["unit"] = await chat.ask("unit", Text(1, 30))
    said["price"] = await chat.ask("price", Rupiah(500, 5_000_000))
    said["quantity"] = await chat.ask("quantity", Number(1, 1000))
    if category not in LASTING:
        said["shelf"] = await chat.ask("shelf", Keeps(1, 730), optional=True)
        if said["shelf"] is not None and said["shelf"] < DAILY:
            await chat.say("daily", n=said["shelf"])
    names = OF_LASTING if category in LASTING else tuple(PERMITS)
    options = [Option(name, aliases=tuple(one.strip() for one in PERMITS[name].split(","))) for name in names]
    said["permits"] = await chat.choose_many("permits", options, about=category in LASTING)
    said["photo"] = await chat.ask("photo", Photo(), optional=True)
    return said
