"""Cash notes: money in and out of somebody's business, as they wrote it down; theirs alone, shown to nobody else.

Days are those of the place where they are. Amounts are whole rupiah. Kept for two years, then deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, insert, select

from bot.schema import cash_notes
from bot.store import Tx

KEPT_DAYS: Final = 731
"""Retention: two years, enough to compare a month with the same one a year before."""

_c = cash_notes.c


async def note(tx: Tx, account: str, day: str, notes: Iterable[Mapping[str, Any]]) -> list[int]:
    """Keep notes (kind, what, amount) of one day; their ids."""
    kept = []
    for one in notes:
        row = {
            "account_id": account, "day": day, "kind": one["kind"], "amount": one["amount"], "what": one["what"],
            "at": tx.now,
        }  # fmt: skip
        made = await tx.execute(insert(cash_notes).returning(_c.id), row)
        kept.append(int(made.scalar_one()))
    return kept


async def take_back(tx: Tx, account: str, first: int = 0, last: int = 0) -> list[dict[str, Any]]:
    """Delete the notes with ids from `first` to `last`, or without them those noted last; those that were there."""
    mine = select(_c.id, _c.day, _c.kind, _c.what, _c.amount).where(_c.account_id == account)
    latest = select(func.max(_c.at)).where(_c.account_id == account).scalar_subquery()
    found = await tx.rows(mine.where(_c.id.between(first, last) if last else _c.at == latest).order_by(_c.id))
    await tx.execute(delete(cash_notes).where(_c.account_id == account, _c.id.in_([one["id"] for one in found])))
    return found


async def of_days(tx: Tx, account: str, first: str, last: str) -> list[dict[str, Any]]:
    """The notes from one day to another, as they were written."""
    mine = select(_c.day, _c.kind, _c.what, _c.amount).where(_c.account_id == account)
    return await tx.rows(mine.where(_c.day.between(first, last)).order_by(_c.day, _c.id))


async def sums(tx: Tx, account: str, first: str, last: str) -> dict[str, dict[str, int]]:
    """What came `in` and went `out` on each day that has notes."""
    mine = select(_c.day, _c.kind, func.sum(_c.amount).label("sum")).where(_c.account_id == account)
    found = await tx.rows(mine.where(_c.day.between(first, last)).group_by(_c.day, _c.kind).order_by(_c.day))
    made: dict[str, dict[str, int]] = {}
    for row in found:
        made.setdefault(row["day"], {"in": 0, "out": 0})[row["kind"]] = int(row["sum"])
    return made


async def count(tx: Tx, account: str) -> int:
    """How many notes there are."""
    return int(await tx.value(select(func.count(_c.id)).where(_c.account_id == account)) or 0)


async def tidy(tx: Tx) -> None:
    """Delete the notes that are older than they are kept."""
    oldest = datetime.fromtimestamp(tx.now / 1000, UTC).date() - timedelta(days=KEPT_DAYS)
    await tx.execute(delete(cash_notes).where(_c.day < oldest.isoformat()))


async def forget(tx: Tx, account: str) -> None:
    """Delete all of them."""
    await tx.execute(delete(cash_notes).where(_c.account_id == account))
