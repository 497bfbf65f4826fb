"""Titip jual: a member offers something to the mart of their district, in at most eight questions (domain.md 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.author import (
    Chat,
    Keeps,
    Listed,
    Number,
    Option,
    Photo,
    Rejected,
    Rupiah,
    Text,
    Tx,
    asides,
    cash_words,
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
LESSON = "C5L2"
"""The lesson on permits."""


class Product(Text):
    """What the thing is called; "mau titip keripik" names it, too."""

    def outranks(self, text: str) -> bool:
        """Those words begin like what opens this, and name the thing."""
        return asides.asked_for(text).name == "sell"

    def read(self, said: Any) -> Any:
        """The name, without the words around it and without a price behind it."""
        meant = asides.asked_for(said.text)
        name = Text.read(self, replace(said, text=_thing(meant.given if meant.name == "sell" else said.text)))
        return name[:1].upper() + name[1:] if isinstance(name, str) else name


@dataclass(frozen=True, slots=True)
class Price(Rupiah):
    """What the maker gets; "jual 12rb" is an answer here, and no note of what was sold."""

    def read(self, said: Any) -> Any:
        """The amount, without the verb."""
        first, _, rest = said.text.partition(" ")
        return Rupiah.read(self, replace(said, text=rest) if first.lower() in VERBS else said)


@dataclass(frozen=True, slots=True)
class Count(Number):
    """How many; "jual 3 bungkus 45rb" tells of money, and does not mean three."""

    def read(self, said: Any) -> Any:
        """The number, where no sum stands beside it."""
        note = cash_words.is_told(said.text) and all(one.sure for one in cash_words.notes(said.text))
        return Rejected("number", {"example": 20}) if note else Number.read(self, said)


VERBS = (SOLD, "dijual", "titip", "sell")


def _thing(given: str) -> str:
    """What the thing is called, without a price: "keripik 25rb" names crisps."""
    found = cash_words.notes(f"{SOLD} {given}")
    return found[0].what if len(found) == 1 and found[0].sure and found[0].what else given


def _is_note(given: str) -> bool:
    """Whether it tells of what was sold: "25rb", "3 bungkus 45rb"; what begins with a name is offered."""
    told = f"{SOLD} {given}"
    return cash_words.is_told(told) and all(one.what[:1].isdigit() or not one.what for one in cash_words.notes(told))


def _instead(given: str, said: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """A note of money; while one offer is being written also another thing, but the same thing goes on."""
    if _is_note(given):
        return "cash", f"{SOLD} {given}"
    if said is None:
        return None
    new, old = _thing(given), said.get("product") or ""
    if new[:1].isdigit() or asides.same_thing(new, old):
        return None
    return "sell_another", f"{new}\n{old}"


@conversation(
    "sell",
    words="jual, titip jual, jualan, mau jual, mau jualan, mau titip, mau titip jual, titip barang, jual barang,"
    " jual produk, tawarkan, mau tawarkan, sell, offer, consign, sell something, i want to sell",
    steps="product category unit price quantity shelf permits photo",
    keeps=True,
    instead=_instead,
)
async def sell(chat: Chat) -> Any:
    """Ask for one offer and send it to the mart."""
    account = chat.speaker.account
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
    if chat.given and product.casefold() == _thing(chat.given).casefold():
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


@conversation("sell_another", texts="sell")
async def another(chat: Chat) -> Any:
    """Ask which goes on where another thing is named: the offer that waits, or a new one of that thing."""
    new, _, old = chat.given.partition("\n")
    if old:
        options = [Option("draft", aliases=(*GO_ON, old)), Option("anew", aliases=(*BEGIN, new))]
        if await chat.choose("which_one", options, exact=True, old=old, new=new) == "draft":
            return chat.then("sell")
    return chat.then("sell", new, anew=True)


GO_ON = ("lanjut", "lanjutkan", "yang tadi", "yang lama", "tadi", "lama", "terusin", "go on", "continue", "the old one")
BEGIN = ("baru", "yang baru", "mulai", "dari awal", "buat baru", "new", "the new one", "start over")


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
    said["price"] = await chat.ask("price", Price(500, 5_000_000))
    said["quantity"] = await chat.ask("quantity", Count(1, 1000))
    if category not in LASTING:
        said["shelf"] = await chat.ask("shelf", Keeps(1, 730), optional=True)
        if said["shelf"] is not None and said["shelf"] < DAILY:
            await chat.say("daily", n=said["shelf"])
    names = OF_LASTING if category in LASTING else tuple(PERMITS)
    options = [Option(name, aliases=tuple(one.strip() for one in PERMITS[name].split(","))) for name in names]
    said["permits"] = await chat.choose_many("permits", options, about=category in LASTING)
    said["photo"] = await chat.ask("photo", Photo(), optional=True)
    return said
