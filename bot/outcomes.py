"""What became of announcements' messages, as providers tell afterwards: arrived, read, or not and why.

A failure ends a delivery, sends it another way, or lets it try again later (platform.md 2.7). What is told twice or out
of order is put right by statuses.py, which asks here about messages that the outbox does not know.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from bot.channels import Blocked, Throttled, Unfit, Unreachable, WindowClosed
from bot.channels.whatsapp import TIER, meaning, why
from bot.messages import Status
from bot.records import deliveries, reach
from bot.store import Tx

log = structlog.get_logger(__name__)

HOUR_MS = 3_600_000
LATER_MS = (HOUR_MS // 6, HOUR_MS, 6 * HOUR_MS)
"""Before what did not arrive is tried again; after the last time it is given up."""
NOT_CHOSEN = 63049
"""Meta chose not to deliver this marketing message; on another day it may."""
NOT_CHOSEN_MS = (24 * HOUR_MS,)
SLOWER_MS = 60_000

# As statuses._FIND: the id of a first part.
_FIND = """
SELECT j.value, d.id, d.account_id, d.channel, d.state, d.way, d.delivery, d.attempts
FROM json_each(?) j CROSS JOIN deliveries d ON d.provider_id >= j.value AND d.provider_id < j.value || '!'
WHERE d.provider_id <> ''
"""
# A later part, which no index finds: by whom it went to, among what went out lately.
_FIND_PART = """
SELECT json_extract(j.value, '$[0]'), d.id FROM json_each(:told) j
CROSS JOIN accounts a ON a.id IN (
  SELECT id FROM accounts WHERE channel = 'whatsapp' AND external_id = json_extract(j.value, '$[1]')
  UNION SELECT id FROM accounts WHERE phone = json_extract(j.value, '$[1]') AND phone <> '')
CROSS JOIN announcements n ON n.started_at > :since
CROSS JOIN deliveries d ON d.announcement = n.number AND d.account_id = a.id
WHERE instr(d.provider_id, ' ' || json_extract(j.value, '$[0]')) > 0
"""
LATELY_MS = 48 * HOUR_MS
_PART_FAILED = "UPDATE deliveries SET delivery = 'failed' WHERE id = ? AND state = 'sent'"
_TOLD = "UPDATE deliveries SET delivery = ? WHERE id = ? AND state <> 'held'"
_FAILED = "UPDATE deliveries SET state = 'failed', delivery = 'failed', reason = ?, settled_at = ? WHERE id = ?"
_AGAIN = """
UPDATE deliveries SET state = 'waiting', way = '', reason = ?, delivery = '', provider_id = '', due_at = ?,
  attempts = attempts + 1
WHERE id = ?
"""
_HOLD = """
UPDATE deliveries SET state = 'held', way = '', reason = 'window', delivery = '', provider_id = '', due_at = ?
WHERE id = ?
"""
_NOT_HELD = "UPDATE accounts SET held = max(0, held - 1) WHERE id = ?"


@dataclass(frozen=True, slots=True)
class _Sent:
    """A delivery that something is told of."""

    sid: str
    id: int
    account: str
    channel: str
    state: str
    way: str
    delivery: str
    attempts: int


def _nothing() -> None:
    pass


async def settle(
    tx: Tx, told: Mapping[str, Status], rank: Callable[[str], int], full: Callable[[], None] = _nothing
) -> set[str]:
    """Note what was told of these messages (by their ids); the ids that are deliveries'.

    full: called once it is committed that WhatsApp lets us write first to nobody else for now.
    """
    found, parts = await tx.driver(lambda driver: _find(driver, told, tx.now))
    work = _Work(tx.now)
    for sid, id in parts:
        if told[sid].state in ("failed", "undelivered"):
            work.add(_PART_FAILED, id)
    for one in found:
        status = told[one.sid]
        state = "failed" if status.state == "undelivered" else status.state
        if rank(state) > rank(one.delivery) and one.state in ("sent", "uncertain", "held"):
            if state == "failed":
                await _failed(tx, work, one, status.error)
            else:
                work.add(_TOLD, state, one.id)
                # What is only `sent` may still turn out not to arrive.
                if state in ("delivered", "read"):
                    work.add(reach.ARRIVED, one.account)
    if work.rows or work.failures:
        tx.later(work.run)
    if work.full:
        tx.after.append(full)
    return {one.sid for one in found} | {sid for sid, _ in parts}


def _find(
    driver: sqlite3.Connection, told: Mapping[str, Status], now: int
) -> tuple[list[_Sent], list[tuple[str, int]]]:
    """Deliveries by the ids of their first parts, and where that is not known, by those of later ones."""
    ids = msgspec.json.encode(list(told)).decode()
    found = [_Sent(*row) for row in driver.execute(_FIND, (ids,))]
    known = {one.sid for one in found}
    left = [(id, status.sender) for id, status in told.items() if id not in known and status.sender]
    if not left:
        return found, []
    values = {"told": msgspec.json.encode(left).decode(), "since": now - LATELY_MS}
    return found, driver.execute(_FIND_PART, values).fetchall()


async def _failed(tx: Tx, work: _Work, one: _Sent, error: str) -> None:
    """What a failure means for a delivery."""
    fault = meaning(error)
    log.info("outcomes.failed", delivery=one.id, way=one.way, error=error)
    if fault is Blocked:
        work.add(_FAILED, why(error), tx.now, one.id)
        if one.state == "held":
            work.add(_NOT_HELD, one.account)
        if why(error) == "stopped":
            await reach.opted_out(tx, one.account, one.channel)
        else:
            work.add(reach.GONE, why(error), one.account)
    elif fault in (WindowClosed, Unfit) and one.way == "free":
        work.again(tx, one, deliveries.WINDOW, 0)
    elif fault in (WindowClosed, Unfit) or one.state == "held":
        # The template or the knock is not taken: it can only wait until the person writes.
        work.add(_HOLD, tx.now, one.id)
        if one.state != "held":
            work.add(deliveries.HELD, one.account)
    elif fault is Throttled:
        tier = error == str(TIER) and one.way != "free"
        work.full = work.full or tier
        work.again(tx, one, "", HOUR_MS if tier else SLOWER_MS)
    else:
        if error != str(NOT_CHOSEN):
            work.failures.append(one.account)
        waits = NOT_CHOSEN_MS if error == str(NOT_CHOSEN) else LATER_MS if fault is Unreachable else ()
        if one.attempts < len(waits):
            work.again(tx, one, "", waits[one.attempts])
        else:
            work.add(_FAILED, "provider", tx.now, one.id)


class _Work:
    """Statements to run in one go."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.rows: dict[str, list[tuple[Any, ...]]] = {}
        self.failures: list[str] = []
        self.full = False

    def add(self, statement: str, *values: Any) -> None:
        self.rows.setdefault(statement, []).append(values)

    def again(self, tx: Tx, one: _Sent, reason: str, after: int) -> None:
        self.add(_AGAIN, reason, tx.now + after, one.id)
        tx.wake()

    def run(self, driver: sqlite3.Connection) -> None:
        deliveries.many(driver, *self.rows.items())
        reach.failed(driver, self.failures, self.now)
