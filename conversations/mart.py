"""The mart: open or not, where, what is cheaper now; and whoever wants to is told when it opens."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Joined, Option, Part, conversation, formats, marts
from bot.records import marts as records
from bot.records import promos
from bot.records.marts import Standing
from bot.records.promos import Promo

PROMOS = 2
"""Lower prices that stand in the answer itself; the others are one word away."""
SOON = 3
"""Days ahead of which other hours are told."""
LAST_MINUTE = 23 * 60 + 59


@conversation(
    "mart",
    words="mart, sbmi mart, toko, toko sbmi, toko koperasi, info mart, jam, jam buka, jam mart, jam buka mart,"
    " alamat mart, lokasi mart, di mana mart, mart buka, lihat mart, shop, the mart, see the mart,"
    " opening hours, where is the mart",
    takes=lambda said: bool(marts.named(said)),
)
async def mart(chat: Chat) -> Any:
    """Tell of the mart of one's own district, or of the one that was named."""
    await _about(chat, marts.named(chat.given) or await nearest(chat))


@conversation(
    "mart_other", words="mart lain, mart yang lain, semua mart, daftar mart, other mart, all marts", texts="mart"
)
async def other(chat: Chat) -> Any:
    """Tell of any mart."""
    await _about(chat, await chat.choose("which", marts.options(), given=chat.given))


@conversation(
    "mart_wait",
    words="kabari saya, kabari mart, kabari saya kalau buka, kabari kalau buka, kabari saya kalau mart buka, "
    " kabari kalau mart buka, tell me when it opens, notify me, tell me when the mart opens",
    texts="mart",
)
async def wait(chat: Chat) -> Any:
    """Tell somebody when a mart opens; where it is open, tell that."""
    code = marts.named(chat.given) or await nearest(chat)
    await _wait(chat, code)


@conversation(
    "mart_unwait",
    words="batal kabar, batal kabari, batal kabar mart, batalkan kabar, tidak usah kabari, cancel mart news",
    texts="mart",
)
async def unwait(chat: Chat) -> Any:
    """Somebody does not want to be told any more."""
    names = await chat.once("forgotten", lambda tx: records.forget(tx, chat.speaker.account))
    if not names:
        return await chat.say("not_waiting")
    await chat.say("forgotten", marts=", ".join(names))


async def nearest(chat: Chat) -> str:
    """The code of the mart of one's own district; where that has none, or nobody knows it, the one that is chosen."""
    code = await chat.look(lambda tx: records.near(tx, chat.speaker.person, chat.speaker.roles))
    return code or str(await chat.choose("which", marts.options()))


async def _about(chat: Chat, code: str) -> Any:
    known: Standing | None = await chat.look(lambda tx: records.standing(tx, code))
    if known is None:
        return await chat.say("unknown")
    if known.status == "open":
        return await _open(chat, known)
    name, address = known.mart.name, known.mart.address
    await chat.say(f"stands.{known.status}", mart=name)
    if known.status == "closed":
        return await _others(chat)
    if address:
        await chat.say("address_to_come" if known.status in marts.TO_COME else "address", address=address)
    await _pin(chat, known)
    if await chat.look(lambda tx: records.waits(tx, chat.speaker.account, code)):
        return await chat.say("waiting")
    if await chat.choose("wait", ["yes", "no"]) == "no":
        return await chat.say("not_now")
    await _wait(chat, code)


async def _wait(chat: Chat, code: str) -> Any:
    known: Standing | None = await chat.look(lambda tx: records.standing(tx, code))
    name = known.mart.name if known else ""
    if known is not None and known.status == "closed":
        await chat.say("stands.closed", mart=name)
        return await _others(chat)
    if await chat.once("waits", lambda tx: records.wait(tx, chat.speaker.account, code)):
        return await chat.say("noted", mart=name)
    await chat.say("open_already" if known else "unknown", mart=name)


