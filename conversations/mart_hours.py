"""Managers keep the hours of their mart, single days, and whether it is open at all."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, DayHours, Joined, Moment, Note, Option, Part, Week, conversation, formats, marts
from bot.records import marts as records
from bot.records.marts import Day, Standing
from conversations.mart import chosen, hours, spanned

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
DAYS = 5
"""Days with other hours that are listed."""


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
    language = chat.speaker.language
    await chat.say(f"is.{known.status}", mart=known.mart.name)
    if known.hours:
        await chat.say("hours", lines=hours(known, language))
    else:
        await chat.say("no_hours")
    if days := records.days_ahead(known, chat.now)[:DAYS]:
        await chat.say("days", lines=Joined(tuple(_line(one, known, language) for one in days), "\n"))


def _line(day: Day, known: Standing, language: str) -> Part:
    date = formats.short_date(day.on, known.mart.zone, language)
    key = "special.open" if day.span else "special.closed"
    return Part((key,), {"date": date, "hours": spanned(day.span, language)})


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
    if said == "usual":
        done = await chat.once("day_cleared", lambda tx: records.clear_day(tx, account, code, day.isoformat()))
        return await chat.say("day_as_usual" if done else "not_yours", date=date, mart=known.mart.name)
    span = None if said == "closed" else tuple(said)
    reason: str | None = await chat.ask("reason", Note(), optional=True)
    done = await chat.once(
        "day_kept", lambda tx: records.set_day(tx, account, code, day.isoformat(), span, reason or "")
    )
    if not done:
        return await chat.say("not_yours", mart=known.mart.name)
    await chat.say("day_open" if span else "day_closed", date=date, hours=spanned(span, language))


async def _status(chat: Chat, known: Standing) -> Any:
    account, code, name = chat.speaker.account, known.mart.code, known.mart.name
    status = await chat.choose("status", STATUSES, exact=True, mart=name)
    if status == "open" and known.status != "open":
        waiting = await chat.look(lambda tx: records.waiting(tx, code))
        if waiting and await chat.choose("sure_open", ["yes", "no"], exact=True, mart=name, n=waiting) == "no":
            return chat.then("mart_hours")
    ends = status == "closed" and known.status != "closed"
    if ends and await chat.choose("sure_closed", ["yes", "no"], exact=True, mart=name) == "no":
        return chat.then("mart_hours")
    told = await chat.once("status_kept", lambda tx: records.set_status(tx, account, code, status))
    if told is None:
        return await chat.say("not_yours", mart=name)
    if status != "open":
        return await chat.say(f"now.{status}", mart=name)
    await chat.say("now.open_told" if told else "now.open", mart=name, n=told)
    if not known.hours:
        await chat.say("hours_missing")
