"""Messages that cannot be taken yet, as rows: one whose file has to be fetched, and what its sender writes meanwhile.

They are taken in once more (fetching.py), in their order; the row goes with that turn. Fetches nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import delete, insert

from bot.messages import Fetched, Incoming
from bot.schema import incoming_media
from bot.store import Tx

MOST_ATTEMPTS = 3
"""Starts of the bot that try one file: a file that ends the process must not end it for ever."""

_LOOK = "SELECT id, account_id, message, wants, holds, attempts FROM incoming_media ORDER BY id"


@dataclass(frozen=True, slots=True)
class PutOff:
    """One message that waits."""

    id: int
    account: str
    message: Incoming
    wants: str
    holds: bool
    attempts: int

    def again(self, fetched: Fetched) -> Incoming:
        """The message, to be taken in once more: what came between has its answer already."""
        return replace(self.message, key=f"{self.message.key}~{self.id}", late=True, fetched=fetched)


async def put(tx: Tx, account: str, message: Incoming, wants: str = "") -> None:
    """Put a message off: until its file is here (`wants`: which kinds will do), else until what was before it is taken.

    It is dated by our clock from now on: whether it was written before a question is seen by comparing the two.
    """
    kept = replace(message, at=tx.now, fetched=None, callback="", text="" if wants else message.text)
    row = {
        "account_id": account,
        "message": msgspec.json.encode(kept).decode(),
        "wants": wants,
        "created_at": tx.now,
    }
    await tx.execute(insert(incoming_media), row)
    tx.wake()


async def taken(tx: Tx, messages: Sequence[Incoming]) -> None:
    """These are being taken in, some of them once more."""
    rows = [message.fetched.row for message in messages if message.fetched is not None]
    if rows:
        await tx.execute(delete(incoming_media).where(incoming_media.c.id.in_(rows)))


def waiting(driver: sqlite3.Connection) -> list[PutOff]:
    """All of them, the oldest first."""
    return [
        PutOff(id, account, msgspec.json.decode(message, type=Incoming), wants, bool(holds), attempts)
        for id, account, message, wants, holds, attempts in driver.execute(_LOOK)
    ]


async def try_it(tx: Tx, id: int) -> None:
    """Count a try before it is made."""
    await tx.driver(
        lambda driver: driver.execute("UPDATE incoming_media SET attempts = attempts + 1 WHERE id = ?", (id,)).close()
    )


async def wait_no_longer(tx: Tx, id: int) -> None:
    """Later messages do not wait for this one any more."""
    await tx.driver(lambda driver: driver.execute("UPDATE incoming_media SET holds = 0 WHERE id = ?", (id,)).close())
