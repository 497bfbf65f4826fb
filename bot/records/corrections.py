"""Putting a wrong announcement right: another one, for exactly those who received any of it, with the same photo.

A wrong one that is still going out is paused, so that nobody else receives it meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import literal_column, select

from bot.records import announcements, roles
from bot.records.announcements import Announcement
from bot.records.audience import HAVE_IT
from bot.records.deliveries import in_part
from bot.schema import deliveries
from bot.store import Tx

State = Literal["ready", "unknown", "nobody"]


async def original(tx: Tx, account: str, number: str) -> tuple[State, Announcement | None]:
    """The announcement that this account would correct. `nobody`: nobody has received it."""
    found = await announcements.get(tx, number)
    staff = await roles.of(tx, account)
    if found is None or staff is None or not _may(staff, found):
        return "unknown", None
    return ("ready" if await _received(tx, number) else "nobody"), found


async def own(tx: Tx, account: str, limit: int) -> list[str]:
    """Numbers of this account's last announcements that somebody has received, newest first."""
    staff = await roles.of(tx, account)
    mine = await announcements.of_author(tx, staff.code, 2 * limit) if staff else []
    gone = [one.number for one in mine if one.started_at is not None]
    return [number for number in gone[:limit] if await _received(tx, number)]


async def create(tx: Tx, account: str, number: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Keep the correction as a draft: its `number`, and whether the wrong one was `paused`; empty where it may not."""
    state, found = await original(tx, account, number)
    staff = await roles.of(tx, account)
    if found is None or staff is None or state != "ready":
        return {}
    ends_at = found.ends_at if found.ends_at is not None and found.ends_at > tx.now else None
    made = await announcements.create(
        tx,
        category=found.category,
        texts=texts,
        audience={"areas": list(found.areas)},
        author=staff.code,
        account=account,
        ends_at=ends_at,
        corrects=number,
        media=found.media,
    )
    paused = found.state == "sending" and await announcements.pause(tx, number, staff.code) == "done"
    return {"number": made, "paused": paused}


def _may(staff: roles.Staff, found: Announcement) -> bool:
    if not announcements.may(staff.roles, "umumkan", found):
        return False
    return found.author == staff.code or announcements.may(staff.roles, "koreksi", found)


async def _received(tx: Tx, number: str) -> bool:
    received = deliveries.c.state.in_(HAVE_IT) | literal_column(in_part())
    have = (deliveries.c.announcement == number) & received
    return await tx.value(select(deliveries.c.id).where(have).limit(1)) is not None
