"""What providers tell afterwards: late, twice, out of order, and before we know the message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from bot import statuses
from bot.messages import Status
from bot.schema import accounts, outbox
from bot.store import Store, Tx

NOW = 1_700_000_000_000
pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    opened = Store(f"sqlite+aiosqlite:///{database}", lambda: NOW)
    await opened.open()
    await opened.run(_account)
    yield opened
    await opened.close()


async def _account(tx: Tx) -> None:
    row = {"id": "a", "channel": "whatsapp", "external_id": "ID.1", "created_at": NOW}
    await tx.execute(insert(accounts), row)


async def sent(store: Store, *ids: str) -> None:
    """A message with these ids at the provider."""

    async def work(tx: Tx) -> None:
        row = {"id": tx.new_id(), "account_id": "a", "lane": "reply", "state": "sent", "due_at": NOW, "created_at": NOW}
        await tx.execute(insert(outbox), {**row, "provider_id": " ".join(ids)})

    await store.run(work)


async def told(store: Store, state: str, id: str = "SM1", error: str = "") -> int:
    status = Status(f"wa:{id}:{state}", "whatsapp", state, id, error=error)  # type: ignore[arg-type]
    return await statuses.take(store, [status])


async def delivery(store: Store) -> list[tuple[str, str]]:
    async def work(tx: Tx) -> list[tuple[str, str]]:
        rows = await tx.rows(select(outbox.c.delivery, outbox.c.reason).order_by(outbox.c.id))
        return [(row["delivery"], row["reason"]) for row in rows]

    return await store.run(work)


@pytest.mark.parametrize(
    ("states", "left"),
    [
        (("queued", "sent", "delivered", "read"), "read"),
        (("read", "delivered", "sent", "queued"), "read"),
        (("delivered", "delivered"), "delivered"),
        (("sent", "failed", "delivered"), "failed"),
        (("undelivered", "read"), "failed"),
    ],
)
async def test_a_rank_puts_states_in_order(store: Store, states: tuple[str, ...], left: str) -> None:
    await sent(store, "SM1")
    for state in states:
        assert await told(store, state) == 0
    assert [one for one, _ in await delivery(store)] == [left]


async def test_a_failure_keeps_its_reason(store: Store) -> None:
    await sent(store, "SM1")
    await told(store, "failed", error="63016")
    assert await delivery(store) == [("failed", "63016")]


async def test_a_status_may_come_before_the_id_is_stored(store: Store) -> None:
    early = asyncio.create_task(told(store, "delivered"))
    await asyncio.sleep(0.02)
    assert not early.done()
    await sent(store, "SM1")
    assert await early == 0
    assert await delivery(store) == [("delivered", "")]


async def test_only_its_own_message_is_meant(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "PAUSES", (0.0,))
    await sent(store, "SM12", "SM3")
    await sent(store, "SM4")
    assert await told(store, "delivered", "SM1") == 1
    assert await told(store, "delivered", "SM3") == 0
    assert await delivery(store) == [("delivered", ""), ("", "")]


async def test_who_blocks_is_not_written_to(store: Store) -> None:
    for state, left in (("blocked", "blocked"), ("blocked", "blocked"), ("unblocked", "ok")):
        await statuses.take(store, [Status(state, "whatsapp", state, sender="ID.1")])  # type: ignore[arg-type]
        assert await store.run(lambda tx: tx.value(select(accounts.c.reachable))) == left
    await store.run(lambda tx: tx.execute(update(accounts).values(reachable="invalid")))
