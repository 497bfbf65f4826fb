"""What is left of announcements: in doubt after a crash, dropped because nobody is to get it any more, finished.

Works on sets of deliveries in chunks, however many there are. What is on its way is deliveries.py's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.contents import KNOCK_OWN_CASE
from bot.records import deliveries
from bot.store import Tx

FORGET_MS: Final = 30 * 86_400_000
"""Nobody has written for so long: what is held for them is old."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A delivery on WhatsApp of which nobody here knows whether Twilio has it."""

    id: int
    number: str
    address: str
    language: str
    way: str
    since: int
    """When it was about to be sent, UTC milliseconds."""
    ids: str
    """Of the parts that have arrived for sure."""
    sparing: int
    """Whether a photo was only told of."""


_KNOCKING = "state = 'sending' AND way = 'knock' AND reason <> 'asked'"
_LEFT = (
    # A knock that may not have arrived is not repeated, but what it announces surely has not gone; where the person has
    # written since, it goes.
    f"""
UPDATE deliveries SET state = 'waiting', reason = 'asked', due_at = :now, settled_at = :now
WHERE {_KNOCKING} AND {deliveries.WROTE}""",
    f"""
UPDATE accounts SET held = held + (
  SELECT count(*) FROM deliveries d INDEXED BY ix_deliveries_sending WHERE d.account_id = accounts.id AND {_KNOCKING})
WHERE id IN (SELECT account_id FROM deliveries INDEXED BY ix_deliveries_sending WHERE {_KNOCKING})""",
    f"UPDATE deliveries SET state = 'held', reason = 'knocked', settled_at = :now WHERE {_KNOCKING}",
    "UPDATE deliveries SET state = 'uncertain', reason = 'no_answer', settled_at = :now WHERE state = 'sending'",
)


def left(driver: sqlite3.Connection, now: int) -> int:
    """What was being sent when the last run ended is not sent again: how many of them nobody knows about."""
    return [driver.execute(statement, {"now": now} if ":now" in statement else {}).rowcount for statement in _LEFT][-1]


_DOUBTS = """
SELECT d.id, d.announcement, a.external_id, a.language, d.way, d.due_at, d.provider_id,
  EXISTS (SELECT 1 FROM spared_pictures h WHERE h.account_id = a.id AND h.what = d.announcement) FROM deliveries d
JOIN accounts a ON a.id = d.account_id
WHERE d.announcement IN (SELECT number FROM announcements WHERE started_at > :since) AND d.channel = 'whatsapp'
  AND d.state = 'uncertain' AND d.reason = 'no_answer' AND d.settled_at > :since
LIMIT :limit
"""


def doubts(connection: sqlite3.Connection, since: int, limit: int) -> list[Doubt]:
    """Deliveries on WhatsApp that have become uncertain since then, and of which Twilio has not been asked."""
    return [Doubt(*row) for row in connection.execute(_DOUBTS, {"since": since, "limit": limit})]


_RESOLVED = "UPDATE deliveries SET state = ?, reason = ?, provider_id = ? WHERE id = ? AND state = 'uncertain'"


async def resolved(tx: Tx, doubt: Doubt, state: str, reason: str, ids: str) -> None:
    """What Twilio knows of one: it is asked no second time."""
    tx.later(lambda driver: driver.execute(_RESOLVED, (state, reason, ids, doubt.id)))
    tx.wake()


# What is dropped

Place = tuple[str, int]
"""Up to where one has got: account and id."""
FIRST: Final[Place] = ("", 0)

_DROP = """
UPDATE deliveries SET state = 'dropped', reason = ?, settled_at = ? WHERE id IN (
  SELECT id FROM deliveries WHERE announcement = ? AND state = 'waiting' LIMIT ?)
"""
_HOLDING = """
SELECT id, account_id, announcement FROM deliveries INDEXED BY ix_deliveries_held
WHERE state = 'held' AND (account_id, id) > (?, ?) ORDER BY account_id, id LIMIT ?
"""
_DROP_HELD = "UPDATE deliveries SET state = 'dropped', reason = ?, settled_at = ? WHERE id = ?"
_NOT_HELD = "UPDATE accounts SET held = max(0, held - 1) WHERE id = ?"


def drop(driver: sqlite3.Connection, number: str, reason: str, now: int, limit: int) -> bool:
    """Drop so many of what waits; whether that was all."""
    return driver.execute(_DROP, (reason, now, number, limit)).rowcount < limit


def drop_held(driver: sqlite3.Connection, number: str, reason: str, now: int, limit: int, after: Place) -> Place | None:
    """Drop what is held of one announcement among so many that are held; where to go on, None at the end."""
    found = driver.execute(_HOLDING, (*after, limit)).fetchall()
    mine = [(id, account) for id, account, of in found if of == number]
    deliveries.many(driver, (_DROP_HELD, [(reason, now, id) for id, _ in mine]))
    deliveries.many(driver, (_NOT_HELD, [(account,) for _, account in mine]))
    return (found[-1][1], found[-1][0]) if len(found) == limit else None


