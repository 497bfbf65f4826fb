"""Who wants the next lesson by itself: how often, at what time of their day, and when it comes next.

Kept by the chat. What is sent, and when it may not be, is lessons_due.py's part; what it says is a conversation's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from bot.records import lessons
from bot.schema import tip_series
from bot.store import Tx

UNASKED = "series"
"""Behind a lesson that is opened: it comes by itself, and says how to have no more."""

_c = tip_series.c


@dataclass(frozen=True, slots=True)
class Series:
    """What one chat wants."""

    days: int
    """Between two lessons."""
    minute: int
    """Of the day, where the person is."""
    next_at: int
    sent_on: str
    """The local day of the last one; empty before the first."""


_KEPT = tuple(_c[field] for field in Series.__dataclass_fields__)


async def get(tx: Tx, account: str) -> Series | None:
    """What this chat wants; None where it wants nothing by itself."""
    row = await tx.row(select(*_KEPT).where(_c.account_id == account, _c.next_at.is_not(None)))
    return Series(**row) if row else None


async def has_more(tx: Tx, account: str) -> bool:
    """Whether there is a lesson that this chat has not seen."""
    return bool(await lessons.next_lesson(tx, account, unseen=True))


async def start(tx: Tx, account: str, days: int, clock: str, zone: str) -> int:
    """Send lessons from now on, every so many days at this time there; when the first one comes (UTC milliseconds)."""
    hours, minutes = clock.split(":")
    minute = int(hours) * 60 + int(minutes)
    sent_on: str | None = await tx.value(select(_c.sent_on).where(_c.account_id == account))
    today = _local(tx.now, zone).date()
    first = at(today, minute, zone)
    if first <= tx.now or sent_on == today.isoformat():
        first = at(today + timedelta(days=1), minute, zone)
    wanted = {"days": days, "minute": minute, "next_at": first}
    if sent_on is None:
        await tx.add(tip_series, {"account_id": account, **wanted, "since": tx.now})
    else:
        await tx.execute(update(tip_series).where(_c.account_id == account).values(wanted))
    tx.wake()
    return first


async def end(tx: Tx, account: str) -> bool:
    """Send none by itself any more; False where none was sent.

    That there was one today is kept until the day is over: whoever begins anew has no second one.
    """
    wanted = (_c.account_id == account) & _c.next_at.is_not(None)
    # The day where they are is that of Greenwich or the next: whoever had one today has this date or a later one.
    today = wanted & (_c.sent_on >= _local(tx.now, "UTC").date().isoformat())
    kept = (await tx.execute(update(tip_series).where(today).values(next_at=None))).rowcount
    return (await tx.execute(delete(tip_series).where(wanted))).rowcount + kept > 0


async def forget(tx: Tx, account: str) -> None:
    """Delete what is kept of this chat."""
    await tx.execute(delete(tip_series).where(_c.account_id == account))


async def tidy(tx: Tx) -> None:
    """Delete what was kept of those who have ended it, when that day is over everywhere."""
    over = _c.sent_on < _local(tx.now, "UTC").date().isoformat()
    await tx.execute(delete(tip_series).where(_c.next_at.is_(None), over))


async def put_off(tx: Tx, account: str, until: int) -> None:
    """Look again then."""
    await tx.execute(update(tip_series).where(_c.account_id == account).values(next_at=until))


async def sent(tx: Tx, account: str, days: int, minute: int, zone: str) -> None:
    """One is on its way today: the next comes so many days later."""
    today = _local(tx.now, zone).date()
    values = {"sent_on": today.isoformat(), "next_at": at(today + timedelta(days=days), minute, zone)}
    await tx.execute(update(tip_series).where(_c.account_id == account).values(values))


async def came(tx: Tx, account: str, zone: str) -> None:
    """One reaches them only now, whenever it was sent: there is none besides today."""
    await tx.execute(update(tip_series).where(_c.account_id == account).values(sent_on=today(tx.now, zone)))


def tomorrow(now: int, minute: int, zone: str) -> int:
    """That time on the next day there."""
    return at(_local(now, zone).date() + timedelta(days=1), minute, zone)


def today(now: int, zone: str) -> str:
    """The day it is there, as 2026-11-23."""
    return _local(now, zone).date().isoformat()


def at(day: date, minute: int, zone: str) -> int:
    """A minute of a local day as UTC milliseconds."""
    there = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone))
    return int(there.astimezone(UTC).timestamp() * 1000)


def _local(now: int, zone: str) -> datetime:
    return datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
