"""How many enrolments there are, by status, place and sex; `rekap desa` by village."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.author import Chat, Tx, conversation, places
from bot.records import reports

BY_VILLAGE = ("desa", "village", "villages")


@conversation("staff_report", words="rekap, report", role="rekap")
async def report(chat: Chat) -> None:
    """Give the figures of one's own area; small ones are left out for whoever may see figures only."""
    villages = chat.given.strip().lower() in BY_VILLAGE

    async def read(tx: Tx) -> dict[str, Any] | None:
        found = await reports.read(tx, chat.speaker.account, villages)
        return asdict(found) if found else None

    found = await chat.once("read", read)
    if found is None or not found["by_status"]:
        return await chat.say("nothing" if found is None or found["total"] == "0" else "too_few")
    status = found["by_status"]
    await chat.say("total", total=found["total"])
    await chat.say("by_status", **{name: status.get(name, "0") for name in reports.STATUSES})
    by_place = found["by_place"]
    lines = "\n".join(f"• {_place(code, villages)}: {count}" for code, count in by_place.items())
    if lines:
        await chat.say("by_village" if villages else "by_place", lines=lines)
    for district, cells in found["by_sex"].items():
        counts = {name: cells.get(name, "0") for name in reports.SEXES}
        await chat.say("by_sex", place=places.name(district) or "–", **counts)
    if found["hidden"]:
        await chat.say("hidden", least=reports.LEAST)


def _place(code: str, village: bool) -> str:
    """A village with its kecamatan, for the same name stands in several; a dash where the village is not known."""
    if not village:
        return places.name(code) or "–"
    return f"{places.name(code) if len(code) == 13 else '–'}, {places.name(code[:8]) or '–'}"
