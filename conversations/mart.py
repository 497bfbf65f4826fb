"""The mart: open or not, where, what is cheaper now; and whoever wants to is told when it opens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.author import Chat, Joined, Option, Part, conversation, formats, marts
from bot.records import marts as records
from bot.records import promos
from bot.records.marts import Day, Standing
from bot.records.promos import Promo

PROMOS = 2
"""Lower prices that stand in the answer itself; the others are one word away."""
ROOM = 60
"""Words that a message may have: what does not fit any more is one word away, too."""
SOON = 7
"""Days ahead of which other hours are told."""
LAST_MINUTE = 23 * 60 + 59
ENDS = ("opens", "closes")
BROKEN = ("opens", "pauses", "resumes", "closes")


@conversation(
    "mart",
    words="mart, sbmi mart, toko, toko sbmi, toko koperasi, info mart, jam, jam buka, kapan buka, buka jam berapa,"
    " jam berapa buka, mart di mana, mart dimana, jam mart, jam buka mart,"
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
    if known.mart.landmark:
        await chat.say("landmark", landmark=known.mart.landmark)
    if known.mart.contact:
        await chat.say("mart_contact", whom=known.mart.contact)
    await _pin(chat, known)
    if await chat.look(lambda tx: records.waits(tx, chat.speaker.account, code)):
        return await chat.say("waiting")
    if await chat.choose("wait", ["yes", "no"], mart=name) == "no":
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
    mart, language = known.mart, chat.speaker.language
    special = records.days_ahead(known, chat.now, SOON)[:1]
    found = await chat.look(lambda tx: promos.running(tx, mart.code))
    room = ROOM - (status_words(language) if known.hours else UNKNOWN + _words(mart.contact)) - LABELS
    room -= _words(mart.name, mart.address) + MORE * (bool(found) + bool(known.hours))
    room -= sum(special_words(day, known, language) for day in special)
    # What there is no room for is left out, the least needed first.
    when = _when(chat, known)
    contact = mart.contact if "unknown" not in when and (needed := 1 + _words(mart.contact)) <= room else ""
    room -= needed if contact else 0
    landmark = mart.landmark if (needed := _words(mart.landmark)) <= room else ""
    room -= needed if landmark else 0
    reasons = (needed := _words(*(day.reason for day in special))) <= room
    room -= needed if reasons else 0
    await chat.say(when, **_times(chat, known))
    if known.hours and (needed := week_words(known, language) - MORE) <= room:
        room -= needed
        await chat.say("hours", lines=hours(known, language))
    elif known.hours:
        await chat.say("hours_elsewhere")
    for day in special:
        await special_day(chat, known, day if reasons else replace(day, reason=""))
    if mart.address:
        await chat.say("address", address=mart.address)
    if landmark:
        await chat.say("landmark", landmark=landmark)
    if contact:
        await chat.say("mart_contact", whom=contact)
    shown = found[: PROMOS - len(special)]
    if len(shown) < len(found) or fitting(shown, room + MORE - HEADING, known) < len(shown):
        shown = shown[: fitting(shown, room - HEADING, known)]
    if shown:
        await chat.say("promos", lines=promo_lines(shown, known, language))
    if len(found) > len(shown):
        await chat.say("more_promos" if shown else "some_promos", n=len(found) - len(shown))
    if mart.link:
        await chat.say("link", link=mart.link)
    await _pin(chat, known)
    await _others(chat, "" if found else "further" if room >= FURTHER else "others" if room >= MORE else "")


async def special_day(chat: Chat, known: Standing, day: Day) -> None:
    """A day that differs, or several that are alike, in a line."""
    language = chat.speaker.language
    told = {"date": dates(day, known, language), "reason": day.reason}
    open_ = "day.open_why" if day.reason else "day.open"
    shut = "day.closed_why" if day.reason else "day.closed"
    await chat.say(open_ if day.span else shut, **told, hours=spanned(day.span, language))


def dates(day: Day, known: Standing, language: str) -> str:
    """ "12 Jan 2040", "12–15 Jan 2040", "30 Dec 2040–2 Jan 2041"."""
    zone = known.mart.zone
    if day.until is None:
        return formats.short_date(day.on, zone, language)
    last = formats.short_date(day.until, zone, language)
    if (day.on.year, day.on.month) == (day.until.year, day.until.month):
        return f"{day.on.day}–{last}"
    first = formats.day_of_month if day.on.year == day.until.year else formats.short_date
    return f"{first(day.on, zone, language)}–{last}"


# How many words what is told has; the longest names are tested

UNKNOWN = 18
MORE = 6
LABELS = 2
HEADING = 3
FURTHER = 13
LINE, CLOCK, MOST = 7, 3, 5
"""Of a lower price: beside what it is for, with an hour, with a number for each person."""


def _words(*told: str) -> int:
    return sum(len(one.split()) for one in told)


def status_words(language: str) -> int:
    """Words of whether it is open now; an English hour is two."""
    return 14 if language == "en" else 12


def week_words(known: Standing, language: str) -> int:
    """Words of the hours by weekday, with what stands above them."""
    return 2 + sum(1 + span_words(span, language) for _, span in records.week(known.hours, language))


def special_words(day: Day, known: Standing, language: str) -> int:
    """Words of a day that differs, without its reason."""
    return _words(dates(day, known, language)) + span_words(day.span, language) + bool(day.span)


def span_words(span: tuple[int, ...] | None, language: str) -> int:
    """Words of opening and closing; closed is one."""
    shown = records.written(span, language)
    pairs = ["–".join(pair) for pair in zip(shown[::2], shown[1::2], strict=True)]
    return _words(*pairs) + len(pairs) - 1 if pairs else 1


def fitting(found: list[Promo], room: int, known: Standing) -> int:
    """How many of these lower prices have room in so many words."""
    for at, one in enumerate(found):
        late = records.minute_of(one.ends_at, known.mart.zone) != LAST_MINUTE
        room -= _words(one.item) + LINE + CLOCK * late + MOST * bool(one.most)
        if room < 0:
            return at
    return len(found)


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
        return "open.on" if not now.until else "open.until_again" if now.again else "open.until"
    if now.open is None:
        return f"open.unknown{who}"
    if now.next is None:
        return f"shut.unknown{who}"
    if now.rests:
        return "shut.rests"
    # Today and tomorrow are those of whoever reads it: near midnight it is not the same day everywhere.
    ahead = (records.day_of(now.next, known.mart.zone) - records.day_of(chat.now, chat.speaker.zone)).days
    return "shut.today" if ahead < 1 else "shut.tomorrow" if ahead == 1 else "shut.day"


def _times(chat: Chat, known: Standing) -> dict[str, object]:
    now, zone, language = known.now(chat.now), known.mart.zone, chat.speaker.language
    at = now.until or now.next
    told: dict[str, object] = {"mart": known.mart.name, "whom": known.mart.contact}
    if now.again:
        told["hours"] = spanned(now.again, language)
    if at is not None:
        told |= {"clock": formats.clock(at, zone, language), "date": formats.date(at, zone, language)}
    return told


# What managers are shown, too


def hours(known: Standing, language: str, between: str = ", ") -> Joined:
    """The hours by weekday, days that have the same ones together."""
    week = records.week(known.hours, language)
    daily = len(week) == 1 and len(known.hours) == len(marts.WEEKDAYS)
    return Joined(
        tuple(
            Part(
                ("hours.daily" if span and daily else "hours.open" if span else "hours.closed",),
                {"days": days, "hours": spanned(span, language)},
            )
            for days, span in week
        ),
        between,
    )


def spanned(span: tuple[int, ...] | None, language: str) -> Joined:
    """ "08.00–12.00 dan 13.00–17.00"; nothing where it is closed."""
    shown = records.written(span, language)
    if not shown:
        return Joined(())
    key, names = ("span.whole", ENDS) if len(shown) == len(ENDS) else ("span.parts", BROKEN)
    return Joined((Part((key,), dict(zip(names, shown, strict=True))),))


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
    day = formats.day_of_month(at, zone, language)
    return day if records.minute_of(at, zone) == LAST_MINUTE else f"{day}, {formats.clock(at, zone, language)}"


def chosen(found: list[marts.Mart]) -> list[Option]:
    """Marts to choose from, by name."""
    return [Option(one.code, dict.fromkeys(("id", "en"), one.name[:24])) for one in found]
