"""What providers tell afterwards: late, twice, out of order, and before we know the message."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.dialects import sqlite

from bot import queued, statuses
from bot.clockwork import timers
from bot.messages import Status
from bot.schema import accounts, outbox
from bot.store import Store
from tests import rows
from tests.rows import NOW

DAY = 24 * 3_600_000
pytestmark = pytest.mark.asyncio


async def sent(store: Store, *ids: str, **values: Any) -> None:
    """A message with these ids at the provider."""
    given = {"account_id": "whatsapp", "lane": "reply", "state": "sent", "settled_at": NOW, **values}
    await rows.queued(store, provider_id=" ".join(ids), **given)


async def told(store: Store, state: str, id: str = "SM1", error: str = "") -> int:
    status = Status(f"wa:{id}:{state}", "whatsapp", state, id, "ID.1", error)  # type: ignore[arg-type]
    return await statuses.take(store, [status])


async def delivery(store: Store) -> list[tuple[Any, ...]]:
    return await rows.columns(store, "delivery", "reason")


async def held(store: Store) -> int:
    """How many messages wait for the person to write."""
    return int(await store.run(lambda tx: tx.value(select(accounts.c.held).where(accounts.c.id == "whatsapp"))))


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


@pytest.mark.parametrize(
    ("state", "error"), [("sent", ""), ("delivered", ""), ("read", ""), ("failed", "63018"), ("undelivered", "63024")]
)
async def test_the_first_that_is_told_takes_the_text(store: Store, state: str, error: str) -> None:
    await sent(store, "SM1")
    await told(store, "queued")
    assert await rows.columns(store, "body") == [("{}",)]
    await told(store, state, error=error)
    assert await rows.columns(store, "body", "state", "reason") == [(None, "sent", error)]


async def test_what_the_window_kept_out_waits_for_the_person(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "PAUSES", (0.0,))
    await sent(store, "SM1")
    for _ in range(2):
        await told(store, "undelivered", error="63016")
        assert await rows.columns(store, "state", "body", "delivery", "settled_at") == [("held", "{}", "", None)]
        assert await held(store) == 1
    await store.run(lambda tx: queued.release(tx, "whatsapp"))
    assert await rows.columns(store, "state", "due_at", "provider_id") == [("waiting", NOW, "")]


async def test_who_has_written_since_is_not_waited_for(store: Store) -> None:
    await sent(store, "SM1", settled_at=NOW - 1)
    await told(store, "failed", error="63016")
    assert await rows.columns(store, "state", "due_at", "body") == [("waiting", NOW, "{}")]
    assert await held(store) == 0


async def test_a_picture_that_could_not_be_fetched_from_us_goes_once_more(store: Store) -> None:
    await sent(store, "SM1", attempts=1)
    await told(store, "undelivered", error="63019")
    later = NOW + queued.AGAIN_MS
    assert await rows.columns(store, "state", "due_at", "body", "delivery") == [("waiting", later, "{}", "")]
    await store.run(lambda tx: tx.execute(update(outbox).values(state="sent", attempts=2, provider_id="SM2")))
    await told(store, "undelivered", "SM2", error="63019")
    assert await delivery(store) == [("failed", "63019")]
    assert await rows.columns(store, "body") == [(None,)]


async def test_a_failure_keeps_its_reason_where_the_text_is_gone(store: Store) -> None:
    await sent(store, "SM1", body=None)
    await told(store, "failed", error="63016")
    assert await delivery(store) == [("failed", "63016")]
    assert await held(store) == 0


async def test_what_is_told_of_a_first_part_leaves_the_rest_its_text(store: Store) -> None:
    await sent(store, "SM1", state="waiting", settled_at=None)
    await told(store, "delivered")
    assert await rows.columns(store, "state", "body") == [("waiting", "{}")]


async def test_a_text_of_which_nothing_is_told_stays_a_day(store: Store) -> None:
    await sent(store, "SM1", settled_at=NOW - DAY)
    await sent(store, "SM2", settled_at=NOW - DAY - 1)
    await rows.queued(store, account_id="whatsapp", state="held")
    await store.run(timers.tidy)
    assert await rows.columns(store, "body") == [("{}",), (None,), ("{}",)]
    query = select(outbox.c.id).where(queued._UNTOLD, outbox.c.settled_at < NOW)
    sql = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    plan = await store.run(lambda tx: tx.driver(lambda db: db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()))
    assert "ix_outbox_untold" in plan[0][3]


async def test_a_status_may_come_before_the_id_is_stored(store: Store) -> None:
    early = asyncio.create_task(told(store, "delivered"))
    await asyncio.sleep(0.02)
    assert not early.done()
    await sent(store, "SM1")
    assert await early == 0
    assert await delivery(store) == [("delivered", "")]


async def test_only_its_own_message_is_meant(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "PAUSES", ())
    await sent(store, "SM12", "SM3")
    await sent(store, "SM4")
    await sent(store, "SM5", "SM6", account_id="telegram")
    assert await told(store, "delivered", "SM1") == 1
    assert await told(store, "delivered", "SM6") == 1
    assert await told(store, "delivered", "SM3") == 0, "a later part is found at once, in the chat that it went to"
    assert await delivery(store) == [("delivered", ""), ("", ""), ("", "")]


@pytest.mark.parametrize("statement", [statuses._FIND, statuses._FIND_PARTS])
async def test_no_status_walks_through_all_messages(store: Store, statement: str) -> None:
    plan = await store.run(
        lambda tx: tx.driver(lambda db: db.execute(f"EXPLAIN QUERY PLAN {statement}", ["[]"]).fetchall())
    )
    assert not [step[3] for step in plan if step[3].startswith(("SCAN o", "SCAN a"))], plan


async def test_who_blocks_is_not_written_to(store: Store) -> None:
    for state, left in (("blocked", "blocked"), ("blocked", "blocked"), ("unblocked", "ok")):
        await statuses.take(store, [Status(state, "whatsapp", state, sender="ID.1")])  # type: ignore[arg-type]
        reachable = select(accounts.c.reachable).where(accounts.c.channel == "whatsapp")
        assert await store.run(lambda tx, query=reachable: tx.value(query)) == left  # type: ignore[misc]
    await store.run(lambda tx: tx.execute(update(accounts).values(reachable="invalid")))
