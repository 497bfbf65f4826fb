"""Managers lower a price for a time, end that sooner, and have it announced."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Moment, Number, Option, Rupiah, Text, conversation, formats, marts, places
from bot.records import marts as records
from bot.records import promos
from bot.records.marts import Standing
from bot.records.promos import Promo
from conversations.mart import fitting, promo_lines
from conversations.mart_hours import own

DEAREST = 99_999_999
CHEAPEST = 100
LISTED = 8
"""Of those that may be ended; the others may be named."""
ROW = 24
ROOM = 36
"""Words for lower prices and the name of the mart beside the question."""


@conversation(
    "mart_promo",
    words="promo, buat promo, promo baru, bikin promo, atur promo, ubah promo, promotion, new promo",
    role="promo",
    keeps=True,
)
async def lower(chat: Chat) -> Any:
    """Show what holds now; make another one, or end one."""
    mart = await own(chat, "promo")
    known: Standing | None = await chat.look(lambda tx: records.standing(tx, mart.code)) if mart else None
    if mart is None or known is None:
        return
    if known.status != "open":
        return await chat.say("not_open", mart=mart.name)
    account = chat.speaker.account
    found: list[Promo] = await chat.look(lambda tx: promos.running(tx, mart.code))
    if found:
        fit = max(1, fitting(found, ROOM - len(mart.name.split()), known))
        await chat.say("running", mart=mart.name, lines=promo_lines(found[:fit], known, chat.speaker.language))
        if len(found) > fit:
            await chat.say("running_more", n=len(found) - fit)
    if found and await chat.choose("what", ["new", "end"], default="new") == "end":
        return await _end(chat, found)
    await chat.say("begin", mart=mart.name)
    said = await _asked(chat, known)
    await chat.review("review", mart=mart.name)
    id = await chat.once("created", lambda tx: promos.create(tx, account, mart.code, **said))
    if id is None:
        return await chat.say("not_kept")
    able = await chat.look(lambda tx: promos.announcer(tx, account, mart.district))
    tells = able and await chat.choose("tell", ["yes", "no"], mart=mart.name) == "yes"
    if not await chat.look(lambda tx: promos.holds(tx, id)):
        return await chat.say("over")
    if not tells:
        return await chat.say("done", item=said["item"])
    texts = {language: await _announcement(chat, mart, said, language) for language in ("id", "en")}
    number = await chat.once("announced", lambda tx: promos.announce(tx, account, id, texts))
    await chat.say("counting" if number else "done", number=number, item=said["item"])


async def _asked(chat: Chat, known: Standing) -> dict[str, Any]:
    language, zone = chat.speaker.language, known.mart.zone
    typed: str = await chat.ask("item", Text(2, 60, named=True), given=chat.given)
    item = typed[0].upper() + typed[1:]
    before: int = await chat.ask("price_before", Rupiah(CHEAPEST + 1, DEAREST), item=item)
    price: int = await chat.ask(
        "price", Rupiah(CHEAPEST, before - 1), about=before, item=item, before=formats.rupiah(before, language)
    )
    ends_at: int = await chat.ask(
        "ends_at", Moment(chat.now, zone, end=True), zone=places.zone_label(known.mart.district)
    )
    most: int | None = await chat.ask("most", Number(1, 999), optional=True)
    return {"item": item, "price_before": before, "price": price, "ends_at": ends_at, "most": most}


async def _announcement(chat: Chat, mart: marts.Mart, said: dict[str, Any], language: str) -> str:
    """The words of the announcement; its author may change them before it goes."""
    return await chat.write(
        "announcement_most" if said["most"] else "announcement",
        language,
        mart=mart.name,
        item=said["item"],
        price=formats.rupiah(said["price"], language),
        before=formats.rupiah(said["price_before"], language),
        most=said["most"] or 0,
    )


def _label(item: str) -> str:
    """What has room in a row: of a long name its beginning and its end, where such names differ."""
    return item if len(item) <= ROW else f"{item[:12].rstrip()}…{item[-11:].lstrip()}"


async def _end(chat: Chat, found: list[Promo]) -> Any:
    options = [Option(f"promo_{one.id}", dict.fromkeys(("id", "en"), _label(one.item))) for one in found]
    picked: str = f"promo_{found[0].id}"
    if len(found) > 1:
        picked = await chat.choose("which", options[:LISTED], also=options[LISTED:])
    one = next((each for each in found if f"promo_{each.id}" == picked), None)
    if one is None:
        return await chat.say("over")
    if await chat.choose("sure", ["yes", "no"], exact=True, about=picked, item=one.item) == "no":
        return await chat.say("goes_on", item=one.item)
    told = await chat.once("ended", lambda tx: promos.end(tx, chat.speaker.account, one.id))
    if told is None:
        return await chat.say("over")
    await chat.say("ended_announced" if told else "ended", item=one.item, number=told)
