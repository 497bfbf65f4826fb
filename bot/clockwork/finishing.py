"""Announcements come to their end: what was cancelled is dropped, what a promo has outlived, and what is sent is done.

What nobody has asked for in a month is given up, and what staff let go once more waits again. In chunks, and looked for
beside the writer: however many people one is for, nobody else waits for it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Collection

import structlog

from bot import waking
from bot.log import place
from bot.records import announcements, remains, second_tries
from bot.store import Store, Tx, Unavailable

log = structlog.get_logger(__name__)

CHUNK = 1000
"""Deliveries that are dropped, or let go once more, in one transaction."""
OLD = 50_000
"""What has been held for too long, or was left out and may go after all, that is looked for at once."""
DAY_MS = 86_400_000
OVERLAP_MS = 5_000
"""Looked at again each time: what was being committed during the last look has an earlier time than that."""
FAULT_SECONDS = 5.0


class Finishing:
    """Looks whenever it is woken, and when a promo ends."""

    def __init__(self, store: Store, absent: Collection[str] = ()) -> None:
        """`absent`: channels that there are not, or not any more."""
        self.store = store
        self.absent = tuple(absent)
        self.wake = asyncio.Event()
        self._working = False
        self._since = 0
        self._forgets_at = 0
        store.listeners.append(self.wake.set)

    @property
    def busy(self) -> bool:
        """Whether something is being looked for or dropped."""
        return self._working or self.wake.is_set()

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            self._working = True
            self.wake.clear()
            try:
                wait = await self.once()
            except Unavailable:
                wait = 1.0
            except Exception as fault:
                log.error("finishing.fault", fault=place(fault))
                wait = FAULT_SECONDS
            self._working = False
            await waking.sleep(self.wake, wait)

    async def once(self) -> float:
        """Drop and finish what there is; seconds until the next promo ends. Raises Unavailable."""
        since, now = self._since - OVERLAP_MS, self.store.clock()

        async def finish(tx: Tx) -> None:
            for number in await tx.driver(remains.finished):
                await announcements.finish(tx, number)

        def look(connection: sqlite3.Connection) -> tuple[list[tuple[str, str]], int | None]:
            return remains.to_drop(connection, since, now), remains.next_end(connection, now)

        for channel in self.absent:
            await self._end(channel)
        for number in await self.store.read(second_tries.asked):
            await self._let_go(number)
        await self.store.run(finish)
        dropped, next_end = await self.store.read(look)
        for number, reason in dropped:
            await self._drop(number, reason)
            self.wake.set()
        self._since = now
        await self._forget(now)
        return 3600.0 if next_end is None else max(0.0, (next_end - self.store.clock()) / 1000)

    async def _forget(self, now: int) -> None:
        """Once a day: give up what nobody has asked for in a month."""
        if now < self._forgets_at:
            return
        while old := await self.store.read(lambda db: remains.forgotten(db, now, OLD)):
            for at in range(0, len(old), CHUNK):
                some = old[at : at + CHUNK]
                await self.store.run(lambda tx, some=some: tx.driver(lambda db: remains.forget(db, some, tx.now)))  # type: ignore[misc]
        self._forgets_at = now + DAY_MS

    async def _end(self, channel: str) -> None:
        """What waits for a channel that was taken out of the settings would wait for ever."""

        async def some(tx: Tx) -> bool:
            return await tx.driver(lambda driver: remains.end(driver, channel, tx.now, CHUNK))

        while not await self.store.run(some):
            pass

    async def _let_go(self, number: str) -> None:
        while ids := await self.store.read(lambda db: second_tries.to_let_go(db, number, OLD)):
            gone = 0
            for at in range(0, len(ids), CHUNK):
                gone += await self.store.run(lambda tx, some=ids[at : at + CHUNK]: second_tries.these(tx, number, some))  # type: ignore[misc]
            if not gone:
                break
        while not await self.store.run(lambda tx: second_tries.some(tx, number, CHUNK)):
            pass

    async def _drop(self, number: str, reason: str) -> None:
        whole, at = False, remains.FIRST

        async def waiting(tx: Tx) -> bool:
            return await tx.driver(lambda driver: remains.drop(driver, number, reason, tx.now, CHUNK))

        async def held(tx: Tx) -> remains.Place | None:
            return await tx.driver(lambda driver: remains.drop_held(driver, number, reason, tx.now, CHUNK, at))

        while not whole:
            whole = await self.store.run(waiting)
        while (further := await self.store.run(held)) is not None:
            at = further
