"""How many enrolments there are: by status, place, sex, age, kind and source; `rekap desa` by village.

`rekap kaliwiro` is about that place alone, for who sees people there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bot.author import Chat, Tx, conversation, places
from bot.records import reports, roles

BY_VILLAGE = ("desa", "village", "villages")
OVER = ("not_eligible", "withdrawn", "inactive", "merged", "transferred", "deceased")
"""Statuses that are told only where there is one."""
ALL = ("semua", "seluruhnya", "semua wilayah", "seluruh wilayah", "wilayah saya", "all", "everything", "my area")
DISTRICT = len("33.07")
LONGEST = 24
"""Characters of the name of a point of entry."""

Cells = Mapping[str, str]


@conversation("staff_report", words="rekap, report", role="rekap")
async def report(chat: Chat) -> None:
    """Give the figures of one's own area, or of a place in it; small ones are left out for whoever may see no more."""
    villages, named = _asked(chat.given)
    areas, hide = reports.areas_of(chat.speaker.roles)
    place = "" if hide else _place_named(named, areas)
    if place and not any(roles.covers(area, place) or roles.covers(place, area) for area in areas):
        return await chat.say("outside", place=places.name(place), areas=", ".join(map(_area, areas)))

    async def read(tx: Tx) -> dict[str, Any] | None:
        found = await reports.read(tx, chat.speaker.account, villages, place)
        return asdict(found) if found else None

    found = await chat.once("read", read)
    if found is None or found["total"] == "0":
        return await (chat.say("nothing_there", place=_area(place)) if place else chat.say("nothing"))
    if found["total"] == reports.HIDDEN:
        return await chat.say("too_few")
    if place:
        await chat.say("total_there", place=_area(place), total=found["total"])
    else:
        await chat.say("total", total=found["total"])
    if named and hide:
        await chat.say("always_whole")
    elif named and not place:
        await chat.say("whole_instead", example=places.name(places.within(areas)[0].value).lower())
    if found["villages"]:
        return await chat.say("by_village", lines=_lines(found["by_place"], _village))
    await _whole(chat, found)
    if villages:
        await chat.say("no_villages")
    if found["hidden"]:
        await chat.say("hidden", least=reports.LEAST)


def _asked(given: str) -> tuple[bool, str]:
    """Whether villages are asked for, and what place is named besides."""
    said = given.lower().split()
    named = " ".join(word for word in said if word not in BY_VILLAGE)
    return len(named.split()) < len(said), "" if named in ALL else named


def _place_named(named: str, areas: Sequence[str]) -> str:
    """The code of the place that is meant, one's own before others and a district before a kecamatan; else empty."""
    if not named:
        return ""
    own, all_ = places.within(areas), places.within(("",))
    for exactly in (True, False):
        for options in (own, all_):
            found = places.search(named, options)
            codes = sorted((options[at].value for at in found.indexes), key=len)
            clear = len(codes) == 1 or (codes and len(codes[0]) < len(codes[1])) or options is all_
            if codes and clear and (found.how == "exact") >= exactly:
                return codes[0]
    return ""


def _area(code: str) -> str:
    """A district by its name, a part of one with the district, a province by its districts."""
    if len(code) < DISTRICT:
        return ", ".join(places.name(one.value) for one in places.districts() if one.value.startswith(code))
    name = places.name(code)
    return name if len(code) == DISTRICT else f"{name}, {places.name(code[:DISTRICT])}"


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
