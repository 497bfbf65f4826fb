"""What did not arrive and may arrive now: the provider was at fault, or the person can be reached again.

What may have arrived, what the person does not want and what is over is never sent again.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from bot.records import announcement_reports, audit, roles
from bot.records.announcements import Announcement
from bot.store import Tx

AT_ONCE: Final = 1_000
"""Deliveries that are let go by one word, for everybody else waits meanwhile; a second word lets go of more."""

STATES: Final = ("sending", "paused", "done")

_FAILED = """
FROM deliveries d INDEXED BY ix_deliveries_failed JOIN accounts a ON a.id = d.account_id
WHERE d.announcement = :number AND d.state = 'failed' AND a.reachable = 'ok'
  AND d.reason IN ('provider', 'blocked', 'unreachable', 'invalid', 'no_channel')
"""
_SKIPPED = """
FROM deliveries d JOIN accounts a ON a.id = d.account_id
WHERE d.announcement = :number AND d.state = 'skipped' AND a.reachable = 'ok'
  AND d.reason IN ('blocked', 'unreachable', 'invalid')
"""
_COUNT = "SELECT count(*) FROM (SELECT 1 {whose} LIMIT :most)"
_AGAIN = """
UPDATE deliveries SET state = 'waiting', reason = '', way = '', delivery = '', attempts = 0,
  provider_id = CASE delivery WHEN '' THEN provider_id ELSE '' END,
  settled_at = NULL, due_at = :now
WHERE id IN (SELECT d.id {whose} LIMIT :most)
"""


async def curable(tx: Tx, announcement: Announcement) -> int:
    """How many may arrive now, as far as a look tells; none of what is over."""
    if _is_over(tx, announcement):
        return 0
    whose, values = await _whose(tx, announcement), {"number": announcement.number, "most": AT_ONCE}

    def work(driver: sqlite3.Connection) -> int:
        return sum(driver.execute(_COUNT.format(whose=one), values).fetchone()[0] for one in whose)

    return await tx.driver(work)


async def let_go(tx: Tx, account: str, number: str) -> int:
    """Let them go once more: how many."""
    found = await announcement_reports.seen(tx, account, number)
    staff = await roles.of(tx, account)
    if found is None or staff is None or not announcement_reports.may_steer(staff, found):
        return 0
    if _is_over(tx, found):
        return 0
    whose, values = await _whose(tx, found), {"number": number, "now": tx.now, "most": AT_ONCE}

    def work(driver: sqlite3.Connection) -> int:
        count = 0
        for one in whose:
            count += driver.execute(_AGAIN.format(whose=one), {**values, "most": AT_ONCE - count}).rowcount
        return count

    done = await tx.driver(work)
    if done:
        await audit.record(tx, staff.code, "retry_announcement", number, channel=staff.channel)
        tx.wake()
    return done


def _is_over(tx: Tx, announcement: Announcement) -> bool:
    past = announcement.ends_at is not None and announcement.ends_at <= tx.now
    return past or announcement.state not in STATES


async def _whose(tx: Tx, announcement: Announcement) -> tuple[str, ...]:
    """Where to look: through all that was skipped only where there is not much of it."""
    return (_FAILED, _SKIPPED) if await announcement_reports.is_small(tx, announcement) else (_FAILED,)
