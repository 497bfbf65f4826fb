"""Managers keep the hours of their mart, single days, and whether it is open at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.author import Chat, DayHours, Moment, Note, Option, Week, conversation, formats, marts
from bot.records import marts as records
from bot.records.marts import Day, Standing
from conversations.mart import ROOM, chosen, dates, hours, spanned, week_words
from conversations.mart_days import NEXT, day_lines, fitted, many

STATUSES = tuple(
    Option(status, aliases=tuple(aliases.split(", ")))
    for status, aliases in {
        "open": "buka, sudah buka, open",
        "temporarily_closed": "tutup sementara, libur, renovasi, temporarily closed",
        "opening_soon": "segera buka, mau buka, opening soon",
        "planned": "direncanakan, rencana, planned",
        "closed": "tutup, tutup selamanya, closed",
    }.items()
)
AROUND = 25
"""Words of the status, the question and what there is to choose."""
ELSEWHERE = 9
"""Words that say where the others are."""


@conversation(
    "mart_hours",
    words="jam, atur jam, ubah jam, jam mart, jam toko, hours, set hours, shop hours",
    role="jam",
    takes=lambda said: not said[0].isdigit(),
)
async def keep(chat: Chat) -> Any:
    """Show how a mart stands, and change its week, one day, its status, or where it is."""
    mart = await own(chat, "jam")
    known: Standing | None = await chat.look(lambda tx: records.standing(tx, mart.code)) if mart else None
    if mart is None or known is None:
        return
    await _shown(chat, known)
    what = await chat.choose("what", ["week", "day", "status", "place"])
    if what == "week":
        return await _week(chat, known)
    if what == "day":
        return await _day(chat, known)
    if what == "place":
        return chat.then("mart_place", known.mart.code)
    return await _status(chat, known)


async def own(chat: Chat, command: str) -> marts.Mart | None:
    """The mart that somebody looks after, or the one of several that is chosen; says so where there is none."""
    mine = records.mine(chat.speaker.roles, command)
    if not mine:
        await chat.say("no_mart")
        return None
    if len(mine) == 1:
        return mine[0]
    return marts.mart(await chat.choose("which_mart", chosen(mine)))


async def _shown(chat: Chat, known: Standing) -> None:
    """How it stands, with as much of its hours and of the days that differ as there is room for beside the question."""
    language, name = chat.speaker.language, known.mart.name
    room = ROOM - AROUND - len(name.split())
    found = records.days_ahead(known, chat.now)
    await chat.say(f"is.{known.status}", mart=name)
    if not known.hours:
        await chat.say("no_hours")
    elif (needed := week_words(known, language)) <= room - ELSEWHERE * bool(found):
        room -= needed
        await chat.say("hours", lines=hours(known, language))
    else:
        room -= ELSEWHERE + len(name.split())
        await chat.say("hours_elsewhere", mart=name)
    shown = fitted(found[:NEXT], room - ELSEWHERE * (len(found) > 1), known, language)
    if shown:
        await chat.say("days", lines=day_lines(shown, known, language))
    if left := many(found[len(shown) :]):
        await chat.say("more_days" if shown else "some_days", n=left, mart=name)


async def _week(chat: Chat, known: Standing) -> Any:
    said = await chat.ask("week", Week(), mart=known.mart.name)
    week = {day: tuple(span) if span else None for day, *span in said}
    changed = hours(Standing(known.mart, known.status, week), chat.speaker.language)
    if await chat.choose("sure", ["yes", "no"], exact=True, about=said, lines=changed) == "no":
        return chat.then("mart_hours")
    done = await chat.once("week_kept", lambda tx: records.set_hours(tx, chat.speaker.account, known.mart.code, week))
    await chat.say("kept" if done else "not_yours", mart=known.mart.name)


async def _day(chat: Chat, known: Standing) -> Any:
    account, code, zone, language = chat.speaker.account, known.mart.code, known.mart.zone, chat.speaker.language
    at: int = await chat.ask("day", Moment(chat.now, zone, end=True))
    day = records.day_of(at, zone)
    date = formats.date(day, zone, language)
    said: Any = await chat.ask("day_hours", DayHours(), about=day.isoformat(), date=date)
    last: int | None = await chat.ask(
        "until", Moment(at, zone, end=True), about=at, optional=True, default=None, date=date
    )
    until = records.day_of(last, zone) if last else day
    if (until - day).days >= records.LONGEST:
        await chat.say("too_long", n=records.LONGEST)
        return chat.then("mart_hours")
    if until > day:
        date = dates(Day(day, None, "", until), known, language)
    days = [(day + timedelta(days=one)).isoformat() for one in range((until - day).days + 1)]
    if said == "usual":
        done = await chat.once("day_cleared", lambda tx: records.clear_days(tx, account, code, days))
        return await chat.say("day_as_usual" if done else "not_yours", date=date, mart=known.mart.name)
    span = None if said == "closed" else tuple(said)
    reason: str | None = await chat.ask("reason", Note(), optional=True)
    done = await chat.once("day_kept", lambda tx: records.set_days(tx, account, code, days, span, reason or ""))
    if not done:
        return await chat.say("not_yours", mart=known.mart.name)
    await chat.say("day_open" if span else "day_closed", date=date, hours=spanned(span, language))


async def _status(chat: Chat, known: Standing) -> Any:
    account, code, name = chat.speaker.account, known.mart.code, known.mart.name
    status = await chat.choose("status", STATUSES, exact=True, mart=name)
    tells = records.news(known.status, status) if known.status != status else ""
    waiting = await chat.look(lambda tx: records.waiting(tx, code)) if tells else 0
    if tells == "opened":
        if waiting and await chat.choose("sure_open", ["yes", "no"], exact=True, mart=name, n=waiting) == "no":
            return chat.then("mart_hours")
    elif tells == "put_off":
        if waiting and await chat.choose("sure_put_off", ["yes", "no"], exact=True, mart=name, n=waiting) == "no":
            return chat.then("mart_hours")
    elif tells:
        if waiting:
            await chat.say("waiting", n=waiting)
        if await chat.choose("sure_closed", ["yes", "no"], exact=True, mart=name) == "no":
            return chat.then("mart_hours")
    told = await chat.once("status_kept", lambda tx: records.set_status(tx, account, code, status))
    if told is None:
        return await chat.say("not_yours", mart=name)
    await chat.say("now.open_told" if told and status == "open" else f"now.{status}", mart=name, n=told)
    if told and status != "open":
        await chat.say("told", n=told)
    if status == "open" and not known.hours:
        await chat.say("hours_missing")
