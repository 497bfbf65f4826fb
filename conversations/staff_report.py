"""How many enrolments there are: by status, place, sex, age, kind and source; `rekap desa` by village."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.author import Chat, Tx, conversation, places
from bot.records import reports

BY_VILLAGE = ("desa", "village", "villages")
OVER = ("not_eligible", "withdrawn", "inactive", "merged", "transferred", "deceased")
"""Statuses that are told only where there is one."""
LONGEST = 24
"""Characters of the name of a point of entry."""

Cells = Mapping[str, str]


@conversation("staff_report", words="rekap, report", role="rekap")
async def report(chat: Chat) -> None:
    """Give the figures of one's own area; small ones are left out for whoever may see figures only."""
    villages = chat.given.strip().lower() in BY_VILLAGE

    async def read(tx: Tx) -> dict[str, Any] | None:
        found = await reports.read(tx, chat.speaker.account, villages)
        return asdict(found) if found else None

    found = await chat.once("read", read)
    if found is None or found["total"] == "0":
        return await chat.say("nothing")
    if found["total"] == reports.HIDDEN:
        return await chat.say("too_few")
    await chat.say("total", total=found["total"])
    if found["villages"]:
        return await chat.say("by_village", lines=_lines(found["by_place"], _village))
    await _whole(chat, found)
    if villages:
        await chat.say("no_villages")
    if found["hidden"]:
        await chat.say("hidden", least=reports.LEAST)


async def _whole(chat: Chat, found: Mapping[str, Any]) -> None:
    """Every breakdown that is not left out as a whole."""
    status, ages, types, sources = (found[f"by_{name}"] for name in ("status", "age", "type", "source"))
    if status:
        await chat.say("by_status", **_cells(status, reports.STATUSES))
    if any(name in status for name in OVER):
        await chat.say("by_status_over", **_cells(status, OVER))
    for district, cells in found["by_sex"].items():
        counts = _cells(cells, (*reports.SEXES, "all"))
        if district:
            await chat.say("by_sex", place=places.name(district), **counts)
        else:
            await chat.say("elsewhere", **counts)
    if found["by_place"] and len(found["by_sex"]) < 2 and "" not in found["by_sex"]:
        await chat.say("by_place", lines=_lines(found["by_place"], _place))
    if ages:
        await chat.say("by_age", **_cells(ages, (*reports.AGES, reports.UNKNOWN)))
    if types:
        await chat.say("by_type", **_cells(types, (*reports.TYPES, reports.UNKNOWN)))
    if sources:
        await chat.say("by_source", **_cells(sources, reports.SOURCES))
    if points := {name: count for name, count in sources.items() if name.startswith(reports.ENTRY)}:
        await chat.say("by_point", lines=_lines(points, _point))


def _cells(cells: Cells, names: Any) -> dict[str, str]:
    """A figure for each name: nought where there is none."""
    return {name: cells.get(name, "0") for name in names}


def _lines(cells: Cells, name: Any) -> str:
    return "\n".join(f"• {name(code)}: {count}" for code, count in cells.items())


def _place(code: str) -> str:
    return places.name(code) or "–"


def _village(code: str) -> str:
    """A village with its kecamatan, for the same name stands in several; a dash where the village is not known."""
    return f"{places.name(code) if len(code) == 13 else '–'}, {places.name(code[:8]) or '–'}"


def _point(code: str) -> str:
    """`poe-larantuka` is Larantuka; dots for the points that are not told apart."""
    name = code.removeprefix(reports.ENTRY).replace("-", " ").replace("_", " ").strip()[:LONGEST]
    return name.title() or "…"
