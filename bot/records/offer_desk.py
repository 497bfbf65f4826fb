"""Offers as those who decide about them see them: found, listed, told of; only of the marts in their area.

They see of a maker the name, the village and the number that they gave, and nothing of the enrolment (domain.md 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, true

from bot.questions import marts
from bot.records import audit, notices, offers, pictures, roles
from bot.records.offer_steps import LIVE, UNDECIDED
from bot.schema import offers as table
from bot.store import Tx

RIGHT = "tawaran"
"""The command of whoever decides."""

DOMAIN = "offers"
"""The catalogue of what staff are told."""

HITS = 5
"""So many are shown at once."""

_O = table.c


async def find(tx: Tx, account: str, reference: str) -> offers.Offer | None:
    """The offer with this reference, if this account may decide about it now. Not recorded."""
    staff = await roles.of(tx, account)
    row = await tx.row(offers.query().where(_visible(staff), _O.reference == reference))
    return offers.made(row) if row else None


async def open(tx: Tx, account: str, reference: str, action: str = "offer_open") -> bool:
    """Note that this account opens the card, or looks at the number; False where it may not or there is none.

    What was only sent in until then is being looked at from now on, as its maker sees it.
    """
    staff, one = await roles.of(tx, account), await find(tx, account, reference)
    if staff is None or one is None:
        return False
    if not await offers.writes(tx, account, one):
        await offers.move(tx, reference, "reviewing", "staff", staff.code)
    await note(tx, staff, one, action)
    return True


async def listed(tx: Tx, account: str, text: str = "") -> dict[str, Any]:
    """What a mart has to do with, or of which the name has these words: `{"hits": references, "total": int}`.

    What waits for an answer comes first, the oldest of it at the top.
    """
    staff = await roles.of(tx, account)
    where = _visible(staff)
    if text:
        called = func.lower(_O.product)
        where &= or_(*(called.contains(word, autoescape=True) for word in text.lower().split()[:5]))
    else:
        where &= _O.status.in_(LIVE)
    urgent = case((_O.status.in_(UNDECIDED), 0), else_=1)
    age = case((_O.status.in_(UNDECIDED), _O.created_at), else_=_O.changed_at)
    found = select(_O.reference).where(where).order_by(urgent, age, _O.reference)
    total = await tx.value(select(func.count()).select_from(table).where(where))
    return {"hits": [row["reference"] for row in await tx.rows(found.limit(HITS))], "total": total}


async def shown(tx: Tx, account: str, wanted: list[str]) -> list[offers.Offer]:
    """These offers as they stand now, in this order, those that the account may still see. Not recorded."""
    staff = await roles.of(tx, account)
    rows = await tx.rows(offers.query().where(_visible(staff), _O.reference.in_(wanted)))
    found = {row["reference"]: offers.made(row) for row in rows}
    return [found[one] for one in wanted if one in found]


def _visible(staff: roles.Staff | None) -> ColumnElement[bool]:
    """The offers of the marts that lie in somebody's area."""
    areas = roles.areas(staff.roles, RIGHT) if staff else ()
    if "" in areas:
        return true()
    return _O.mart.in_(
        [one.code for one in marts.everywhere().values() if any(roles.covers(area, one.area) for area in areas)]
    )


async def deciding(tx: Tx, one: offers.Offer) -> list[roles.Staff]:
    """Who decides about an offer: the managers of the mart, else who looks after its district, else the next area up.

    Never its maker.
    """
    area = one.at.area if one.at else ""
    everybody = [staff for staff in await roles.everyone(tx) if staff.ended is None and staff.account]
    others = [staff for staff in everybody if not await offers.writes(tx, staff.account, one)]
    able = [(max(_reach(staff, area)), staff) for staff in others if _reach(staff, area)]
    managers = [
        staff for _, staff in able if any(role == "mart" and roles.covers(at, area) for role, at in staff.roles)
    ]
    nearest = max((reach for reach, _ in able), default=0)
    return managers or [staff for reach, staff in able if reach == nearest]


def _reach(staff: roles.Staff, area: str) -> list[int]:
    """How precise the areas are in which somebody may decide, of those that this one lies in."""
    return [len(at) for role, at in staff.roles if roles.may(role, RIGHT) and roles.covers(at, area)]


async def tell_staff(
    tx: Tx,
    one: offers.Offer,
    key: str,
    values: Mapping[str, object] | None = None,
    *,
    opens: list[tuple[str, str, str]] | None = None,
    media: str = "",
) -> int:
    """Let those who decide about an offer know of something; how many they are."""
    facts = {"reference": one.reference, "product": one.product, "name": one.full_name, **(values or {})}
    told = await deciding(tx, one)
    for staff in told:
        seen = "" if media and await pictures.is_sparing(tx, staff.account) else media
        await notices.tell(tx, staff.account, DOMAIN, key, facts, opens=opens or (), media=seen)
    return len(told)


async def note(tx: Tx, staff: roles.Staff, one: offers.Offer, action: str, purpose: str = "") -> None:
    """One line of the audit."""
    area = one.at.area if one.at else ""
    role = roles.acting(staff.roles, RIGHT, area)
    await audit.record(tx, staff.code, action, one.reference, role=role, purpose=purpose, channel=staff.channel)
