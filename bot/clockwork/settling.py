"""Statements about single deliveries, written in groups: a transaction for each would cost more than sending."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.log import place
from bot.records import deliveries
from bot.store import Store, Tx, Unavailable

log = structlog.get_logger(__name__)

LINGER = 0.1
"""Seconds that a receipt waits for others, or for a transaction that takes it along."""
FAULT_SECONDS = 5.0

Work = Callable[[Tx], Awaitable[None]]
Rows = dict[str, list[Any]]
"""Values by statement."""


class Settling:
    """Writes what became of deliveries, however long the database is away."""

    def __init__(self, store: Store, settled: Callable[[], None]) -> None:
        """`settled` is called whenever all that there was is written."""
        self.store = store
        self.settled = settled
        self._rows: Rows = {}
        self._task: asyncio.Task[None] | None = None
        self._others: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether anything is still to be written."""
        return bool(self._rows or self._task or self._others)

    def add(self, statement: str, *values: Any) -> None:
        """Run a statement with these values, soon."""
        self._add(statement, values)

    def keep(self, statement: str, **values: Any) -> None:
        """Run a statement that holds a delivery (deliveries.KNOCK, KEEP), soon."""
        self._add(statement, values)
        self._add(deliveries.KEPT, {"id": values["id"]})

    def _add(self, statement: str, values: Any) -> None:
        self._rows.setdefault(statement, []).append(values)
        if self._task is None:
            self._task = asyncio.create_task(self._write())

    def take(self) -> Rows:
        """What waits, for a transaction that writes it along (`write`); what is not written is to be given back."""
        rows, self._rows = self._rows, {}
        return rows

    def give_back(self, rows: Rows) -> None:
        """These are still to be written."""
        for statement, some in rows.items():
            for values in some:
                self._add(statement, values)

    def also(self, work: Work) -> None:
        """Run work in a transaction of its own, soon."""
        task = asyncio.create_task(self._stubborn(work))
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    async def close(self, grace: float) -> None:
        """Return once all is written, or the grace is over."""
        waiting = [*self._others, *([self._task] if self._task is not None else [])]
        if waiting:
            await asyncio.wait(waiting, timeout=grace)

    async def _write(self) -> None:
        await asyncio.sleep(LINGER)
        try:
            while self._rows:
                rows = self.take()

                async def work(tx: Tx, rows: Rows = rows) -> None:
                    write(tx, rows)

                await self._stubborn(work)
        finally:
            self._task = None
        self.settled()

    async def _stubborn(self, work: Work) -> None:
        while True:
            try:
                return await self.store.run(work)
            except Unavailable:
                await asyncio.sleep(0.5)
            except Exception as fault:
                log.error("settling.fault", fault=place(fault))
                await asyncio.sleep(FAULT_SECONDS)


def write(tx: Tx, rows: Rows) -> None:
    """Write rows along with whatever else the transaction does."""

    def work(driver: sqlite3.Connection) -> None:
        deliveries.many(driver, *sorted(rows.items(), key=lambda pair: pair[0] == deliveries.KEPT))
        if kept and deliveries.asked(driver, [one["id"] for one in kept]):
            tx.wake()

    kept = rows.get(deliveries.KEPT, ())
    if rows:
        tx.later(work)
    if deliveries.AGAIN in rows:
        tx.wake()
