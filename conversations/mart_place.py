"""Managers keep where their mart is, as people find it and as a pin, and whom people may ask."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Location, Option, Question, Text, conversation
from bot.records import marts as records
from bot.records.marts import Standing
from conversations.mart_hours import own

PARTS: dict[str, tuple[Question, tuple[str, ...]]] = {
    "address": (Text(10, 100), ("alamat", "address")),
    "landmark": (Text(3, 60), ("patokan", "landmark", "ancar-ancar")),
    "pin": (Location(), ("lokasi", "titik", "peta", "pin", "location", "map")),
    "contact": (Text(5, 60), ("kontak", "contact", "nomor", "telepon")),
}


@conversation(
    "mart_place",
    words="atur alamat, ubah alamat mart, alamat mart saya, atur lokasi, ubah lokasi mart, atur patokan, atur kontak,"
    " ubah kontak mart, set address, change address of the mart, set location, set contact",
    role="jam",
)
async def keep(chat: Chat) -> Any:
    """Show what people read of where it is and whom to ask, and change one of it."""
    mart = await own(chat, "jam") if not chat.given else None
    code = mart.code if mart else chat.given
    known: Standing | None = await chat.look(lambda tx: records.standing(tx, code)) if code else None
    if known is None:
        return
    mart = known.mart
    for part, kept in (("address", mart.address), ("landmark", mart.landmark), ("contact", mart.contact)):
        await chat.say(f"has.{part}" if kept else f"lacks.{part}", **({part: kept} if kept else {}))
    await chat.say("has.pin" if mart.pin else "lacks.pin")
    part = await chat.choose("part", [Option(name, aliases=names) for name, (_, names) in PARTS.items()])
    value = await chat.ask(f"new_{part}", PARTS[part][0], about=part, mart=mart.name)
    done = await chat.once(f"kept_{part}", lambda tx: records.set_place(tx, chat.speaker.account, code, part, value))
    if not done:
        return await chat.say("not_yours", mart=mart.name)
    if part == "pin":
        await chat.say("kept_pin", mart=mart.name)
        return await chat.pin("pin", *value, mart=mart.name)
    await chat.say("kept", mart=mart.name, what=value)
