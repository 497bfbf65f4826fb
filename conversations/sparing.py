"""Saving data: whether pictures come by themselves in this chat, and one that is asked for."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Option, Tx, conversation, formats
from bot.records import notices, pictures

DRAWN = ("certificate", "card", "chart")


@conversation("sparing", words="hemat, hemat kuota, hemat data, mode hemat, data saver, save data")
async def sparing(chat: Chat) -> None:
    """From now on pictures only on demand; where that is so already, ask whether it stays."""
    account = chat.speaker.account
    before = await chat.once("before", lambda tx: pictures.is_sparing(tx, account))
    if not before:
        await chat.once("on", lambda tx: pictures.spare(tx, account, True))
        return await chat.say("on")
    if await chat.choose("what", ["keep", "off"]) == "keep":
        return await chat.say("kept")
    await chat.once("off", lambda tx: pictures.spare(tx, account, False))
    await chat.say("off")


@conversation(
    "picture",
    words="gambar, lihat gambar, tampilkan gambar, picture, show picture, show the picture",
)
async def picture(chat: Chat) -> Any:
    """Send the picture of the button that was pressed, else one that was held back, else the last one."""
    account = chat.speaker.account
    waiting = await chat.once("waiting", lambda tx: _waiting(tx, account, chat.given))
    id: str = waiting[0][0] if waiting else ""
    if len(waiting) > 1:
        # From here on it is another talk: what was asked before about pictures is not asked again behind it.
        options = [await _option(chat, *one) for one in waiting]
        return chat.then("picture", await chat.choose("which", options, given=chat.given))

    async def show(tx: Tx) -> bool:
        there = await pictures.is_theirs(tx, account, id)
        if there:
            await notices.tell(tx, account, "picture", "here", media=id, lane="reply")
            await pictures.seen(tx, account, id)
        return there

    if not await chat.once("shown", show):
        return await chat.say("none")
    if left := len(await chat.look(lambda tx: pictures.held_back(tx, account))):
        await chat.say("more", n=left)


async def _waiting(tx: Tx, account: str, given: str) -> list[tuple[str, str, int]]:
    """The one whose button was pressed, else all that were held back, else the last that was drawn."""
    if await pictures.is_theirs(tx, account, given):
        return [(given, "", 0)]
    last = await pictures.latest(tx, account)
    return await pictures.held_back(tx, account) or ([(last, "", 0)] if last else [])


async def _option(chat: Chat, id: str, what: str, at: int) -> Option:
    """What it is and of which day, as a row of a list."""
    key = f"which.{what}" if what in DRAWN else "which.photo"
    label = {}
    for language in ("id", "en"):
        day = formats.day_of_month(at, chat.speaker.zone, language)
        label[language] = await chat.write(key, language, number=what, day=day)
    return Option(id, label)
