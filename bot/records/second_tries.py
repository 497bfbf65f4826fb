"""What did not arrive and may arrive now: the provider was at fault, or the person can be reached again.

One word lets go of all of it: it is noted when that was said, and what had failed by then goes in chunks, also after a
restart (finishing.py). What may have arrived, what the person does not want and what is over is never sent again.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from sqlalchemy import update

from bot.records import announcement_reports, announcements, audit, letting_go, roles
from bot.records.announcements import Announcement
from bot.records.remains import NO_CHANNEL
from bot.schema import announcements as rows
from bot.store import Tx

MOST: Final = announcement_reports.BIG
"""So many are counted while everybody else waits; of more it is said that they are more."""

STATES: Final = ("sending", "paused", "done")

_FAILED = f"""
FROM deliveries d INDEXED BY ix_deliveries_failed JOIN accounts a ON a.id = d.account_id
WHERE d.announcement = :number AND d.state = 'failed' AND a.reachable = 'ok'
  AND d.channel IN (SELECT value FROM json_each(:channels)) AND coalesce(d.settled_at, 0) <= :at
  AND d.reason IN ('provider', 'blocked', 'unreachable', 'invalid', '{NO_CHANNEL}')
"""
_SKIPPED = """
FROM deliveries d JOIN accounts a ON a.id = d.account_id
WHERE d.announcement = :number AND d.state = 'skipped' AND a.reachable = 'ok'
  AND d.channel IN (SELECT value FROM json_each(:channels)) AND coalesce(d.settled_at, 0) <= :at
  AND d.reason IN ('blocked', 'unreachable', 'invalid')
"""
_COUNT = "SELECT count(*) FROM (SELECT 1 {whose} LIMIT :most)"
# An id that was told to have failed is of no more use; where it stands beside ids of parts that arrived, they know it.
_AGAIN = """
UPDATE deliveries SET state = 'waiting', reason = '', way = '', delivery = '', attempts = 0,
  provider_id = CASE WHEN delivery = '' OR instr(provider_id, '-') THEN provider_id ELSE '' END,
  settled_at = NULL, due_at = :now
WHERE id IN (SELECT d.id {whose} LIMIT :most)
"""


async def curable(tx: Tx, announcement: Announcement) -> int:
    """How many may arrive now, as far as a look tells (up to MOST); none of what is over or is being let go."""
    if _is_over(announcement, tx.now) or await _asked_at(tx, announcement.number) is not None:
        return 0
    return await _count(tx, announcement)


async def let_go(tx: Tx, account: str, number: str) -> int:
    """Let all of them go once more, from now on: how many, as `curable` counts."""
    found = await announcement_reports.seen(tx, account, number)
    staff = await roles.of(tx, account)
    if found is None or staff is None or not announcement_reports.may_steer(staff, found):
        return 0
    count = await curable(tx, found)
    if count:
        await tx.execute(update(rows).where(rows.c.number == number).values(again_at=tx.now))
        await audit.record(tx, staff.code, "retry_announcement", number, channel=staff.channel)
        tx.wake()
    return count


def asked(connection: sqlite3.Connection) -> list[str]:
    """Announcements of which something is to go once more, as far as it has not yet."""
    query = "SELECT number FROM announcements INDEXED BY ix_announcements_again WHERE again_at IS NOT NULL"
    return [row[0] for row in connection.execute(query)]


async def some(tx: Tx, number: str, limit: int) -> bool:
    """Let so many of them go; whether that was all, or nothing of it is to go any more."""
    found, at = await announcements.get(tx, number), await _asked_at(tx, number)
    left = limit
    if found is not None and at is not None and not _is_over(found, tx.now):
        whose, values = await _whose(tx, found), {**_values(found, at), "now": tx.now}

        def work(driver: sqlite3.Connection) -> int:
            done = 0
            for one in whose:
                done += driver.execute(_AGAIN.format(whose=one), {**values, "most": limit - done}).rowcount
            return done

        left -= await tx.driver(work)
        tx.wake()
    if left:
        await tx.execute(update(rows).where(rows.c.number == number).values(again_at=None))
    return left > 0


async def _count(tx: Tx, announcement: Announcement) -> int:
    whose, values = await _whose(tx, announcement), {**_values(announcement, tx.now), "most": MOST}

    def work(driver: sqlite3.Connection) -> int:
        found: list[int] = [driver.execute(_COUNT.format(whose=one), values).fetchone()[0] for one in whose]
        return min(MOST, sum(found))

    return await tx.driver(work)


async def _asked_at(tx: Tx, number: str) -> int | None:
    query = "SELECT again_at FROM announcements WHERE number = ?"
    found = await tx.driver(lambda driver: driver.execute(query, (number,)).fetchone())
    return found[0] if found else None


def _values(announcement: Announcement, at: int) -> dict[str, object]:
    return {"number": announcement.number, "channels": json.dumps(sorted(letting_go.limits().channels)), "at": at}


def _is_over(announcement: Announcement, now: int) -> bool:
    past = announcement.ends_at is not None and announcement.ends_at <= now
    return past or announcement.state not in STATES


async def _whose(tx: Tx, announcement: Announcement) -> tuple[str, ...]:
    """Where to look: through all that was skipped only where there is not much of it."""
    return (_FAILED, _SKIPPED) if await announcement_reports.is_small(tx, announcement) else (_FAILED,)
