"""Announcements that wait for their time: moved, repeated, left out once, taken off.

What has begun to be planned goes out within a minute: it can be paused and cancelled (announcements.py), not moved.
"""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import update

from bot.records.announcements import UNDO_MS, Announcement, Outcome, get, new_number, packed, steer
from bot.records.letting_go import MEANT_AT, TWICE, needs_approval
from bot.schema import announcements
from bot.store import Tx

PERIODS: Final = ("weekly", "monthly")
EVERY_MONTH_HAS: Final = 28
"""Days; who wants a later one gets the last day of a month that has it not, and that day again in the next."""


async def move(tx: Tx, number: str, at: int, staff_code: str) -> Outcome:
    """It goes out at another time, and not within a minute."""
    found = await get(tx, number)
    at = max(at, tx.now + UNDO_MS)
    if found is not None and found.ends_at is not None and at >= found.ends_at:
        return "over"
    if found is not None and _begun(found):
        return "already"
    values: dict[str, Any] = {"send_at": at}
    if found is not None and found.repeats:
        values["repeats"] = _kept(period_of(found), replace(found, send_at=at))
    return await steer(tx, number, staff_code, "move_announcement", ("scheduled",), **values)


async def repeat(tx: Tx, number: str, period: str, staff_code: str) -> Outcome:
    """It comes again every week or month from its time on (one of PERIODS); empty: not any more."""
    found = await get(tx, number)
    if period and found is not None and found.author == staff_code and needs_approval(found):
        # Who agreed has agreed to one.
        return "own"
    states = ("draft", "waiting", "scheduled", "sending", "paused")
    kept = _kept(period, found) if found is not None else period
    return await steer(tx, number, staff_code, "repeat_announcement", states, repeats=kept)


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
    at = following(replace(found, send_at=found.progress.get(MEANT_AT, found.send_at)))
    while at <= tx.now:
        # Paused or switched off for long: what was missed is not made up for.
        at = following(replace(found, send_at=at))
    again = await new_number(tx)
    counted = {name: value for name, value in (found.counted or {}).items() if name != TWICE}
    row = {
        "number": again, "category": found.category, "state": "scheduled", "texts": packed(found.texts),
        "media": found.media, "audience": packed(found.audience), "author": found.author,
        "account_id": found.account or None, "counted": packed(counted), "counted_at": found.counted_at,
        "send_at": at, "repeats": found.repeats, "approver": found.approver,
        "decided_at": found.decided_at, "progress": "{}", "created_at": tx.now,
    }  # fmt: skip
    await tx.add(announcements, row)
    await tx.execute(update(announcements).where(announcements.c.number == number).values(repeats=""))
    tx.wake()
    return again


def period_of(announcement: Announcement) -> str:
    """One of PERIODS; empty where it does not repeat."""
    return announcement.repeats.partition(":")[0]


def _kept(period: str, announcement: Announcement) -> str:
    """As it is kept: with the day, where not every month has that."""
    day = _local(announcement).day
    return f"{period}:{day}" if period == "monthly" and day > EVERY_MONTH_HAS else period


def _local(announcement: Announcement) -> datetime:
    there = ZoneInfo(announcement.zone)
    return datetime.fromtimestamp((announcement.send_at or 0) / 1000, there).replace(tzinfo=None)


def following(announcement: Announcement) -> int:
    """When one that repeats comes after its next time: the same hour there, a week or a month later."""
    local = _local(announcement)
    period, _, day = announcement.repeats.partition(":")
    if period == "weekly":
        local += timedelta(days=7)
    else:
        year, month = local.year + local.month // 12, local.month % 12 + 1
        last = calendar.monthrange(year, month)[1]
        local = local.replace(year=year, month=month, day=min(int(day or local.day), last))
    return int(local.replace(tzinfo=ZoneInfo(announcement.zone)).astimezone(UTC).timestamp() * 1000)


def _begun(announcement: Announcement) -> bool:
    return announcement.planned or bool(announcement.plan_after)
