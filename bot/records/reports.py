"""Figures for `rekap`: how many enrolments in which status, place and sex. Holds no name.

Whoever may see figures only gets no cell from one to four, and none from which such a cell could be worked out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


class Unreconciled(ArithmeticError):
    """The parts of a report do not add up to its total: rows changed under it, or a status is not in STATUSES."""


@dataclass(frozen=True, slots=True)
class Report:
    """Counts as they may be seen: a figure, or a dash where it is left out."""

    total: str
    by_status: dict[str, str]
    by_place: dict[str, str]
    """By code of a district where the area has several, else of a kecamatan; where asked, of a village.

    Who has no code as precise as that is counted under the next one up.
    """
    by_sex: dict[str, dict[str, str]]
    """By code of the district, then by SEXES."""
    hidden: bool = False
    """Whether anything is left out."""


async def read(tx: Tx, account: str, villages: bool = False) -> Report | None:
    """The report on the areas of this account; None where it has no right to one. Recorded. Raises Unreconciled.

    Who may see people somewhere gets the figures of there; who may nowhere, those of all areas without small cells.
    """
    staff = await roles.of(tx, account)
    if staff is None:
        return None
    whole = roles.areas(roles.seeing_people(staff.roles), "rekap")
    areas = whole or roles.areas(staff.roles, "rekap")
    if not areas:
        return None
    found = enrolments.join(persons, enrolments.c.person_id == persons.c.id)
    columns = (enrolments.c.status, enrolments.c.district, enrolments.c.kecamatan, enrolments.c.village, persons.c.sex)
    query = select(*columns, func.count().label("n")).select_from(found).where(within(areas)).group_by(*columns)
    total = await tx.value(select(func.count()).select_from(enrolments).where(within(areas)))
    role = roles.by_right(staff.roles, "rekap")
    await audit.record(tx, staff.code, "report", role=role, channel=staff.channel)
    return make(await tx.rows(query), total, villages=villages, hide=not whole)


def make(rows: list[dict[str, Any]], total: int, *, villages: bool = False, hide: bool = False) -> Report:
    """The report of counted rows (status, district, kecamatan, village, sex, n). Raises Unreconciled."""
    precise = "village" if villages else "kecamatan" if len({row["district"] for row in rows}) < 2 else "district"
    status = _counted(rows, lambda row: row["status"])
    place = _counted(rows, lambda row: row[precise] or row["kecamatan"] or row["district"])
    sexes = {district: Counter[str]() for district in sorted({row["district"] for row in rows})}
    for row in rows:
        sexes[row["district"]][row["sex"] if row["sex"] in SEXES else "undisclosed"] += row["n"]
    in_order = {name: status[name] for name in STATUSES if status[name]}
    for name, sum_ in (
        ("status", sum(in_order.values())),
        ("place", sum(place.values())),
        ("sex", sum(sum(cells.values()) for cells in sexes.values())),
    ):
        if sum_ != total:
            raise Unreconciled(f"by {name} {sum_}, in all {total}")
    if not hide:
        shown_sexes = {district: _plain(cells) for district, cells in sexes.items()}
        return Report(str(total), _plain(in_order), _plain(dict(sorted(place.items()))), shown_sexes)
    return _hidden(total, in_order, dict(sorted(place.items())), sexes)


def _hidden(
    total: int, status: Mapping[str, int], place: Mapping[str, int], sexes: Mapping[str, Mapping[str, int]]
) -> Report:
    if 0 < total < LEAST:
        return Report(HIDDEN, {}, {}, {}, True)
    districts = suppress({district: sum(cells.values()) for district, cells in sexes.items()})
    nothing = dict.fromkeys(SEXES, HIDDEN)
    by_sex = {
        district: (suppress(cells) or nothing) if districts.get(district, HIDDEN) != HIDDEN else nothing
        for district, cells in sexes.items()
    }
    by_status = suppress(status) or dict.fromkeys(STATUSES if status else (), HIDDEN)
    by_place = suppress(place)
    left_out = any(HIDDEN in cells.values() for cells in (by_status, by_place, *by_sex.values()))
    hidden = left_out or (total > 0 and not by_place)
    return Report(str(total), by_status, by_place, by_sex, hidden)


def suppress(cells: Mapping[str, int]) -> dict[str, str]:
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


def _counted(rows: Iterable[Mapping[str, Any]], key: Any) -> Counter[str]:
    counts = Counter[str]()
    for row in rows:
        counts[key(row)] += row["n"]
    return counts


def _plain(cells: Mapping[str, int]) -> dict[str, str]:
    return {name: str(count) for name, count in cells.items()}
