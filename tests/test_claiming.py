"""Which rows of the outbox may go: by the index, a little at a time, and after a restart the right ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.dialects import sqlite

from bot.claiming import HELD_MS, RESEND_MS, Claims, _oldest_first
from bot.messages import Outgoing
from bot.queued import OPEN, Row, with_account
from bot.schema import accounts, outbox
from bot.store import Store, Tx
from tests.rows import NOW, queued

HOUR = 3_600_000
pytestmark = pytest.mark.asyncio


async def state(store: Store, id: int) -> tuple[str, int]:
    query = select(outbox.c.state, outbox.c.due_at).where(outbox.c.id == id)
    row = await store.run(lambda tx: tx.row(query))
    assert row is not None
    return row["state"], row["due_at"]


async def _word(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    if any(row["body"] == "broken" for row in rows):
        raise ValueError
    return [
        Row(row["id"], row["account_id"], row["lane"], Outgoing(row["channel"], "1", "halo"), row["created_at"])
        for row in rows
    ]


def claims(quiet_until: int = 0, channels: tuple[str, ...] = ("telegram", "whatsapp")) -> Claims:
    return Claims(channels, _word, lambda now, district: quiet_until or now)


async def claimed(store: Store, of: Claims, room: int = 100, held: frozenset[int] = frozenset()) -> list[int]:
    due = await store.run(lambda tx: of.due(tx, held, room))
    return [row.id for row in due.rows]


async def test_looking_for_what_is_due_does_not_walk_through_all_that_was_ever_sent(store: Store) -> None:
    query = _oldest_first(with_account().where(OPEN, outbox.c.state == "waiting", outbox.c.due_at <= NOW)).limit(10)
    sql = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    plan = await store.run(lambda tx: tx.driver(lambda db: db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()))
    assert "ix_outbox_due" in plan[0][3]
    assert not any("SCAN outbox" in step[3] for step in plan)


async def test_what_is_no_reply_is_claimed_a_little_at_a_time(store: Store) -> None:
    notices = await queued(store, 30)
    (reply,) = await queued(store, lane="reply")
    assert await claimed(store, claims(), room=10) == notices[:10]
    assert await claimed(store, claims(), room=0) == [reply]
    due = await store.run(lambda tx: claims().due(tx, frozenset(), 10))
    assert ([row.id for row in due.rows], due.more) == (notices[10:20], True)


async def test_a_row_in_good_hands_is_let_alone(store: Store) -> None:
    (mine, other) = await queued(store, 2)
    assert await claimed(store, claims(), held=frozenset({mine})) == [other]
    assert await state(store, mine) == ("waiting", NOW + HELD_MS)


async def test_after_a_crash_goes_what_was_claimed_lately_however_old_it_is(store: Store) -> None:
    (late,) = await queued(store, state="sending", created_at=NOW - 10 * HOUR, due_at=NOW - 1000)
    (doubtful,) = await queued(store, state="sending", lane="reply", due_at=NOW - RESEND_MS - 1)
    (never,) = await queued(store, state="sending", lane="announcement")
    (kept,) = await queued(store, state="waiting", lane="reply", due_at=NOW + HOUR)
    rows = await store.run(claims().left)
    assert [row.id for row in rows] == [late, kept]
    assert [(await state(store, id))[0] for id in (doubtful, never)] == ["uncertain", "uncertain"]


async def test_quiet_hours_the_window_and_who_is_gone(store: Store) -> None:
    (quiet,) = await queued(store)
    assert await claimed(store, claims(NOW + HOUR)) == []
    assert await state(store, quiet) == ("waiting", NOW + HOUR)
    (reply,) = await queued(store, lane="reply")
    assert await claimed(store, claims(NOW + HOUR)) == [reply]

    long_ago = update(accounts).where(accounts.c.id == "whatsapp").values(last_inbound_at=NOW - 25 * HOUR)
    await store.run(lambda tx: tx.execute(long_ago))
    (outside,) = await queued(store, account_id="whatsapp")
    assert await claimed(store, claims()) == []
    assert (await state(store, outside))[0] == "held"

    await store.run(lambda tx: tx.execute(update(accounts).values(reachable="blocked")))
    (gone,) = await queued(store)
    assert await claimed(store, claims()) == []
    assert (await state(store, gone))[0] == "failed"


async def test_a_channel_that_is_not_set_up_now_loses_nothing(store: Store) -> None:
    (row,) = await queued(store, account_id="whatsapp", lane="reply")
    assert await claimed(store, claims(channels=("telegram",))) == []
    assert await state(store, row) == ("waiting", NOW + HELD_MS)


async def test_what_cannot_be_worded_fails_alone(store: Store) -> None:
    before = await queued(store, 2)
    (broken,) = await queued(store, body="broken")
    after = await queued(store, 2)
    assert await claimed(store, claims()) == [*before, *after]
    assert (await state(store, broken))[0] == "failed"
