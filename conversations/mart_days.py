"""The hours of a mart in full: every weekday, and the days that differ, as many in a message as it has room for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

from bot.author import Chat, Joined, Option, Part, Tx, conversation, marts
from bot.records import marts as records
from bot.records.marts import Day, Standing
from conversations.mart import ROOM, dates, hours, nearest, spanned, special_day, special_words, week_words

NEXT = 3
"""Days that differ which stand below the week; the others are one word away."""
AROUND = 14
"""Words around the days that differ in a message that has only those: its heading and the question for more."""
BELOW = 7
"""Words below a week: the way to what is not told here."""
MORE = Option("more", aliases=("semua", "lainnya", "lagi", "selanjutnya", "berikutnya", "all", "more", "next"))
ENOUGH = Option("enough", aliases=("cukup", "sudah", "enough"))


@conversation(
    "mart_week",
    words="jam lengkap, jam buka lengkap, semua jam, all hours, all opening hours",
    takes=lambda said: bool(marts.named(said)),
    texts="mart",
)
async def all_hours(chat: Chat) -> Any:
    """The hours of every weekday and the next days that differ, where the answer itself has no room for them."""
    code = marts.named(chat.given) or await nearest(chat)
    known: Standing | None = await chat.look(lambda tx: records.standing(tx, code))
    if known is None or not known.hours:
        return chat.then("mart", chat.given)
    language, name = chat.speaker.language, known.mart.name
    await chat.say("week", mart=name, lines=hours(known, language, "\n"))
    found = records.days_ahead(known, chat.now)
    room = ROOM - len(name.split()) - 1 - week_words(known, language) - BELOW
    shown = fitted(found[:NEXT], room, known, language)
    for day in shown:
        await special_day(chat, known, day)
    if left := many(found[len(shown) :]):
        return await chat.say("more_days" if shown else "some_days", n=left)
    await chat.say("week_end")


@conversation(
    "mart_days",
    words="semua hari, hari khusus, semua hari khusus, hari libur, libur mart, mart libur, kapan libur, special days,"
    " all days, all special days, holidays",
    takes=lambda said: bool(marts.named(said) or _page(said)[0]),
    texts="mart",
)
async def all_days(chat: Chat) -> Any:
    """The days on which a mart keeps other hours; the next ones on demand."""
    after, named = _page(chat.given)
    code = marts.named(named) or await nearest(chat)
    known: Standing | None = await chat.look(lambda tx: records.standing(tx, code))
    found = [one for one in records.days_ahead(known, chat.now) if not after or one.on > after] if known else []
    if known is None or (known.status != "open" and not found):
        return chat.then("mart", code)
    language, name = chat.speaker.language, known.mart.name
    if not found:
        await chat.say("no_days", mart=name)
        return await chat.say("mart_contact", whom=known.mart.contact) if known.mart.contact else None
    shown = fitted(found, ROOM - AROUND - len(name.split()), known, language)
    await chat.say("days", mart=name, lines=day_lines(shown, known, language))
    left, end = many(found[len(shown) :]), shown[-1].until or shown[-1].on

    # Recorded: where a day passes meanwhile, the next page still begins behind the last that was shown.
    async def page(_: Tx) -> str:
        return end.isoformat()

    last: str = await chat.once("page", page)
    if left and await chat.choose("days_left", [MORE, ENOUGH], n=left) == "more":
        return chat.then("mart_days", f"+{last} {code}")
    await chat.say("week_end")


def fitted(found: list[Day], room: int, known: Standing, language: str) -> list[Day]:
    """Those of these days that have room in so many words; where the first has none, that one without its reason."""
    shown: list[Day] = []
    for one in found:
        room -= special_words(one, known, language) + len(one.reason.split())
        if room < 0:
            break
        shown.append(one)
    if not shown and found and room + len(found[0].reason.split()) >= 0:
        return [replace(found[0], reason="")]
    return shown


def many(found: list[Day]) -> int:
    """How many days these are."""
    return sum(((one.until or one.on) - one.on).days + 1 for one in found)


def day_lines(found: list[Day], known: Standing, language: str) -> Joined:
    """A line for each day that differs."""
    return Joined(tuple(_line(one, known, language) for one in found), "\n")


def _line(day: Day, known: Standing, language: str) -> Part:
    key = ("special.open" if day.span else "special.closed") + ("_why" if day.reason else "")
    return Part(
        (key,), {"date": dates(day, known, language), "hours": spanned(day.span, language), "reason": day.reason}
    )


def _page(given: str) -> tuple[date | None, str]:
    """The last day that was shown, and what names the mart."""
    first, _, rest = given.partition(" ")
    return (date.fromisoformat(first[1:]), rest) if re.fullmatch(r"\+20\d\d-\d\d-\d\d", first) else (None, given)