async def _open(chat: Chat, known: Standing) -> None:
    """In one message: open until, or when; where; what is cheaper; and a pin, where it is known where that is."""
    await chat.say(_when(chat, known), **_times(chat, known))
    if known.hours:
        await chat.say("hours", lines=hours(known, chat.speaker.language))
    special = records.days_ahead(known, chat.now, SOON)[:1]
    for day in special:
        told = {"date": formats.short_date(day.on, known.mart.zone, chat.speaker.language), "reason": day.reason}
        opens, closes = records.written(day.span, chat.speaker.language)
        open_ = "day.open_why" if day.reason else "day.open"
        shut = "day.closed_why" if day.reason else "day.closed"
        await chat.say(open_ if day.span else shut, **told, opens=opens, closes=closes)
    if known.mart.address:
        await chat.say("address", address=known.mart.address)
    found = await chat.look(lambda tx: promos.running(tx, known.mart.code))
    shown = found[: PROMOS - len(special)]
    if found:
        await chat.say("promos", lines=promo_lines(shown, known, chat.speaker.language))
    if len(found) > len(shown):
        await chat.say("more_promos", n=len(found) - len(shown))
    if known.mart.link:
        await chat.say("link", link=known.mart.link)
    await _pin(chat, known)
    await _others(chat, "" if found else "further")


async def _others(chat: Chat, key: str = "others") -> None:
    """The way to another mart, and as words what else there is; those not where the message is long already."""
    if len(marts.everywhere()) > 1:
        await chat.offer("other", "mart_other")
        if key:
            await chat.say(key)


async def _pin(chat: Chat, known: Standing) -> None:
    if known.mart.pin is not None:
        await chat.pin("pin", *known.mart.pin, mart=known.mart.name)


def _when(chat: Chat, known: Standing) -> str:
    """Whether it is open now, as a key."""
    now = known.now(chat.now)
    who = "" if known.mart.contact else "_office"
    if now.open:
        return "open.until" if now.until else "open.on"
    if now.open is None:
        return f"open.unknown{who}"
    if now.next is None:
        return f"shut.unknown{who}"
    ahead = (records.day_of(now.next, known.mart.zone) - known.today(chat.now)).days
    return ("shut.today", "shut.tomorrow")[ahead] if ahead < 2 else "shut.day"


def _times(chat: Chat, known: Standing) -> dict[str, object]:
    now, zone, language = known.now(chat.now), known.mart.zone, chat.speaker.language
    at = now.until or now.next
    told: dict[str, object] = {"mart": known.mart.name, "whom": known.mart.contact}
    if at is not None:
        told |= {"clock": formats.clock(at, zone, language), "date": formats.date(at, zone, language)}
    return told


# What managers are shown, too


def hours(known: Standing, language: str) -> Joined:
    """The hours by weekday, days that have the same ones together."""
    return Joined(
        tuple(
            Part(("hours.open" if opens else "hours.closed",), {"days": days, "opens": opens, "closes": closes})
            for days, opens, closes in records.week(known.hours, language)
        )
    )


def promo_lines(found: list[Promo], known: Standing, language: str) -> Joined:
    """A line for each lower price: what, how much, instead of how much, until when."""
    return Joined(tuple(_promo(one, known, language) for one in found), "\n")


def _promo(one: Promo, known: Standing, language: str) -> Part:
    told: dict[str, object] = {
        "item": one.item,
        "price": formats.rupiah(one.price, language),
        "before": formats.rupiah(one.price_before, language),
        "until": until(one.ends_at, known.mart.zone, language),
        "most": one.most,
    }
    return Part(("promo.line_most" if one.most else "promo.line",), told)


def until(at: int, zone: str, language: str) -> str:
    """A day alone where all of it is meant, else with the hour."""
    day = formats.short_date(at, zone, language)
    return day if records.minute_of(at, zone) == LAST_MINUTE else f"{day}, {formats.clock(at, zone, language)}"


def chosen(found: list[marts.Mart]) -> list[Option]:
    """Marts to choose from, by name."""
    return [Option(one.code, dict.fromkeys(("id", "en"), one.name[:24])) for one in found]
