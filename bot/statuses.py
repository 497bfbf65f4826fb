"""What providers tell afterwards of messages we sent, and of our right to write to somebody.

States come late, twice and out of order; a rank puts them right (platform.md 2.3). With the first one the text of a
message is blanked, unless it goes once more: the window was closed, and it is held until the person writes; its buttons
were not taken, and it goes as numbered lines; or its picture could not be fetched from us. Sends nothing.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence

import structlog
from msgspec.json import encode
from sqlalchemy import update

from bot import formats, knocking, outcomes
from bot.channels import Blocked, Throttled, Unfit, Unreachable, WindowClosed
from bot.channels.twilio_errors import TIER, UNFETCHED, meaning
from bot.messages import Status
from bot.queued import as_lines, once_again, take_back
from bot.schema import accounts
from bot.store import Store, Tx

log = structlog.get_logger(__name__)

RANK: Mapping[str, int] = {"": 0, "queued": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5}
"""A later state has a higher rank; what failed has failed."""

PAUSES = (0.05, 0.2, 0.75, 2.0)
"""Seconds: a status may come before the answer that told us the message's id is stored."""

REACHABLE = {"blocked": "blocked", "unblocked": "ok"}

# Ids of parts are separated by spaces, and `!` is what comes after a space: this finds the id of a first part.
_FIND = """
SELECT j.value, o.id, o.account_id, o.delivery FROM json_each(?) j
JOIN outbox o ON o.provider_id >= j.value AND o.provider_id < j.value || '!'
WHERE o.provider_id <> ''
"""
# A later part is looked for among what was split for the one it went to.
_FIND_PARTS = f"""
SELECT json_extract(j.value, '$[0]') AS sid, o.id, o.account_id, o.delivery FROM json_each(?) j
CROSS JOIN accounts a ON {outcomes.WHOSE}
CROSS JOIN outbox o INDEXED BY ix_outbox_parts ON o.account_id = a.id
WHERE instr(o.provider_id, ' ') > 0 AND instr(o.provider_id, ' ' || sid) > 0
"""
_DELIVER = """
UPDATE outbox SET delivery = ?, reason = CASE WHEN ? = '' THEN reason ELSE ? END,
  body = CASE WHEN state = 'sent' THEN NULL ELSE body END
WHERE id = ?
"""
_GONE = """
UPDATE accounts SET failed_on = CASE reachable WHEN 'ok' THEN ? ELSE failed_on END, reachable = 'blocked' WHERE id = ?
"""

Found = tuple[str, int, str, str]
"""Id at the provider; id, account and delivery of the row."""


async def take(store: Store, told: Sequence[Status], full: Callable[[], None] = lambda: None) -> int:
    """Note what was told, and return once it is committed; how many were about messages that nobody here knows.

    Those that we do not know yet are tried again for three seconds. full: called where WhatsApp says that today we may
    write first to nobody else. Raises Unavailable.
    """
    # That Twilio has queued a message is what its own answer said.
    news = [status for status in told if status.state != "queued"]
    left = await store.run(lambda tx: settle(tx, news, full)) if news else []
    for pause in PAUSES:
        if not left:
            break
        await asyncio.sleep(pause)
        left = await store.run(lambda tx, some=left: settle(tx, some, full))  # type: ignore[misc]
    return len(left)


async def settle(tx: Tx, told: Sequence[Status], full: Callable[[], None] = lambda: None) -> list[Status]:
    """Note what was told; those about messages that are not known are returned."""
    best: dict[str, Status] = {}
    for status in told:
        if status.state in REACHABLE:
            await _reach(tx, status)
        elif status.provider_id and (_rank(status) > _rank(best.get(status.provider_id))):
            best[status.provider_id] = status
    if not best:
        return []
    found = await tx.driver(lambda driver: _find(driver, best))
    if len(found) < len(best):
        elsewhere = {row[0] for row in found}
        others = {id: status for id, status in best.items() if id not in elsewhere}
        for id in await outcomes.settle(tx, others, lambda state: RANK.get(state, 0), full):
            del best[id]
    later = [(best[id], row, account) for id, row, account, before in found if _rank(best[id]) > RANK.get(before, 0)]
    if any(status.error for status, _, _ in later):
        later = [one for one in later if not await _once_more(tx, one[0], one[1], full)]
    if later:
        await tx.driver(lambda driver: _deliver(driver, later, tx.now))
    known = {row[0] for row in found}
    return [status for id, status in best.items() if id not in known]


async def _once_more(tx: Tx, status: Status, row: int, full: Callable[[], None]) -> bool:
    """Keep a message for when the person writes, or let it go again, as it was or as numbered lines; else False."""
    if _state(status) != "failed":
        return False
    if (tries := await knocking.tries(tx, row)) is not None:
        return await _knock_again(tx, status.error, row, tries, full)
    if status.error == UNFETCHED:
        return await once_again(tx, row)
    fault = meaning(status.error)
    if fault is WindowClosed:
        return await take_back(tx, row)
    if fault is Unfit and await as_lines(tx, row):
        log.warning("whatsapp.as_lines", row=row, error=status.error)
        return True
    return False


async def _knock_again(tx: Tx, error: str, row: int, tries: int, full: Callable[[], None]) -> bool:
    """Let a knock go once more, later; else it has failed, and what it told of is held all the same."""
    fault, later = meaning(error), (0, *outcomes.LATER_MS)
    log.info("statuses.knock", row=row, error=error)
    if fault is Throttled:
        wait = outcomes.HOUR_MS if error == str(TIER) else outcomes.SLOWER_MS
        tx.after += [full] if error == str(TIER) else []
    elif fault is Unreachable and tries < len(later):
        wait = later[tries]
    else:
        return False
    await knocking.again(tx, row, tx.now + wait)
    return True


def _rank(status: Status | None) -> int:
    return RANK[_state(status)] if status is not None else -1


def _state(status: Status) -> str:
    return "failed" if status.state == "undelivered" else status.state


async def _reach(tx: Tx, status: Status) -> None:
    here = (accounts.c.channel == status.channel) & (accounts.c.external_id == status.sender)
    known = {"reachable": REACHABLE[status.state]}
    if status.state == "blocked":
        known["failed_on"] = formats.utc_day(tx.now)
    await tx.execute(update(accounts).where(here).values(known))


def _find(driver: sqlite3.Connection, told: Mapping[str, Status]) -> list[Found]:
    found = driver.execute(_FIND, (encode(list(told)).decode(),)).fetchall()
    known = {row[0] for row in found}
    if rest := [(id, status.sender) for id, status in told.items() if id not in known]:
        found += driver.execute(_FIND_PARTS, (encode(rest).decode(),)).fetchall()
    return found


def _deliver(driver: sqlite3.Connection, later: Sequence[tuple[Status, int, str]], now: int) -> None:
    rows = [(_state(status), status.error, status.error, row) for status, row, _ in later]
    driver.executemany(_DELIVER, rows).close()
    gone = [
        (formats.utc_day(now), account)
        for status, _, account in later
        if _state(status) == "failed" and meaning(status.error) is Blocked
    ]
    if gone:
        driver.executemany(_GONE, gone).close()
