"""Managers keep where their mart is, as people find it and as a pin, and whom people may ask."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Clearable, Location, Option, Question, Text, conversation
from bot.records import marts as records
from bot.records.marts import Standing
from conversations.mart_hours import own

PARTS: dict[str, tuple[Question, tuple[str, ...]]] = {
    "address": (Text(10, 100), ("alamat", "address")),
    "landmark": (Text(3, 60), ("patokan", "landmark", "ancar-ancar")),
    "pin": (Location(), ("lokasi", "titik", "peta", "pin", "location", "map")),
    "contact": (Text(5, 60), ("kontak", "contact", "nomor", "telepon")),
}

SURE = (Option("yes", aliases=("hapus", "hapus saja", "hapus aja", "delete", "delete it")), Option("no"))


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
    has = {"address": mart.address, "landmark": mart.landmark, "contact": mart.contact}
    for part, kept in has.items():
        await chat.say(f"has.{part}" if kept else f"lacks.{part}", **({part: kept} if kept else {}))
    await chat.say("has.pin" if mart.pin else "lacks.pin")
    part = await chat.choose("part", [Option(name, aliases=names) for name, (_, names) in PARTS.items()])
    there = has.get(part) or (part == "pin" and mart.pin and Location().show(list(mart.pin), chat.speaker.language))
    if there:
        await chat.say("may_clear")
    value = await chat.ask(f"new_{part}", Clearable(PARTS[part][0]), about=part, mart=mart.name)
    if not value and not await _clears(chat, part, there or ""):
        return chat.then("mart_place", code)
    done = await chat.once(f"kept_{part}", lambda tx: records.set_place(tx, chat.speaker.account, code, part, value))
    if not done:
        return await chat.say("not_yours", mart=mart.name)
    if not value:
        return await chat.say("cleared")
    if part == "pin":
        await chat.say("kept_pin", mart=mart.name)
        return await chat.pin("pin", *value, mart=mart.name)
    await chat.say("kept", mart=mart.name, what=value)


async def _clears(chat: Chat, part: str, there: str) -> bool:
    """Whether what there is shall go; where there is nothing, that is said."""
    if not there:
        await chat.say("nothing_there")
        return False
    sure: str = await chat.choose("sure_clear", SURE, exact=True, about=part, what=there)
    return sure == "yes"
