"""Figures for `rekap`: enrolments by status, place, sex, age, kind and source. Holds no name.

Each breakdown adds up to the same total. Whoever may see figures only gets no cell from one to four, and none from
which such a cell could be worked out by subtraction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from bot.records import audit, roles
from bot.records.queue import within
from bot.schema import enrolments, persons
from bot.store import Tx

LEAST = 5
"""The smallest cell that may be seen by whoever may see figures only."""

HIDDEN = "–"

STATUSES = (
    "submitted", "needs_info", "verified", "active", "completed", "alumni", "waitlisted", "not_eligible", "inactive",
    "withdrawn", "merged", "transferred", "deceased",
)  # fmt: skip
"""Every status that is counted, in the order of the report."""

SEXES = ("female", "male", "undisclosed")

UNKNOWN = "unknown"

AGES = {"from_18": range(18, 25), "from_25": range(25, 35), "from_35": range(35, 45), "from_45": range(45, 60),
        "from_60": range(60, 120)}  # fmt: skip
"""Age bands (domain.md 8.4); who lies in none, or told no year, is unknown."""

TYPES = ("returnee", "family", "aspiring", "other", "several")
"""What people are to the programme; who is more than one of these is counted once, under `several`."""

SOURCES = ("chat", "assisted", "import", "link")
"""How an enrolment came, besides the points of entry: `link` is every other code of a deep link."""

ENTRY = "poe-"
"""Begins the code of a point of entry (domain.md 1.4)."""

ENTRIES = 6
"""So many points of entry are told apart; the rest is one row, under ENTRY alone."""

Row = Mapping[str, Any]
Cells = Mapping[str, int]


class Unreconciled(ArithmeticError):
    """The parts of a report do not add up to its total: rows changed under it, or a status is not in STATUSES."""


@dataclass(frozen=True, slots=True)
class Report:
    """Counts as they may be seen: a figure, or a dash where it is left out; an empty breakdown is left out as a whole.

    A row that is not there is nought.
    """

    total: str
    by_status: dict[str, str] = field(default_factory=dict)
    by_place: dict[str, str] = field(default_factory=dict)
    """By code of a district where the area has several, else of a kecamatan; where asked, of a village.

    Who has no code as precise as that is counted under the next one up.
    """
    by_sex: dict[str, dict[str, str]] = field(default_factory=dict)
    """By code of the district, then by SEXES, with `all` for their sum."""
    by_age: dict[str, str] = field(default_factory=dict)
    by_type: dict[str, str] = field(default_factory=dict)
    by_source: dict[str, str] = field(default_factory=dict)
    hidden: bool = False
    """Whether anything is left out."""
    villages: bool = False
    """Whether places are villages; whoever may see figures only never gets those."""


def areas_of(held: roles.Held) -> tuple[tuple[str, ...], bool]:
    """What these roles get the figures of, and whether small cells are left out.

    Who may see people somewhere gets the figures of there; who may nowhere, those of all areas without small cells.
    """
    pairs = tuple(held)
    whole = roles.areas(roles.seeing_people(pairs), "rekap")
    return whole or roles.areas(pairs, "rekap"), not whole


async def read(tx: Tx, account: str, villages: bool = False, place: str = "") -> Report | None:
    """The report on the areas of this account; None where it has no right to one. Recorded. Raises Unreconciled.

    place: the code of a district or kecamatan that it is about alone. Where small cells are left out it is always about
    all: what is left out of one report could be worked out from the others.
    """
    staff = await roles.of(tx, account)
    areas, hide = areas_of(staff.roles) if staff else ((), True)
    if place and not hide:
        inside = tuple(area for area in areas if roles.covers(place, area))
        areas = (place,) if any(roles.covers(area, place) for area in areas) else inside
    if staff is None or not areas:
        return None
    kept = enrolments.c
    columns = (
        kept.status, kept.district, kept.kecamatan, kept.village, kept.source, persons.c.sex, persons.c.birth_year,
        func.json_extract(kept.answers, "$.user_type").label("types"),
    )  # fmt: skip
    found = enrolments.join(persons, kept.person_id == persons.c.id)
    query = select(*columns, func.count().label("n")).select_from(found).where(within(areas)).group_by(*columns)
    total = await tx.value(select(func.count()).select_from(enrolments).where(within(areas)))
    role = roles.by_right(staff.roles, "rekap")
    await audit.record(tx, staff.code, "report", "" if hide else place, role=role, channel=staff.channel)
    year = datetime.fromtimestamp(tx.now / 1000, UTC).year
    return make(await tx.rows(query), total, year, villages=villages, hide=hide)


def make(rows: list[dict[str, Any]], total: int, year: int, *, villages: bool = False, hide: bool = False) -> Report:
    """The report, in this year, of counted rows (the columns of `read`, and n). Raises Unreconciled."""
    villages = villages and not hide
    districts = _counted(rows, lambda row: row["district"])
    precise = "village" if villages else "kecamatan" if len(districts) < 2 else "district"
    status = _counted(rows, lambda row: row["status"])
    breakdowns = {
        "status": {name: status[name] for name in STATUSES if status[name]},
        "place": _counted(rows, lambda row: row[precise] or row["kecamatan"] or row["district"]),
        "age": _counted(rows, lambda row: _age(row["birth_year"], year)),
        "type": _counted(rows, lambda row: _type(row["types"])),
        "source": _entries(_counted(rows, lambda row: _source(row["source"]))),
    }
    sexes = {
        district: _counted((row for row in rows if row["district"] == district), lambda row: _sex(row["sex"]))
        for district in districts
    }
    sums = {name: sum(cells.values()) for name, cells in breakdowns.items()}
    sums["sex"] = sum(sum(cells.values()) for cells in sexes.values())
    for name, sum_ in sums.items():
        if sum_ != total:
            raise Unreconciled(f"by {name} {sum_}, in all {total}")
    if not hide:
        shown: dict[str, Any] = {f"by_{name}": _plain(cells) for name, cells in breakdowns.items()}
        by_sex = {district: _plain({**cells, "all": districts[district]}) for district, cells in sexes.items()}
        return Report(str(total), **shown, by_sex=by_sex, villages=villages)
    if 0 < total < LEAST:
        return Report(HIDDEN, hidden=True)
    return _hidden(total, breakdowns, districts, sexes)


def _hidden(total: int, breakdowns: Mapping[str, Cells], districts: Cells, sexes: Mapping[str, Cells]) -> Report:
    shown: dict[str, Any] = {f"by_{name}": suppress(cells) for name, cells in breakdowns.items()}
    by_district = suppress(districts)
    by_sex: dict[str, dict[str, str]] = {}
    for district, cells in sexes.items():
        together = by_district.get(district, HIDDEN)
        # The sexes of a district add up to it: where it is left out, they are.
        told = suppress(cells) if together != HIDDEN else {}
        by_sex[district] = {**(told or dict.fromkeys(SEXES, HIDDEN)), "all": together}
    empty = total > 0 and not all(shown.values())
    hidden = empty or any(HIDDEN in cells.values() for cells in (*shown.values(), *by_sex.values()))
    return Report(str(total), **shown, by_sex=by_sex, hidden=hidden)


def suppress(cells: Cells) -> dict[str, str]:
    """Cells from one to four are left out, and where those could be worked out from the sum, the next smallest too.

    Empty where there is none to leave out besides.
    """
    small = {name for name, count in cells.items() if 0 < count < LEAST}
    others = [name for name, count in cells.items() if count >= LEAST]
    together = sum(cells[name] for name in small)
    if small and (together < LEAST or together in (len(small), len(small) * (LEAST - 1))):
        if not others:
            return {}
        small.add(min(others, key=lambda name: cells[name]))
    return {name: HIDDEN if name in small else str(count) for name, count in cells.items()}


def _age(born: int | None, year: int) -> str:
    return next((name for name, band in AGES.items() if born and year - born in band), UNKNOWN)


def _sex(sex: str) -> str:
    return sex if sex in SEXES else "undisclosed"


def _type(told: str | None) -> str:
    """`told` is the answer as JSON: a list, or one word."""
    kinds = json.loads(told) if told and told.startswith("[") else [told]
    if len(kinds) > 1:
        return "several"
    return kinds[0] if kinds and kinds[0] in TYPES else UNKNOWN


def _source(source: str) -> str:
    return source if source in SOURCES or source.startswith(ENTRY) else "link"


def _entries(sources: Counter[str]) -> dict[str, int]:
    """The sources with only the most used points of entry told apart, in order."""
    points = [name for name, _ in sorted(sources.items(), key=lambda one: (-one[1], one[0])) if name.startswith(ENTRY)]
    counts = Counter[str]()
    for name, count in sources.items():
        counts[ENTRY if name in points[ENTRIES:] else name] += count
    return dict(sorted(counts.items()))


def _counted(rows: Iterable[Row], key: Callable[[Row], str]) -> Counter[str]:
    """How many lie under each key, in the order of the keys."""
    counts = Counter[str]()
    for row in rows:
        counts[key(row)] += row["n"]
    return Counter(dict(sorted(counts.items())))


def _plain(cells: Cells) -> dict[str, str]:
    return {name: str(count) for name, count in cells.items()}
