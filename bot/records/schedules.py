"""Announcements that wait for their time: moved, repeated, left out once, taken off.

What has begun to be planned goes out within a minute: it can be paused and cancelled (announcements.py), not moved.
"""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import insert, update

from bot.records.announcements import UNDO_MS, Announcement, Outcome, get, new_number, packed, steer
from bot.records.letting_go import needs_approval
from bot.schema import announcements
from bot.store import Tx

PERIODS: Final = ("weekly", "monthly")


async def move(tx: Tx, number: str, at: int, staff_code: str) -> Outcome:
    """It goes out at another time, and not within a minute."""
    found = await get(tx, number)
    at = max(at, tx.now + UNDO_MS)
    if found is not None and found.ends_at is not None and at >= found.ends_at:
        return "over"
    if found is not None and _begun(found):
        return "already"
    return await steer(tx, number, staff_code, "move_announcement", ("scheduled",), send_at=at)


async def repeat(tx: Tx, number: str, period: str, staff_code: str) -> Outcome:
    """It comes again every week or month from its time on (one of PERIODS); empty: not any more."""
    found = await get(tx, number)
    if period and found is not None and found.author == staff_code and needs_approval(found):
        # Who agreed has agreed to one.
        return "own"
    states = ("draft", "waiting", "scheduled", "sending", "paused")
    return await steer(tx, number, staff_code, "repeat_announcement", states, repeats=period)


async def skip_once(tx: Tx, number: str, staff_code: str) -> Outcome:
    """One that repeats leaves its next time out."""
    found = await get(tx, number)
    if found is None:
        return "unknown"
    if not found.repeats or found.send_at is None or _begun(found):
        return "already"
    return await steer(tx, number, staff_code, "skip_announcement", ("scheduled",), send_at=following(found))


async def remove(tx: Tx, number: str, staff_code: str) -> Outcome:
    """Take it off the schedule, with all its repetitions."""
    over: dict[str, Any] = {"state": "cancelled", "ended_at": tx.now, "repeats": ""}
    return await steer(tx, number, staff_code, "remove_announcement", ("waiting", "scheduled"), **over)


async def next_one(tx: Tx, number: str) -> str | None:
    """Schedule the repetition of one whose time has come: its number; None where it does not repeat, or has done so."""
    found = await get(tx, number)
    if found is None or not found.repeats or found.send_at is None:
        return None
    at = following(found)
    while at <= tx.now:
        # Paused or switched off for long: what was missed is not made up for.
        at = following(replace(found, send_at=at))
    again = await new_number(tx)
    row = {
        "number": again, "category": found.category, "state": "scheduled", "texts": packed(found.texts),
        "media": found.media, "audience": packed(found.audience), "author": found.author,
        "account_id": found.account or None, "counted": packed(found.counted or {}), "counted_at": found.counted_at,
        "send_at": at, "repeats": found.repeats, "approver": found.approver,
        "decided_at": found.decided_at, "progress": "{}", "created_at": tx.now,
    }  # fmt: skip
    await tx.execute(insert(announcements), row)
    await tx.execute(update(announcements).where(announcements.c.number == number).values(repeats=""))
    tx.wake()
    return again


def following(announcement: Announcement) -> int:
    """When one that repeats comes after its next time: the same hour there, a week or a month later."""
    zone = ZoneInfo(announcement.zone)
    local = datetime.fromtimestamp((announcement.send_at or 0) / 1000, zone).replace(tzinfo=None)
    if announcement.repeats == "weekly":
        local += timedelta(days=7)
    else:
        year, month = local.year + local.month // 12, local.month % 12 + 1
        local = local.replace(year=year, month=month, day=min(local.day, calendar.monthrange(year, month)[1]))
    return int(local.replace(tzinfo=zone).astimezone(UTC).timestamp() * 1000)


def _begun(announcement: Announcement) -> bool:
    return announcement.planned or bool(announcement.plan_after)
