"""The referral directory: whom people turn to, by what they need. What is not checked lately is not shown."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, Joined, Option, Part, conversation, directory, formats, places
from bot.records import people

WORDS = """
nomor penting, rujukan, kontak penting, important numbers, important contacts, referral, contacts
"""
FEW = 2
"""Services that are shown at once; of more, one is picked."""

NEEDS = {
    "violence": ("kekerasan", "dipukul", "kdrt", "pelecehan", "bahaya", "sakit", "ambulans", "polisi", "abuse"),
    "scam": ("penipuan", "ditipu", "tertipu", "pinjol", "investasi", "utang", "uang", "scam", "fraud", "money"),
    "abroad": ("luar negeri", "tki", "bp2mi", "p2mi", "kerja", "berangkat", "keluarga di luar negeri", "overseas"),
    "papers": ("nib", "pirt", "halal", "izin", "surat", "dokumen", "permit", "permits"),
    "office": ("koperasi", "sbmi", "kantor", "cooperative", "office"),
}
"""What else people type for a need; the needs are those of data/referrals.toml."""


@conversation("contacts", words=WORDS)
async def contacts(chat: Chat) -> None:
    """Ask what is needed, and where it matters also where; show who was reached lately, or whom to ask instead."""
    options = [Option(need, aliases=aliases) for need, aliases in NEEDS.items()]
    need = await chat.choose("need", options, given=chat.given)
    here = await chat.look(lambda tx: people.district_of(tx, chat.speaker.person))
    if not here and any(one.district for one in directory.checked(need, chat.now)):
        here = await chat.choose("district", [*places.districts(), "other"])
    shown, waiting = directory.of_need(need, chat.now, here)
    if len(shown) > FEW:
        picked = await chat.choose("service", [Option(one.id, one.name) for one in shown], about=[need, here])
        shown = [one for one in shown if one.id == picked]
    if need in ("violence", "scam"):
        await chat.say(f"first.{need}")
    if not shown:
        return await chat.say("none")
    for one in shown:
        await chat.say("entry" if one.about else "entry_plain", **_values(one, chat.speaker.language))
    await chat.say("others" if waiting else "never")


@conversation("emergency", words="darurat, nomor darurat, emergency, emergency numbers, sos", texts="contacts")
async def emergency(chat: Chat) -> Any:
    """The same, without the question what for."""
    return chat.then("contacts", "violence")


def _values(one: directory.Entry, language: str) -> dict[str, object]:
    ways = tuple(Part((f"way.{way}",), {"value": value}) for way, value in one.ways())
    checked = formats.short_date(one.verified_on, "UTC", language) if one.verified_on else ""
    return {
        "name": directory.said(one.name, language), "about": directory.said(one.about, language),
        "ways": Joined(ways, "\n"), "checked": checked, "by": one.verified_by,
    }  # fmt: skip
