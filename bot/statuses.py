"""What providers tell afterwards of messages we sent, and of our right to write to somebody.

States come late, twice and out of order; a rank puts them right (platform.md 2.3). Sends nothing and retries nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select, text, update

from bot.messages import Status
from bot.schema import accounts, outbox
from bot.store import Store, Tx

RANK: Mapping[str, int] = {"": 0, "queued": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5}
"""A later state has a higher rank; what failed has failed."""

PAUSES = (0.05, 0.2, 0.75, 2.0)
"""Seconds: a status may come before the answer that told us the message's id is stored."""

REACHABLE = {"blocked": "blocked", "unblocked": "ok"}

DAY_MS = 86_400_000

_SENT = text("outbox.provider_id <> ''")
"""Written out, so that the partial index is used."""


async def take(store: Store, told: Sequence[Status]) -> int:
    """Note what was told, and return once it is committed; how many were about messages that nobody here knows.

    Those that we do not know yet are tried again for three seconds. Raises Unavailable.
    """
    left = await store.run(lambda tx: settle(tx, told))
    for pause in PAUSES:
        if not left:
            break
        await asyncio.sleep(pause)
        left = await store.run(lambda tx, some=left, last=pause == PAUSES[-1]: settle(tx, some, parts=last))  # type: ignore[misc]
    return len(left)


async def settle(tx: Tx, told: Sequence[Status], *, parts: bool = False) -> list[Status]:
    """Note what was told; those about messages that are not known are returned.

    parts: look also among the later parts of messages that were split, which no index finds.
    """
    unknown = []
    for status in told:
        if status.state in REACHABLE:
            await _reach(tx, status)
        elif not await _deliver(tx, status, parts):
            unknown.append(status)
    return unknown


async def _reach(tx: Tx, status: Status) -> None:
    here = (accounts.c.channel == status.channel) & (accounts.c.external_id == status.sender)
    await tx.execute(update(accounts).where(here).values(reachable=REACHABLE[status.state]))


async def _deliver(tx: Tx, status: Status, parts: bool) -> bool:
    found = await _find(tx, status.provider_id, parts)
    if found is None:
        return False
    state = "failed" if status.state == "undelivered" else status.state
    if RANK[state] > RANK.get(found.delivery, 0):
        values: dict[str, Any] = {"delivery": state}
        if state == "failed":
            values["reason"] = status.error
        await tx.execute(update(outbox).where(outbox.c.id == found.id).values(values))
    return True


async def _find(tx: Tx, id: str, parts: bool) -> Row[Any] | None:
    if not id:
        return None
    columns = select(outbox.c.id, outbox.c.delivery)
    # Ids of parts are separated by spaces, and `!` is what comes after a space: this finds the id of a first part.
    first = columns.where(_SENT, outbox.c.provider_id >= id, outbox.c.provider_id < id + "!")
    found = (await tx.execute(first)).first()
    if found is None and parts:
        recent = outbox.c.id > (tx.now - DAY_MS) * 1000
        later = columns.where(recent, outbox.c.provider_id.contains(f" {id}", autoescape=True))
        found = (await tx.execute(later)).first()
    return found
