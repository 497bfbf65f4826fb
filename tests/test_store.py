"""bot.store: what shares a commit, and what waits for one that others make."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from bot.schema import accounts, audit, staff
from bot.store import Tx, Unavailable
from tests.rows import NOW, opened

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


async def test_what_is_added_is_there_for_the_next_query_and_goes_where_the_rest_fails(database: Path) -> None:
    def deed(action: str) -> dict[str, object]:
        return {"action": action, "at": NOW, "actor": "K07"}

    async def fails(tx: Tx) -> None:
        async with tx.savepoint():
            await tx.add(audit, deed("undone"))
            raise LookupError("ours")

    async def adds(tx: Tx) -> list[tuple[str, int, str]]:
        await tx.add(audit, deed("first"), deed("second"))
        with pytest.raises(LookupError, match="ours"):
            await fails(tx)
        return [(row["action"], row["at"], row["role"]) for row in await tx.rows(select(audit).order_by(audit.c.id))]

    async def raises(tx: Tx) -> None:
        await tx.add(audit, deed("lost"))
        raise ValueError("ours")

    async def nobody(tx: Tx) -> None:
        await tx.add(audit, {**deed("second"), "actor": None})

    async with opened(database) as store:
        kept = [("first", NOW, ""), ("second", NOW, "")]
        assert await store.run(adds) == kept
        with pytest.raises(ValueError, match="ours"):
            await store.run(raises)
        with pytest.raises(sqlite3.IntegrityError):
            await store.run(nobody)
        with closing(sqlite3.connect(database)) as other:
            assert other.execute("SELECT action, at, role FROM audit").fetchall() == kept


async def test_a_transaction_knows_what_it_has_written_to(database: Path) -> None:
    async def work(tx: Tx) -> list[set[str]]:
        seen = []
        for statement in (
            select(accounts), update(accounts).values(held=0), insert(audit).values(at=NOW, actor="K07", action="x"),
            text("DELETE FROM handled"),
        ):  # fmt: skip
            tx.changed.clear()
            await tx.execute(statement)
            seen.append(set(tx.changed))
        tx.changed.clear()
        await tx.add(staff, {"code": "K07", "name": "Staf 07", "since": NOW})
        return [*seen, tx.changed]

    async with opened(database) as store:
        assert await store.run(work) == [set(), {"accounts"}, {"audit"}, {""}, {"staff"}]
