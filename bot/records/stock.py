"""What a mart sells, what it costs and whether it is there: kept by its managers, a line at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from bot import words
from bot.records import audit
from bot.records.marts import acting
from bot.schema import mart_items
from bot.store import Tx

MOST: Final = 300
"""Things that one mart keeps here: a list to tell people by, no cash register."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a mart sells; amounts are whole rupiah, None where they are not told."""

    id: int
    name: str
    unit: str
    price: int | None
    member_price: int | None
    stock: str
    """there, few, out."""
    changed_at: int

    @property
    def called(self) -> str:
        """ "Beras 5 kg"."""
        return f"{self.name} {self.unit}".strip()


_COLUMNS = tuple(mart_items.c[one.name] for one in fields(Item))


async def items(tx: Tx, mart: str) -> list[Item]:
    """Everything that a mart sells: first what is running out, then by name."""
    rows = await tx.rows(select(*_COLUMNS).where(mart_items.c.mart == mart).order_by(mart_items.c.folded))
    return sorted((Item(**row) for row in rows), key=lambda one: one.stock == "there")


async def matching(tx: Tx, mart: str, name: str, *, loosely: bool = False) -> list[Item]:
    """Which of the things that are sold there a name may mean; none where it names another.

    loosely: also those whose name stands somewhere in a sentence.
    """
    found = await items(tx, mart)
    match = words.match(name, [(one.called, one.name) for one in found], tolerant=True)
    return [found[at] for at in match.indexes] if loosely or match.how != "within" else []


async def note(tx: Tx, account: str, mart: str, line: Mapping[str, Any], item: int | None) -> dict[str, Any] | None:
    """Keep what a line says of the thing `item`, or of a new one; what it is then, None where that cannot be.

    The answer has `did`: changed, added, dropped, full; and name, price, member, stock.
    """
    who = await acting(tx, account, "stok", mart)
    if who is None:
        return None
    known = next((one for one in await items(tx, mart) if one.id == item), None) if item is not None else None
    if line["drop"]:
        if known is None:
            return None
        await tx.execute(delete(mart_items).where(mart_items.c.id == known.id))
        await audit.record(tx, who[0], "stock_drop", f"{mart}/{known.id}", role=who[1])
        return _told("dropped", known.called, known.price, known.member_price, known.stock)
    given = {"price": line["price"], "member_price": line["member"], "stock": line["stock"]}
    values: dict[str, Any] = {key: value for key, value in given.items() if value}
    values |= {"changed_at": tx.now, "changed_by": who[0]}
    if known is not None:
        await tx.execute(update(mart_items).where(mart_items.c.id == known.id).values(values))
        await audit.record(tx, who[0], "stock", f"{mart}/{known.id}", role=who[1])
        price, member = line["price"] or known.price, line["member"] or known.member_price
        return _told("changed", known.called, price, member, line["stock"] or known.stock)
    called = f"{line['name']} {line['unit']}".strip()
    there = {words.fold(one.called): one for one in await items(tx, mart)}
    if (same := there.get(words.fold(called))) is not None:
        return await note(tx, account, mart, line, same.id)
    if len(there) >= MOST:
        return _told("full", called, None, None, "")
    row = {"mart": mart, "name": line["name"], "unit": line["unit"], "folded": words.fold(called), "stock": "there"}
    id = await tx.value(insert(mart_items).values({**row, **values}).returning(mart_items.c.id))
    await audit.record(tx, who[0], "stock_add", f"{mart}/{id}", role=who[1])
    return _told("added", called, line["price"], line["member"], line["stock"] or "there")


def _told(did: str, name: str, price: int | None, member: int | None, stock: str) -> dict[str, Any]:
    return {"did": did, "name": name, "price": price, "member": member, "stock": stock}
