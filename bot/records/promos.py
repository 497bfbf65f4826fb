"""Lower prices for a time: made and ended by the managers of a mart, over by themselves when their end has come.

Nothing is deleted by the clock: a promo that is over is only not shown any more. Announcing one is announcements.py's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from bot.questions import marts
from bot.records import announcements, audit, roles
from bot.records.marts import acting
from bot.schema import promos
from bot.store import Tx


@dataclass(frozen=True, slots=True)
class Promo:
    """A lower price, from and until UTC milliseconds; amounts are whole rupiah."""

    id: int
    mart: str
    item: str
    price_before: int
    price: int
    most: int | None
    """For one person; None: as many as they want."""
    starts_at: int
    ends_at: int
    announcement: str
    """The number of the announcement that tells of it; empty where none does."""


_COLUMNS = tuple(promos.c[one.name] for one in fields(Promo))


async def running(tx: Tx, mart: str, limit: int = 40, after: int = 0) -> list[Promo]:
    """What holds now at a mart, the one that ends first before the others; `after`: those behind this id."""
    held = (promos.c.mart == mart) & (promos.c.starts_at <= tx.now) & (promos.c.ends_at > tx.now)
    query = select(*_COLUMNS).where(held, promos.c.ended_at.is_(None)).order_by(promos.c.ends_at, promos.c.id)
    if after and (last := await get(tx, after)):
        later = promos.c.ends_at > last.ends_at
        query = query.where(later | ((promos.c.ends_at == last.ends_at) & (promos.c.id > last.id)))
    return [Promo(**row) for row in await tx.rows(query.limit(limit))]


async def get(tx: Tx, id: int) -> Promo | None:
    """The promo with this id, also one that is over."""
    row = await tx.row(select(*_COLUMNS).where(promos.c.id == id))
    return Promo(**row) if row else None


async def holds(tx: Tx, id: int) -> bool:
    """Whether a promo is not over, and nobody has ended it sooner."""
    return await tx.value(select(promos.c.id).where(_live(id, tx.now))) is not None


def _live(id: int, now: int) -> ColumnElement[bool]:
    return (promos.c.id == id) & promos.c.ended_at.is_(None) & (promos.c.ends_at > now)


async def create(
    tx: Tx, account: str, mart: str, *, item: str, price_before: int, price: int, ends_at: int, most: int | None = None
) -> int | None:
    """Let a promo hold from now on; its id. None where this chat may not, it is no lower price or is over already."""
    who = await acting(tx, account, "promo", mart)
    if who is None or price >= price_before or ends_at <= tx.now:
        return None
    row: dict[str, Any] = {
        "mart": mart, "item": item, "price_before": price_before, "price": price, "most": most, "starts_at": tx.now,
        "ends_at": ends_at, "by": who[0], "created_at": tx.now,
    }  # fmt: skip
    id = int(await tx.value(insert(promos).values(row).returning(promos.c.id)))
    await audit.record(tx, who[0], "promo", f"{mart}/{id}", role=who[1])
    return id


async def end(tx: Tx, account: str, id: int) -> str | None:
    """It holds no longer, and what is left of its announcement does not go out.

    The number of that where it has begun to, else an empty text; None where this chat may not, or it is over already.
    """
    found = await get(tx, id)
    who = await acting(tx, account, "promo", found.mart) if found else None
    if found is None or who is None:
        return None
    if not (await tx.execute(update(promos).where(_live(id, tx.now)).values(ended_at=tx.now))).rowcount:
        return None
    await audit.record(tx, who[0], "end_promo", f"{found.mart}/{id}", role=who[1])
    told = await announcements.get(tx, found.announcement) if found.announcement else None
    if told is None:
        return ""
    await announcements.cancel(tx, told.number, who[0])
    return told.number if told.started_at is not None else ""


async def announce(tx: Tx, account: str, id: int, texts: dict[str, str]) -> str:
    """Make the draft of an announcement for whom the mart is near, over when the promo is; its number.

    Empty where this chat may not announce it, or the promo is over. Its people are counted, then its author decides.
    """
    found = await get(tx, id)
    mart = marts.mart(found.mart) if found else None
    who = await announcer(tx, account, mart.district) if mart else None
    if found is None or who is None or not await holds(tx, id):
        return ""
    if found.announcement:
        return found.announcement
    code, areas = who
    number = await announcements.create(
        tx,
        category="mart_promo",
        texts=texts,
        audience={"areas": areas},
        author=code,
        account=account,
        ends_at=found.ends_at,
    )
    await tx.execute(update(promos).where(promos.c.id == id).values(announcement=number))
    return number


async def announcer(tx: Tx, account: str, district: str) -> tuple[str, list[str]] | None:
    """The staff code behind a chat, and where in a district they may announce promos; None where nowhere."""
    staff = await roles.of(tx, account)
    able = announcements.areas(staff.roles, "mart_promo") if staff else ()
    inside = (
        [district]
        if any(roles.covers(one, district) for one in able)
        else [one for one in able if roles.covers(district, one)]
    )
    return (staff.code, inside) if staff and inside else None
