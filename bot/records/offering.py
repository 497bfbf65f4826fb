"""Offering something to the mart of one's district: kept, and the mart is told."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from bot import references
from bot.questions import marts
from bot.records import notices, offer_desk, offers, roles
from bot.records.offer_steps import UNDECIDED
from bot.schema import offers as table
from bot.schema import persons
from bot.store import Tx

MOST_OPEN = 10
"""Offers of one person that may wait at the same time."""

_O = table.c


async def mart_of(tx: Tx, person: str) -> str:
    """The code of the mart of somebody's district; empty where there is none."""
    area = await tx.row(select(persons.c.district, persons.c.kecamatan).where(persons.c.id == person))
    found = marts.of_district(area["kecamatan"] or area["district"]) if area else None
    return found.code if found else ""


async def waiting_of(tx: Tx, person: str) -> int:
    """How many offers of somebody wait for an answer."""
    mine = (_O.person_id == person) & _O.status.in_(UNDECIDED)
    return int(await tx.value(select(func.count()).select_from(table).where(mine)))


async def submit(tx: Tx, account: str, person: str, said: Mapping[str, Any]) -> str:
    """Keep a new offer and let the mart know; its reference, empty where the person has no mart any more.

    said: product, category, unit, price, quantity, shelf (days, or None), permits (a list), photo (a kept file, or
    None).
    """
    mart = await mart_of(tx, person)
    if not mart:
        return ""
    reference = await _unused(tx)
    row = {
        "reference": reference, "person_id": person, "account_id": account, "mart": mart,
        "product": _line(said["product"]), "category": said["category"], "unit": _line(said["unit"]),
        "price": said["price"], "quantity": said["quantity"], "shelf_days": said["shelf"],
        "permits": json.dumps(permits(said["permits"])), "photo": said["photo"] or "", "status": "submitted",
        "created_at": tx.now, "changed_at": tx.now,
    }  # fmt: skip
    await tx.add(table, row)
    await offers.remember(tx, reference, "submitted", "person")
    one = await offers.get(tx, reference)
    assert one is not None
    opens = [(f"do.{deed}", offer_desk.DOMAIN, f"{reference} {deed}") for deed in ("sample", "accept", "not_yet")]
    values = {
        "unit": one.unit, "quantity": one.quantity, "price": {"rupiah": one.price}, "village": one.place,
    }  # fmt: skip
    if not await offer_desk.tell_staff(tx, one, "new", values, opens=opens, media=one.photo):
        for admin in (await roles.responsible(tx, one.at.area if one.at else "", offer_desk.RIGHT))[0]:
            await notices.tell(
                tx, admin.account, offer_desk.DOMAIN, "nobody", {"reference": reference, "mart": one.mart_name}
            )
    return reference


def permits(chosen: list[str]) -> dict[str, str]:
    """What was chosen (`nib`, `pirt_applied`), as nib, pirt, halal to yes, applied, no."""
    found = dict.fromkeys(PERMITS, "no")
    for one in sorted(chosen, reverse=True):
        name, _, applied = one.partition("_")
        if name in found:
            found[name] = "applied" if applied else "yes"
    return found


PERMITS = ("nib", "pirt", "halal")


async def _unused(tx: Tx) -> str:
    while True:
        reference = references.new(offers.PREFIX, secrets.randbelow)
        if await tx.value(select(_O.reference).where(_O.reference == reference)) is None:
            return reference


def _line(text: str) -> str:
    return " ".join(text.split())