NO_CHANNEL: Final = "no_channel"
_WAITING = """
WITH RECURSIVE one(number) AS (
  SELECT min(announcement) FROM deliveries WHERE state = 'waiting'
  UNION ALL
  SELECT (SELECT min(d.announcement) FROM deliveries d WHERE d.state = 'waiting' AND d.announcement > one.number)
  FROM one WHERE one.number IS NOT NULL)
SELECT number FROM one WHERE number IS NOT NULL
"""
_END = f"""
UPDATE deliveries SET state = 'failed', reason = '{NO_CHANNEL}', settled_at = ? WHERE id IN (
  SELECT id FROM deliveries WHERE announcement = ? AND channel = ? AND state = 'waiting' LIMIT ?)
"""


def end(driver: sqlite3.Connection, channel: str, now: int, limit: int) -> bool:
    """Give up so many of what waits for a channel that there is not any more; whether that was all."""
    left = limit
    for (number,) in driver.execute(_WAITING).fetchall():
        left -= driver.execute(_END, (now, number, channel, left)).rowcount
        if left <= 0:
            return False
    return True


_TO_DROP = """
SELECT number, CASE WHEN state = 'cancelled' THEN 'cancelled' ELSE 'over' END FROM announcements a
WHERE (state = 'cancelled' OR ends_at <= :now) AND (
  EXISTS (SELECT 1 FROM deliveries d WHERE d.announcement = a.number AND d.state = 'waiting')
  OR (coalesce(ended_at, ends_at) >= :since OR ends_at >= :since)
     AND number IN (SELECT announcement FROM deliveries INDEXED BY ix_deliveries_held WHERE state = 'held'))
"""


def to_drop(driver: sqlite3.Connection, since: int, now: int) -> list[tuple[str, str]]:
    """(number, reason) of announcements that were cancelled, or whose promo has ended, and still have something to go.

    since: what is held is looked for only where that has happened since then.
    """
    found = driver.execute(_TO_DROP, {"since": since, "now": now}).fetchall()
    return [(number, reason) for number, reason in found]


_FINISHED = """
SELECT number FROM announcements a
WHERE a.state IN ('draft', 'waiting', 'scheduled', 'sending', 'paused') AND a.state = 'sending' AND a.planned
AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.announcement = a.number AND d.state = 'waiting')
AND NOT EXISTS (SELECT 1 FROM deliveries d INDEXED BY ix_deliveries_sending
                WHERE d.announcement = a.number AND d.state = 'sending')
"""


def finished(driver: sqlite3.Connection) -> list[str]:
    """Announcements that go out and have nothing left to be sent; what is held is held until somebody writes."""
    return [row[0] for row in driver.execute(_FINISHED)]


_NEXT_END = "SELECT min(ends_at) FROM announcements WHERE ends_at > ? AND state <> 'cancelled'"


def next_end(driver: sqlite3.Connection, now: int) -> int | None:
    """When the next promo ends."""
    found: int | None = driver.execute(_NEXT_END, (now,)).fetchone()[0]
    return found


_UNASKED = f"""
SELECT account_id, max(settled_at) AS at FROM (
  SELECT account_id, settled_at FROM deliveries
  WHERE way IN ('template', 'knock') AND settled_at > :since AND state IN ('sent', 'held', 'uncertain', 'dropped')
  UNION ALL
  SELECT account_id, settled_at FROM outbox
  WHERE template = '{KNOCK_OWN_CASE}' AND settled_at > :since AND state IN ('sent', 'uncertain')
    AND delivery <> 'failed')
GROUP BY account_id ORDER BY at
"""


def unasked(driver: sqlite3.Connection, since: int) -> list[tuple[str, int]]:
    """Accounts that were written to outside their window since then, and when last; the first ones first."""
    return [(account, at) for account, at in driver.execute(_UNASKED, {"since": since})]


_FORGOTTEN = """
SELECT id, account_id FROM deliveries INDEXED BY ix_deliveries_held WHERE state = 'held' AND due_at < ? LIMIT ?
"""
_FORGET = "UPDATE deliveries SET state = 'dropped', reason = 'over', settled_at = ? WHERE id = ? AND state = 'held'"


def forgotten(connection: sqlite3.Connection, now: int, limit: int) -> list[tuple[int, str]]:
    """What was held for so long that it is of no use any more: (id, account). Walks through all that is held."""
    return [(id, account) for id, account in connection.execute(_FORGOTTEN, (now - FORGET_MS, limit))]


def forget(driver: sqlite3.Connection, some: Iterable[tuple[int, str]], now: int) -> None:
    """Give these up, as far as they are still held: what else is held for somebody goes when they write."""
    for id, account in some:
        if driver.execute(_FORGET, (now, id)).rowcount:
            driver.execute(_NOT_HELD, (account,))
