"""What became of announcements' messages, as providers tell afterwards: arrived, read, or not and why.

A failure ends a delivery, sends it another way, or lets it try again later (platform.md 2.7). What is told twice or out
of order is put right by statuses.py, which asks here about messages that the outbox does not know.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from bot import formats
from bot.channels import Blocked, Throttled, Unfit, Unreachable, WindowClosed
from bot.channels.parts import MISSING
from bot.channels.twilio_errors import TIER, meaning, why
from bot.messages import Status
from bot.records import deliveries, reach, unreachable
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
SELECT j.value, d.id, d.account_id, d.channel, d.state, d.way, d.delivery, d.attempts, d.provider_id, d.due_at,
  a.last_inbound_at
FROM json_each(?) j CROSS JOIN deliveries d ON d.provider_id >= j.value AND d.provider_id < j.value || '!'
CROSS JOIN accounts a ON a.id = d.account_id
WHERE d.provider_id <> ''
"""
WHOSE = """a.id IN (
  SELECT id FROM accounts WHERE channel = 'whatsapp' AND external_id = json_extract(j.value, '$[1]')
  UNION SELECT id FROM accounts WHERE phone = json_extract(j.value, '$[1]') AND phone <> '')"""
"""The account at an address of WhatsApp's, in `j`: [id of a message, address]."""
# A later part, which no index finds: by whom it went to, among what went out lately.
_FIND_PART = f"""
SELECT json_extract(j.value, '$[0]'), d.id, d.account_id, d.channel, d.state, d.way, d.delivery, d.attempts,
  d.provider_id, d.due_at, a.last_inbound_at
FROM json_each(:told) j
CROSS JOIN accounts a ON {WHOSE}
CROSS JOIN announcements n ON n.started_at > :since
CROSS JOIN deliveries d ON d.announcement = n.number AND d.account_id = a.id
WHERE instr(d.provider_id, ' ' || json_extract(j.value, '$[0]')) > 0 AND d.state <> 'sending'
"""
LATELY_MS = 48 * HOUR_MS
_TOLD = "UPDATE deliveries SET delivery = ? WHERE id = ? AND state <> 'held'"
# Beside parts that have arrived the one that has not is marked: it alone may go again, where staff say so.
_FAILED = """
UPDATE deliveries SET state = 'failed', delivery = 'failed', reason = ?, settled_at = ?, provider_id = ? WHERE id = ?
"""
_AGAIN = """
UPDATE deliveries SET state = 'waiting', way = '', reason = ?, delivery = '', provider_id = ?, due_at = ?,
  attempts = attempts + 1
WHERE id = ?
"""
_GAP = "UPDATE deliveries SET provider_id = ? WHERE id = ? AND state NOT IN ('sending', 'sent')"
ENDED = ("failed", "skipped", "dropped")
_HOLD = f"""
UPDATE deliveries SET state = CASE WHEN {deliveries.PAST} IS NOT NULL THEN 'dropped' ELSE 'held' END, way = '',
  reason = coalesce({deliveries.PAST}, '{deliveries.WINDOW}'), delivery = '', provider_id = :known, due_at = :now
WHERE id = :id
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
    ids: str
    due_at: int
    wrote_at: int

    def without(self, failed: Collection[str]) -> str:
        """The ids of its parts without those that did not arrive; empty where nothing did."""
        left = [MISSING if one in failed else one for one in self.ids.split()]
        return " ".join(left) if any(one != MISSING for one in left) else ""

    def asked(self, now: int) -> bool:
        """Whether the person has written since it was about to go in a template, or a knock for it."""
        return self.way in ("template", "knock") and self.wrote_at > max(self.due_at, now - deliveries.DAY_MS)


def _nothing() -> None:
    pass


async def settle(
    tx: Tx, told: Mapping[str, Status], rank: Callable[[str], int], full: Callable[[], None] = _nothing
) -> set[str]:
    """Note what was told of these messages (by their ids); the ids that are deliveries'.

    full: called once it is committed that WhatsApp lets us write first to nobody else for now.
    """
    found, parts = await tx.driver(lambda driver: _find(driver, told, tx.now))
    failed = {sid for sid, status in told.items() if status.state in ("failed", "undelivered")}
    work = _Work(tx.now, failed)
    for one in found:
        status = told[one.sid]
        state = "failed" if status.state == "undelivered" else status.state
        # Another part may have failed before.
        news = rank(state) > rank(one.delivery) or (state == "failed" and MISSING in one.ids.split())
        if news and one.state in ("sent", "uncertain", "held"):
            if state == "failed":
                await _failed(tx, work, one, status.error)
            else:
                work.told(state, one)
                # What is only `sent` may still turn out not to arrive.
                if state in ("delivered", "read"):
                    work.add(reach.ARRIVED, one.account)
        elif news and state == "failed" and one.state in ("waiting", *ENDED):
            # The rest has not gone out.
            work.add(_GAP, one.without(failed), one.id)
    for one in parts:
        if one.sid in failed:
            await _part_failed(tx, work, one, told[one.sid].error)
        elif one.state == "sent" and rank(told[one.sid].state) > rank(one.delivery):
            work.told(told[one.sid].state, one)
    if work.failures and (turning := await reach.turning(tx, work.failures)):
        await unreachable.announce(tx, turning)
    if work.rows or work.failures:
        tx.later(work.run)
    if work.full:
        tx.after.append(full)
    return {one.sid for one in (*found, *parts)}


def _find(driver: sqlite3.Connection, told: Mapping[str, Status], now: int) -> tuple[list[_Sent], list[_Sent]]:
    """Deliveries by the ids of their first parts, and where that is not known, by those of later ones."""
    ids = msgspec.json.encode(list(told)).decode()
    found = [_Sent(*row) for row in driver.execute(_FIND, (ids,))]
    known = {one.sid for one in found}
    left = [(id, status.sender) for id, status in told.items() if id not in known and status.sender]
    if not left:
        return found, []
    values = {"told": msgspec.json.encode(left).decode(), "since": now - LATELY_MS}
    return found, [_Sent(*row) for row in driver.execute(_FIND_PART, values)]


async def _part_failed(tx: Tx, work: _Work, one: _Sent, error: str) -> None:
    """A later part did not arrive: it goes alone, with the first where that has not either."""
    if one.id in work.done:
        return
    fault, wait = meaning(error), _wait(one, error)
    if one.state != "sent":
        work.add(_GAP, one.without(work.failed), one.id)
    elif fault is WindowClosed:
        # Who has a part gets the rest when they write.
        work.again(tx, one, deliveries.WINDOW, 0)
    elif fault is Blocked:
        await _gone(tx, work, one, error)
    elif wait is not None:
        work.again(tx, one, "", wait)
    else:
        work.ended(one, "provider")


async def _gone(tx: Tx, work: _Work, one: _Sent, error: str) -> None:
    """The person does not want to hear from us, or is not there."""
    work.ended(one, why(error))
    if why(error) == "stopped":
        await reach.opted_out(tx, one.account, one.channel)
    else:
        work.add(reach.GONE, why(error), formats.utc_day(tx.now), one.account)


def _wait(one: _Sent, error: str) -> int | None:
    """After how long what did not arrive may go again; None where it may not."""
    fault = meaning(error)
    if fault is Throttled:
        return HOUR_MS if error == str(TIER) and one.way != "free" else SLOWER_MS
    waits = NOT_CHOSEN_MS if error == str(NOT_CHOSEN) else LATER_MS if fault is Unreachable else ()
    return waits[one.attempts] if one.attempts < len(waits) else None


async def _failed(tx: Tx, work: _Work, one: _Sent, error: str) -> None:
    """What a failure means for a delivery."""
    fault = meaning(error)
    log.info("outcomes.failed", delivery=one.id, way=one.way, error=error)
    if fault is Blocked:
        if one.state == "held":
            work.add(_NOT_HELD, one.account)
        await _gone(tx, work, one, error)
    elif one.asked(tx.now):
        work.again(tx, one, deliveries.ASKED, 0)
        if one.state == "held":
            work.add(_NOT_HELD, one.account)
    elif fault in (WindowClosed, Unfit) and one.way == "free":
        work.again(tx, one, deliveries.WINDOW, 0)
    elif fault in (WindowClosed, Unfit) or one.state == "held":
        # The template or the knock is not taken: it can only wait until the person writes.
        work.name(_HOLD, now=tx.now, id=one.id, known=one.without(work.failed))
        if one.state == "held":
            work.add(_NOT_HELD, one.account)
        work.last(deliveries.KEPT, id=one.id)
    else:
        work.full = work.full or (fault is Throttled and error == str(TIER) and one.way != "free")
        if fault is not Throttled and error != str(NOT_CHOSEN):
            work.failures.append(one.account)
        wait = _wait(one, error)
        if wait is None or one.state == "uncertain":
            # Of what is uncertain the rest may have arrived.
            work.ended(one, "provider")
        else:
            work.again(tx, one, "", wait)


class _Work:
    """Statements to run in one go."""

    def __init__(self, now: int, failed: Collection[str]) -> None:
        self.now = now
        self.failed = failed
        """Messages that did not arrive."""
        self.done: set[int] = set()
        """Deliveries that a failure has changed; all that failed of them was looked at then."""
        self._arrived: set[int] = set()
        self.rows: dict[str, list[Any]] = {}
        self.behind: dict[str, list[Any]] = {}
        self.failures: list[str] = []
        self.full = False

    def add(self, statement: str, *values: Any) -> None:
        self.rows.setdefault(statement, []).append(values)

    def name(self, statement: str, **values: Any) -> None:
        self.rows.setdefault(statement, []).append(values)

    def last(self, statement: str, **values: Any) -> None:
        """Behind all others, for it looks at what they have done."""
        self.behind.setdefault(statement, []).append(values)

    def told(self, state: str, one: _Sent) -> None:
        """It has arrived, or been read; of several parts the first of which that is told counts."""
        if one.id not in self._arrived:
            self._arrived.add(one.id)
            self.add(_TOLD, state, one.id)

    def again(self, tx: Tx, one: _Sent, reason: str, after: int) -> None:
        """What did not arrive of it waits once more."""
        self.add(_AGAIN, reason, one.without(self.failed), tx.now + after, one.id)
        self.done.add(one.id)
        tx.wake()

    def ended(self, one: _Sent, reason: str) -> None:
        """What did not arrive of it is given up."""
        self.add(_FAILED, reason, self.now, one.without(self.failed) or one.sid, one.id)
        self.done.add(one.id)

    def run(self, driver: sqlite3.Connection) -> None:
        deliveries.many(driver, *self.rows.items(), *self.behind.items())
        reach.failed(driver, self.failures, self.now)
