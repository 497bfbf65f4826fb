"""Saving data: whether pictures come by themselves in this chat, and one that is asked for."""

from __future__ import annotations

from bot.author import Chat, Tx, conversation
from bot.records import notices, pictures


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


@conversation("picture", words="gambar, lihat gambar, tampilkan gambar, picture, show picture, show the picture")
async def picture(chat: Chat) -> None:
    """Send the picture of the button that was pressed, else the last one."""
    account, wanted = chat.speaker.account, chat.given

    async def show(tx: Tx) -> bool:
        id = wanted if await pictures.is_theirs(tx, account, wanted) else await pictures.latest(tx, account)
        if id:
            await notices.tell(tx, account, "picture", "here", media=id, lane="reply")
        return bool(id)

    if not await chat.once("shown", show):
        await chat.say("none")
