"""A database at a standstill with an account on each channel, and rows of the outbox in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from bot.schema import accounts, outbox
from bot.store import Store, Tx

NOW = 1_700_000_000_000


@asynccontextmanager
async def opened(database: Path) -> AsyncIterator[Store]:
    """The store, at NOW, with the accounts `telegram` and `whatsapp`."""
    store = Store(f"sqlite+aiosqlite:///{database}", lambda: NOW)
    await store.open()
    await store.run(_accounts)
    yield store
    await store.close()


async def _accounts(tx: Tx) -> None:
    for channel in ("telegram", "whatsapp"):
        row = {"id": channel, "channel": channel, "external_id": "ID.1", "created_at": NOW, "last_inbound_at": NOW}
        await tx.execute(insert(accounts), row)


async def queued(store: Store, count: int = 1, **values: Any) -> list[int]:
    """Rows with these columns; their ids."""

    async def work(tx: Tx) -> list[int]:
        row = {"account_id": "telegram", "lane": "notice", "state": "waiting", "due_at": NOW, "created_at": NOW}
        ids = [tx.new_id() for _ in range(count)]
        await tx.execute(insert(outbox), [{**row, "body": "{}", "id": id, **values} for id in ids])
        return ids

    return await store.run(work)


async def columns(store: Store, *names: str) -> list[tuple[Any, ...]]:
    """These columns of all rows, in the order in which they were queued."""
    query = select(*(outbox.c[name] for name in names)).order_by(outbox.c.id)

    async def work(tx: Tx) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await tx.execute(query)]

    return await store.run(work)
