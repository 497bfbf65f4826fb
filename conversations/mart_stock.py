"""Managers keep what their mart sells, a line at a time: "gula habis", "beras 5 kg 65.000 anggota 62.000 ada"."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Joined, Option, Part, StockLine, conversation, formats
from bot.records import stock
from conversations.mart_goods import item_lines
from conversations.mart_hours import own

SHOWN = 8
MORE = "+"
"""Behind the command: the list was shown just now."""
NEW = Option("new", aliases=("baru", "barang baru", "bukan", "new"))


@conversation("mart_stock", words="stok, atur stok, ubah stok, barang mart, stock, set stock", role="stok")
async def keep(chat: Chat) -> Any:
    """Show what there is, take one line, say it back, and ask for the next."""
    mart = await own(chat, "stok")
    if mart is None:
        return
    account, code, language = chat.speaker.account, mart.code, chat.speaker.language
    if chat.given != MORE:
        found = await chat.look(lambda tx: stock.items(tx, code))
        if found:
            await chat.say("list", mart=mart.name, lines=item_lines(found[:SHOWN], language), n=len(found))
        else:
            await chat.say("empty", mart=mart.name)
    line: dict[str, Any] = await chat.ask("next" if chat.given == MORE else "line", StockLine(), given=chat.given)
    called = f"{line['name']} {line['unit']}".strip()
    hits = await chat.look(lambda tx: stock.matching(tx, code, called))
    item = hits[0].id if hits else None
    if len(hits) > 1:
        options = [Option(f"item_{one.id}", dict.fromkeys(("id", "en"), one.called[:24])) for one in hits[:8]]
        picked = await chat.choose("which", options if line["drop"] else [*options, NEW], about=called, item=called)
        item = None if picked == "new" else int(picked.removeprefix("item_"))
    if line["drop"] and item is None:
        await chat.say("not_there", item=called)
        return chat.then("mart_stock", MORE)
    kept = await chat.once("noted", lambda tx: stock.note(tx, account, code, line, item))
    if kept is None:
        return await chat.say("not_yours", mart=mart.name)
    await _told(chat, kept, language)
    return chat.then("mart_stock", MORE)


async def _told(chat: Chat, kept: dict[str, Any], language: str) -> None:
    told: dict[str, object] = {"item": kept["name"]}
    if kept["did"] in ("dropped", "full"):
        return await chat.say(kept["did"], **told)
    told["stock"] = Joined((Part((f"stock.{kept['stock']}",)),))
    told["price"] = formats.rupiah(kept["price"] or 0, language)
    told["member"] = formats.rupiah(kept["member"] or 0, language)
    key = "kept.plain" if not kept["price"] else "kept.priced" if not kept["member"] else "kept.member"
    await chat.say(key, **told)
