"""Lessons that come by themselves: wanting them, changing when they come, ending them."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Hour, Option, Tx, conversation, formats
from bot.records import letting_go, series

HOURS = (
    Option("08:00", aliases=("pagi", "morning")),
    Option("12:30", aliases=("siang", "noon", "lunch")),
    Option("16:00", aliases=("sore", "afternoon")),
)
DAYS = (Option("3", aliases=("3 hari", "tiga", "tiga hari", "three")), Option("2", aliases=("2 hari", "dua", "two")))
"""In this order whoever types a 2 for two days gets them."""


@conversation(
    "series",
    words="langganan tips, berlangganan tips, tips rutin, tips berkala, kirim tips, series, tips series, "
    "subscribe tips, regular tips",
)
async def wanted(chat: Chat) -> Any:
    """Ask how often and when, and send lessons from then on; who has them already may change that."""
    account, zone, language = chat.speaker.account, chat.speaker.zone, chat.speaker.language
    running = await chat.once("running", lambda tx: _running(tx, chat))
    if running:
        often, at, day = running
        chosen = await chat.choose("already", ["keep", "change", "stop"], days=often, clock=at, day=day)
        if chosen == "keep":
            return await chat.say("kept", clock=at, day=day)
        if chosen == "stop":
            return chat.then("series_end")
    elif not await chat.once("more", lambda tx: series.has_more(tx, account)):
        return await chat.say("all_seen")
    days = int(await chat.choose("days", list(DAYS)))
    clock = await chat.ask("hour", Hour(HOURS, letting_go.limits().quiet))
    first = await chat.once("started", lambda tx: series.start(tx, account, days, clock, zone))
    day, at = formats.date(first, zone, language), formats.clock(first, zone, language)
    await chat.say("started", days=days, day=day, clock=at)


async def _running(tx: Tx, chat: Chat) -> list[object]:
    """Every how many days they come now, at what time, and when the next one does; nothing where none comes."""
    found = await series.get(tx, chat.speaker.account)
    if found is None:
        return []
    zone, language = chat.speaker.zone, chat.speaker.language
    at = formats.clock(series.tomorrow(tx.now, found.minute, zone), zone, language)
    return [found.days, at, formats.date(found.next_at, zone, language)]


@conversation(
    "series_end",
    texts="series",
    words="stop tips, berhenti tips, berhenti langganan tips, hentikan tips, tips stop, jangan kirim tips, "
    "stop kirim tips, berhenti kirim tips, tidak mau tips, gak mau tips, tips berhenti, stop series, end series, "
    "stop tips series, stop sending tips, no more tips, unsubscribe tips",
)
async def ended(chat: Chat) -> None:
    """At once, without another question."""
    account = chat.speaker.account
    await chat.say("ended" if await chat.once("ended", lambda tx: series.end(tx, account)) else "not_running")
