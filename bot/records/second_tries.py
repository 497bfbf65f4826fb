"""What did not arrive and may arrive now: the provider was at fault, or the person can be reached again.

One word lets go of all of it: it is noted when that was said, and what had failed by then goes in chunks, also after a
restart (finishing.py). What may have arrived, what the person does not want and what is over is never sent again; of
what has arrived in part only the rest.

Who was left out has no index: of a big announcement they are looked for beside the writer, for the offer by
reporting.py whenever it counts, and by finishing.py once they are let go.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import update

from bot.records import announcement_reports, announcements, audit, letting_go, roles
from bot.records.announcements import Announcement
from bot.records.deliveries import in_part
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
  AND NOT ({in_part("d")} AND :corrected)
"""
"""Who has a part of what was put right since has got the right words whole."""
_SKIPPED = f"""
FROM deliveries d JOIN accounts a ON a.id = d.account_id
WHERE d.announcement = :number AND d.state = 'skipped' AND a.reachable = 'ok'
  AND d.channel IN (SELECT value FROM json_each(:channels)) AND coalesce(d.settled_at, 0) <= :at
  AND d.reason IN ('blocked', 'unreachable', 'invalid')
  AND NOT ({in_part("d")} AND :corrected)
"""
_LEFT_OUT = f"""
WITH span AS (SELECT min(id) AS first, max(id) AS last FROM deliveries WHERE announcement = :number)
SELECT {{what}} FROM deliveries d CROSS JOIN accounts a ON a.id = d.account_id
WHERE d.id BETWEEN (SELECT first FROM span) AND (SELECT last FROM span) AND +d.announcement = :number
  AND d.state = 'skipped' AND a.reachable = 'ok' AND d.reason IN ('blocked', 'unreachable', 'invalid')
  AND d.channel IN (SELECT value FROM json_each(:channels)) AND coalesce(d.settled_at, 0) <= :at
  AND NOT ({in_part("d")} AND :corrected)
"""
"""As announcement_reports._CELLS: in the order in which the rows lie."""
_THESE = f"{_SKIPPED.replace('d.announcement', '+d.announcement')} AND d.id IN (SELECT value FROM json_each(:ids))"
_CORRECTED = "SELECT EXISTS (SELECT 1 FROM announcements WHERE corrects = ? AND started_at IS NOT NULL)"
_LET_GO = "SELECT again_at FROM announcements WHERE number = ?"
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
        if (known := announcement_reports.kept(found)) is not None:
            told = {**found.progress, "figures": replace(known, again=0).json()}
            await announcements.note(tx, number, told)
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
    found = await announcements.get(tx, number)
    left = limit
    if found is not None:
        small = await announcement_reports.is_small(tx, found)
        left -= await _again(tx, found, (_FAILED, _SKIPPED) if small else (_FAILED,), limit)
    if left:
        await tx.execute(update(rows).where(rows.c.number == number).values(again_at=None))
    return left > 0


# Who was left out of a big one


def left_out(connection: sqlite3.Connection, number: str, now: int) -> int:
    """How many were left out who may be reached now; walks through all of its deliveries."""
    found: int = connection.execute(_LEFT_OUT.format(what="count(*)"), _values(connection, number, now)).fetchone()[0]
    return found


def to_let_go(connection: sqlite3.Connection, number: str, limit: int) -> list[int]:
    """So many of those who were left out of a big one that is to go once more; walks through its deliveries."""
    at = connection.execute(_LET_GO, (number,)).fetchone()
    few = connection.execute(announcement_reports.AT_LEAST, (number, MOST + 1)).fetchone()[0] <= MOST
    if at is None or at[0] is None or few:
        return []
    query = f"{_LEFT_OUT.format(what='d.id')} LIMIT :most"
    return [row[0] for row in connection.execute(query, {**_values(connection, number, at[0]), "most": limit})]


async def these(tx: Tx, number: str, ids: Sequence[int]) -> int:
    """Let those of them go of whom it still holds; how many."""
    found = await announcements.get(tx, number)
    return 0 if found is None else await _again(tx, found, (_THESE,), len(ids), ids)


# Below


async def _again(tx: Tx, found: Announcement, whose: Sequence[str], most: int, ids: Sequence[int] = ()) -> int:
    """Let so many of them go; none where that was not asked for, or it is over."""
    at = await _asked_at(tx, found.number)
    if at is None or _is_over(found, tx.now):
        return 0
    values = {"now": tx.now, "ids": json.dumps(ids)}

    def work(driver: sqlite3.Connection) -> int:
        done, known = 0, {**values, **_values(driver, found.number, at)}
        for one in whose:
            done += driver.execute(_AGAIN.format(whose=one), {**known, "most": most - done}).rowcount
        return done

    tx.wake()
    return await tx.driver(work)


async def _count(tx: Tx, announcement: Announcement) -> int:
    small = await announcement_reports.is_small(tx, announcement)
    known = None if small else announcement_reports.kept(announcement)

    def work(driver: sqlite3.Connection) -> int:
        values = {**_values(driver, announcement.number, tx.now), "most": MOST}
        whose = (_FAILED, _SKIPPED) if small else (_FAILED,)
        found: list[int] = [driver.execute(_COUNT.format(whose=one), values).fetchone()[0] for one in whose]
        return min(MOST, sum(found) + (known.again if known is not None else 0))

    return await tx.driver(work)


async def _asked_at(tx: Tx, number: str) -> int | None:
    found = await tx.driver(lambda driver: driver.execute(_LET_GO, (number,)).fetchone())
    return found[0] if found else None


def _values(connection: sqlite3.Connection, number: str, at: int) -> dict[str, object]:
    corrected = bool(connection.execute(_CORRECTED, (number,)).fetchone()[0])
    channels = json.dumps(sorted(letting_go.limits().channels))
    return {"number": number, "channels": channels, "at": at, "corrected": corrected}


def _is_over(announcement: Announcement, now: int) -> bool:
    past = announcement.ends_at is not None and announcement.ends_at <= now
    return past or announcement.state not in STATES
