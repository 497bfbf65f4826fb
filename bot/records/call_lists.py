"""Who did not get an announcement whole, to be called or visited: by village, for staff who may open their cards.

Who does not want announcements is in no list. Every look is recorded, a row for each person; what is kept of it in a
talk is ids, and names are read fresh.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, literal_column, or_, select, true

from bot import phones
from bot.questions import places
from bot.records import announcement_reports, audit, people, roles
from bot.records.deliveries import IN_PART, fate
from bot.schema import deliveries, persons
from bot.store import Tx

MOST: Final = 60
"""People in a list in the chat: two or three messages. More are exported."""

RIGHT: Final = "lihat"
"""The right that it takes: to see somebody's name and number."""

GONE: Final = ("failed", "uncertain", "held", "skipped", "dropped", IN_PART)
UNWILLING: Final = ("no_opt_in", "stopped", "deleted", "cancelled")
"""Reasons of those who are not to be called about it either."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Somebody who did not get it, or not whole. `state` (or IN_PART) and `reason` as deliveries have them."""

    name: str
    village: str
    kecamatan: str
    phone: str
    state: str
    reason: str


async def look_up(tx: Tx, account: str, number: str) -> dict[str, Any]:
    """`{"ids": deliveries, "more": bool}` of those in one's own area, by village; recorded.

    `allowed` is false where one may open nobody's card; `big` where there are too many deliveries to look through here.
    """
    staff = await roles.of(tx, account)
    found = await announcement_reports.seen(tx, account, number)
    areas = roles.areas(staff.roles, RIGHT) if staff else ()
    told: dict[str, Any] = {"ids": [], "more": False, "allowed": bool(areas and found), "big": False}
    if staff is None or found is None or not areas:
        return told
    if not await announcement_reports.is_small(tx, found):
        return {**told, "big": True}
    where = and_(_d.announcement == number, _missed(), _within(areas))
    rows = await tx.rows(_joined(select(_d.id, _d.person_id)).where(where).order_by(*_ORDER).limit(MOST + 1))
    about = [row["person_id"] for row in rows[:MOST]]
    role = roles.by_right(staff.roles, RIGHT)
    await audit.record(tx, staff.code, "call_list", about, role=role, purpose=number, channel=staff.channel)
    return {**told, "ids": [row["id"] for row in rows[:MOST]], "more": len(rows) > MOST}


async def entries(tx: Tx, account: str, ids: Collection[int]) -> list[Missed]:
    """Those of a list that was looked up, as they stand now, as far as the account may still see them."""
    staff = await roles.of(tx, account)
    areas = roles.areas(staff.roles, RIGHT) if staff else ()
    rows = await tx.rows(_joined(select(*_COLUMNS)).where(_d.id.in_(list(ids)), _within(areas)).order_by(*_ORDER))
    return [made(row) for row in rows]


def is_missed(state: str, reason: str) -> bool:
    """Whether somebody with such a delivery did not get it although they may want it: what a list is made of."""
    return state in GONE and reason not in UNWILLING


def made(row: dict[str, Any]) -> Missed:
    """An entry of a row with the columns of both tables."""
    number = people.sealing().open(row["phone"]) if row["phone"] else ""
    return Missed(
        row["nickname"] or row["full_name"], places.name(row["village"]) or row["village_text"],
        places.name(row["kecamatan"]) or places.name(row["district"]), phones.pretty(number) if number else "",
        row["state"], row["reason"],
    )  # fmt: skip


_d = deliveries.c
_p = persons.c
_COLUMNS: tuple[Any, ...] = (
    literal_column(fate()).label("state"), _d.reason, _p.full_name, _p.nickname,
    _p.district, _p.kecamatan, _p.village, _p.village_text, _p.phone,
)  # fmt: skip
_ORDER = (_p.district, _p.kecamatan, _p.village, _p.folded_name, _d.id)


def _missed() -> ColumnElement[bool]:
    return _d.state.in_(GONE) & _d.reason.not_in(UNWILLING)


def _joined(query: Any) -> Any:
    return query.select_from(deliveries.join(persons, _d.person_id == _p.id))


def _within(areas: Iterable[str]) -> ColumnElement[bool]:
    """The people who live in one of these areas; none where there is no area at all."""
    return or_(false(), *(_inside(area) for area in areas))


def _inside(area: str) -> ColumnElement[bool]:
    if len(area) < 5:
        return _p.district.startswith(area) if area else true()
    level = {5: _p.district, 8: _p.kecamatan, 13: _p.village}[len(area)]
    return (_p.district == area[:5]) & (level == area)
