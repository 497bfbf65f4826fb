"""The knock: one approved template that tells somebody on WhatsApp that news of their own case waits for an answer.

A row of the outbox like any other, made in the transaction that holds the news: one for all that is held, and no other
before the person has written or a week is over. What may have gone goes no second time. Which news is held is
claiming.py's, what becomes of a message statuses.py's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select, update

from bot.contents import KNOCK_OWN_CASE
from bot.messages import Lane
from bot.schema import outbox
from bot.store import Store, Tx

LANE: Final[Lane] = "announcement"
"""Of what is never repeated where nobody knows whether it has arrived: each one costs."""
AGAIN_MS: Final = 7 * 86_400_000
"""So long nobody is told once more that something waits, whatever else comes to be held."""
CHUNK: Final = 500
BODY: Final = '{"knock":true}'

_NEWS = """
h.state = 'held' AND h.lane = 'notice' AND (h.good_until IS NULL OR h.good_until > :now)
  AND json_type(h.body, '$.text') IS NULL AND h.template NOT IN ('lesson', 'series.all_sent')"""
"""What one knocks for. What is in words already is a question again, or a reminder of one; a lesson waits, for a knock
for it would be advertising (lessons_due.py)."""
_MAY = f"""
a.channel = 'whatsapp'
  AND EXISTS (SELECT 1 FROM contents c
    WHERE c.key = '{KNOCK_OWN_CASE}' AND c.shape = 'text' AND c.status = 'approved' AND c.category <> 'MARKETING')"""
"""Where Meta has made advertising of it, it is not for who has only asked about their own case."""
_SINCE = f"""
NOT EXISTS (SELECT 1 FROM outbox k WHERE k.account_id = a.id AND k.template = '{KNOCK_OWN_CASE}'
  AND k.created_at > max(a.last_inbound_at, :since))"""
_ARISE = f"""
INSERT INTO outbox (id, account_id, lane, state, body, template, due_at, created_at)
SELECT :id, a.id, '{LANE}', 'waiting', '{BODY}', '{KNOCK_OWN_CASE}', :now, :now FROM accounts a
WHERE a.id = :account AND {_MAY} AND {_SINCE}
  AND EXISTS (SELECT 1 FROM outbox h WHERE h.account_id = a.id AND {_NEWS})
"""
_UNTOLD = f"""
SELECT a.id FROM accounts a WHERE a.id > :after AND {_MAY} AND {_SINCE}
  AND a.id IN (SELECT h.account_id FROM outbox h INDEXED BY ix_outbox_held WHERE {_NEWS})
ORDER BY a.id LIMIT {CHUNK}
"""
_WANTED = f"SELECT 1 FROM outbox h WHERE h.account_id = :account AND {_NEWS} LIMIT 1"


def arise(tx: Tx, account: str) -> None:
    """Something is held for this account: they are told so once, if it is news and there is a template for it."""
    values = {"id": tx.new_id(), "account": account, "now": tx.now, "since": tx.now - AGAIN_MS}

    def work(driver: sqlite3.Connection) -> None:
        if driver.execute(_ARISE, values).rowcount:
            tx.wake()

    tx.later(work)


async def catch_up(store: Store) -> None:
    """Knock for what has been held since before there was a template; nothing where there is none."""

    async def work(tx: Tx, after: str) -> str:
        values = {"now": tx.now, "since": 0, "after": after}
        found = await tx.driver(lambda driver: driver.execute(_UNTOLD, values).fetchall())
        for (account,) in found:
            arise(tx, account)
        return str(found[-1][0]) if len(found) == CHUNK else ""

    after = await store.run(lambda tx: work(tx, ""))
    while after:
        after = await store.run(lambda tx, at=after: work(tx, at))  # type: ignore[misc]


async def is_wanted(tx: Tx, row: Mapping[str, Any]) -> bool:
    """Whether what this row knocks for is still held: else the row goes, for they have written meanwhile."""
    values = {"account": row["account_id"], "now": tx.now}
    if await tx.driver(lambda driver: driver.execute(_WANTED, values).fetchone()) is not None:
        return True
    await drop(tx, row["id"])
    return False


async def drop(tx: Tx, id: int) -> None:
    """There is nothing to knock for, or nothing to knock with: as if it had never been."""
    await tx.execute(delete(outbox).where(outbox.c.id == id))


async def tries(tx: Tx, id: int) -> int | None:
    """How often the knock in this row was sent; None where it is none, or none any more."""
    mine = (outbox.c.id == id) & (outbox.c.template == KNOCK_OWN_CASE) & (outbox.c.state == "sent")
    found: int | None = await tx.value(select(outbox.c.attempts).where(mine))
    return found


async def again(tx: Tx, id: int, at: int) -> None:
    """It surely has not arrived: it goes once more then."""
    anew = {"state": "waiting", "body": BODY, "due_at": at, "provider_id": "", "delivery": "", "settled_at": None}
    await tx.execute(update(outbox).where(outbox.c.id == id).values(anew))
    tx.wake()


@dataclass(frozen=True, slots=True)
class Knocks:
    """What became of knocks: those that were delivered cost what their category costs."""

    sent: int
    delivered: int
    answered: int
    """Of these people so many have written since."""
    failed: int
    uncertain: int
    category: str
    """As which Meta charges the template now: UTILITY, or MARKETING where it has decided so."""


_COUNT = f"""
SELECT
  coalesce(sum(k.state = 'sent' AND k.delivery <> 'failed'), 0),
  coalesce(sum(k.delivery IN ('delivered', 'read')), 0),
  coalesce(sum(k.state = 'sent' AND k.delivery <> 'failed' AND a.last_inbound_at > k.settled_at), 0),
  coalesce(sum(k.state = 'failed' OR k.delivery = 'failed'), 0),
  coalesce(sum(k.state = 'uncertain'), 0),
  coalesce((SELECT group_concat(DISTINCT coalesce(nullif(c.category, ''), c.category_asked)) FROM contents c
            WHERE c.key = '{KNOCK_OWN_CASE}' AND c.latest), '')
FROM outbox k JOIN accounts a ON a.id = k.account_id
WHERE k.template = '{KNOCK_OWN_CASE}' AND k.settled_at > ?
"""


def count(connection: sqlite3.Connection, since: int) -> Knocks:
    """The knocks that were sent since then, UTC milliseconds."""
    return Knocks(*connection.execute(_COUNT, (since,)).fetchone())
