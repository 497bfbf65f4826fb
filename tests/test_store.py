"""bot.store: what shares a commit, and what waits for one that others make."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.store import Tx, Unavailable
from tests.rows import opened

pytestmark = pytest.mark.asyncio

LONG = 60.0


async def _at(tx: Tx) -> Tx:
    return tx


async def _writes(tx: Tx) -> None:
    tx.later(lambda driver: driver.execute("UPDATE accounts SET held = 0").close())


async def test_who_has_patience_shares_the_next_commit(database: Path) -> None:
    async with opened(database) as store:
        patient = asyncio.create_task(store.run(_at, LONG))
        await asyncio.sleep(0.05)
        assert not patient.done()
        other = await store.run(_at)
        assert await asyncio.wait_for(patient, 5) is other


async def test_who_has_patience_goes_alone_where_nobody_else_comes(database: Path) -> None:
    async with opened(database) as store:
        await asyncio.wait_for(store.run(_at, 0.01), 5)


async def test_who_has_patience_is_not_forgotten_at_the_end(database: Path) -> None:
    async with opened(database) as store:
        patient = asyncio.create_task(store.run(_at, LONG))
        await asyncio.sleep(0)
    assert await patient is not None


async def test_what_raises_takes_nobody_along_who_shared_its_commit(database: Path) -> None:
    async def raises(tx: Tx) -> None:
        raise ValueError("ours")

    async with opened(database) as store:
        patient = asyncio.create_task(store.run(_at, LONG))
        await asyncio.sleep(0)
        with pytest.raises(ValueError, match="ours"):
            await store.run(raises)
        assert await asyncio.wait_for(patient, 5) is not None


async def test_who_has_patience_is_told_that_the_database_is_away(database: Path) -> None:
    async with opened(database) as store:
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable):
                await asyncio.wait_for(store.run(_writes, 0.01), 10)
            assert store.fault
        await asyncio.wait_for(store.run(_writes, 0.01), 5)
        assert not store.fault


async def test_who_does_not_wait_any_more_holds_up_nobody(database: Path) -> None:
    async with opened(database) as store:
        for patience in (0.0, LONG):
            impatient = asyncio.create_task(store.run(_at, patience))
            await asyncio.sleep(0)
            impatient.cancel()
            assert await asyncio.wait_for(store.run(_at), 5) is not None
            assert impatient.cancelled()
