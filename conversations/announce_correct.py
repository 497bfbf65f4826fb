"""Putting right an announcement that was wrong: the right words, and then the preview as for any other."""

from __future__ import annotations

from bot.author import Chat, Option, Prose, conversation
from bot.records import announcement_checks, corrections

LAST = 8
"""Announcements that are offered."""


@conversation("announce_correct", words="koreksi, ralat, correct", role="koreksi", keeps=True)
async def correct(chat: Chat) -> None:
    """Ask for the text anew; only those who received the wrong one get it, and its author sees them counted first."""
    account = chat.speaker.account
    number = announcement_checks.number_of(chat.given)
    if not number:
        offered = await chat.once("offered", lambda tx: corrections.own(tx, account, LAST))
        if not offered:
            return await chat.say("none")
        number = await chat.choose("which", [Option(one, {"id": one, "en": one}) for one in offered])
    state, found = await chat.look(lambda tx: corrections.original(tx, account, number))
    if found is None or state != "ready":
        return await chat.say(state, number=number)
    await chat.say("wrong", number=number, text=found.texts["id"])
    texts = {"id": await chat.ask("text_id", Prose(), number=number)}
    if found.texts.get("en"):
        await chat.say("wrong_en", text=found.texts["en"])
    english = await chat.ask("text_en", Prose(), optional=True)
    if english:
        texts["en"] = english
    made = await chat.once("created", lambda tx: corrections.create(tx, account, number, texts))
    if not made:
        return await chat.say("unknown", number=number)
    if made["paused"]:
        await chat.say("paused", number=number)
    await chat.say("counting", number=number, correction=made["number"])
