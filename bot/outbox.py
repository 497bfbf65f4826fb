"""What is to be sent: rows that are claimed, paced, sent and settled. Serial within a chat, side by side across chats.

Holds no transaction open while it sends. Does not decide what is said: rows carry messages, or what to word at sending.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import func, select, update

from bot.channels import Blocked, Channel, Refused, Throttled, Uncertain, Unreachable, WindowClosed
from bot.pacing import Pace
from bot.queued import OPEN, WINDOW_MS, Row, hold, with_account
from bot.schema import accounts, outbox
from bot.store import Store, Tx, Unavailable, is_unavailable

log = structlog.get_logger(__name__)

RESEND_MS = 10 * 60_000
"""A reply that a crash left unsettled goes again while it is younger than this."""
GIVE_UP_MS = 24 * 3_600_000
AT_ONCE = 300
"""Messages in flight."""
LINGER = 0.01
"""Seconds that a receipt waits for others to be settled with it."""
CHUNK = 200
FAULT_SECONDS = 5.0
"""Between looks at the rows while something of ours does not work."""

_SETTLE = """
UPDATE outbox SET state = ?, body = CASE WHEN ? THEN NULL ELSE body END,
  settled_at = ?, provider_id = ?, reason = ?, attempts = ?
WHERE id = ?
"""


Word = Callable[[Tx, Sequence[Mapping[str, Any]]], Awaitable[list[Row]]]
"""Turns claimed rows into messages: puts notices into words, opens conversations."""


class Outbox:
    """Sends what is committed; `hand` takes rows fresh from a commit, `run` finds those that fall due."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        paces: Mapping[str, Pace],
        word: Word,
        quiet_until: Callable[[int, str], int],
    ) -> None:
        self.store = store
        self.channels = channels
        self.paces = paces
        self.word = word
        self.quiet_until = quiet_until
        """When somebody in this district may next be written to unasked: UTC milliseconds, 0 for now."""
        self.answered: Callable[[str], None] = lambda account: None
        """Told of each account whose message has gone out."""
        self._queues: dict[str, deque[Row]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._settled: list[tuple[Any, ...]] = []
        self._settling: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._looking = False
        self._held: set[int] = set()
        """Rows that are here in memory although the table says `waiting`."""
        store.listeners.append(self._wake.set)

    @property
    def busy(self) -> bool:
        """Whether anything is being sent or settled."""
        return bool(self._queues or self._settled or self._settling) or self._looking or self._wake.is_set()

    def hand(self, rows: Iterable[Row]) -> None:
        """Send rows that a commit has just stored as `sending`."""
        for row in rows:
            queue = self._queues.get(row.account)
            if queue is not None:
                queue.append(row)
                continue
            self._queues[row.account] = deque((row,))
            task = asyncio.create_task(self._empty(row.account))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def recover(self) -> None:
        """Take up what the last run left: before anything new is taken in, so that order is kept."""
        rows = await self.store.run(self._left)
        if rows:
            log.info("outbox.recovered", count=len(rows))
        self.hand(rows)

    async def _left(self, tx: Tx) -> list[Row]:
        young = (outbox.c.created_at > tx.now - RESEND_MS) & (outbox.c.lane != "announcement")
        await tx.execute(
            update(outbox)
            .where(OPEN, outbox.c.state == "sending", ~young)
            .values(state="uncertain", settled_at=tx.now, body=None)
        )
        found = await tx.rows(with_account().where(OPEN, outbox.c.state == "sending").order_by(outbox.c.id))
        again = await tx.rows(
            with_account()
            .where(OPEN, outbox.c.state == "waiting", outbox.c.lane == "reply", outbox.c.due_at <= tx.now)
            .order_by(outbox.c.id)
        )
        return await self._claimed(tx, sorted(found + again, key=lambda row: int(row["id"])))

    async def run(self) -> None:
        """Send rows as they fall due, and sleep in between. Ends by being cancelled."""
        while True:
            self._looking = True
            self._wake.clear()
            try:
                rows, due = await self.store.run(self._due)
            except Unavailable:
                await asyncio.sleep(1)
                continue
            except Exception:
                log.exception("outbox.fault")
                await asyncio.sleep(FAULT_SECONDS)
                continue
            self.hand(rows)
            if len(rows) >= CHUNK:
                continue
            wait = 3600.0 if due is None else max(0.0, (due - self.store.clock()) / 1000)
            self._looking = False
            # Not wait_for: in Python 3.11 it loses a cancellation that comes together with what it waits for.
            with suppress(TimeoutError):
                async with asyncio.timeout(min(wait, 3600.0)):
                    await self._wake.wait()

    async def _due(self, tx: Tx) -> tuple[list[Row], int | None]:
        """Claim what is due; answers with it and with when the next row falls due."""
        found = await tx.rows(
            with_account()
            .where(OPEN, outbox.c.state == "waiting", outbox.c.due_at <= tx.now, outbox.c.id.not_in(self._held))
            .order_by(outbox.c.id)
            .limit(CHUNK)
        )
        rows = await self._claimed(tx, found) if found else []
        later = select(func.min(outbox.c.due_at)).where(
            OPEN, outbox.c.state == "waiting", outbox.c.id.not_in(self._held)
        )
        return rows, await tx.value(later)

    async def _claimed(self, tx: Tx, found: Sequence[Mapping[str, Any]]) -> list[Row]:
        go = []
        for row in found:
            if row["lane"] != "reply":
                until = self.quiet_until(tx.now, row["district"] or "")
                if until > tx.now:
                    await tx.execute(
                        update(outbox).where(outbox.c.id == row["id"]).values(state="waiting", due_at=until)
                    )
                    continue
                if row["channel"] == "whatsapp" and tx.now - row["last_inbound_at"] > WINDOW_MS:
                    await hold(tx, row["id"], row["account_id"])
                    continue
            if row["reachable"] != "ok":
                await tx.execute(
                    update(outbox)
                    .where(outbox.c.id == row["id"])
                    .values(state="failed", body=None, settled_at=tx.now, reason=row["reachable"])
                )
                continue
            go.append(row)
        if go:
            await tx.execute(update(outbox).where(outbox.c.id.in_([row["id"] for row in go])).values(state="sending"))
        made: list[Row] = []
        for row in go:
            made.extend(await self._worded(tx, row))
        return made

    async def _worded(self, tx: Tx, row: Mapping[str, Any]) -> list[Row]:
        """One row as a message; what cannot be put into words fails alone and holds up no other."""
        try:
            async with tx.savepoint():
                return await self.word(tx, [row])
        except Exception as fault:
            if is_unavailable(fault):
                raise
            log.exception("outbox.wording", row=row["id"])
            values = {"state": "failed", "body": None, "settled_at": tx.now, "reason": "internal"}
            await tx.execute(update(outbox).where(outbox.c.id == row["id"]).values(values))
            return []

    async def _empty(self, account: str) -> None:
        """Send one chat's rows in order until there are none."""
        queue = self._queues[account]
        while queue:
            row = queue[0]
            try:
                again = await self._send(row)
            except Exception:
                log.exception("outbox.send", row=row.id)
                self._settle(row, "failed", reason="internal")
                again = None
            if again is not None:
                queue[0] = again
            elif queue:
                queue.popleft()
        del self._queues[account]
        self.answered(account)

    async def _send(self, row: Row) -> Row | None:
        """Send one row; the row to try again, or None when it is settled."""
        pace = self.paces[row.message.channel]
        chat = row.message.to
        await (pace.reply(chat) if row.lane == "reply" else pace.unasked(chat))
        try:
            async with self._slots:
                receipt = await self.channels[row.message.channel].send(row.message)
        except Throttled as told:
            pace.throttled(told.after, chat if told.chat else "")
            return row
        except Unreachable:
            pace.down()
            return await self._later(row)
        except Uncertain:
            return self._once_more(row)
        except WindowClosed:
            await self._hold(row)
            return None
        except Blocked:
            await self._give_up_on(row)
            return None
        except Refused as refused:
            log.warning("outbox.refused", row=row.id, reason=str(refused))
            self._settle(row, "failed", reason=str(refused))
            return None
        pace.up()
        self._settle(row, "sent", " ".join(receipt.ids))
        return None

    async def _later(self, row: Row) -> Row | None:
        """Surely not sent: keep it, say so in the table, and try again after a while."""
        if self.store.clock() - row.created_at > GIVE_UP_MS:
            self._settle(row, "failed", reason="unreachable")
            return None
        if row.id not in self._held:
            self._held.add(row.id)
            self._note((False, "waiting", None, "", "unreachable", row.attempts + 1, row.id))
        await asyncio.sleep(min(30.0, 0.25 * 2 ** min(row.attempts, 7)) * random.uniform(0.7, 1.3))
        return replace(row, attempts=row.attempts + 1)

    def _once_more(self, row: Row) -> Row | None:
        if row.lane == "announcement" or row.attempts >= 1:
            self._settle(row, "uncertain", reason="no answer")
            return None
        return replace(row, attempts=row.attempts + 1)

    async def _hold(self, row: Row) -> None:
        await self._stubborn(lambda tx: hold(tx, row.id, row.account))
        self._held.discard(row.id)

    async def _give_up_on(self, row: Row) -> None:
        """Blocked: neither this nor what waits behind it can be sent."""
        queue = self._queues[row.account]
        for one in queue:
            self._settle(one, "failed", reason="blocked")
        queue.clear()

        async def work(tx: Tx) -> None:
            await tx.execute(update(accounts).where(accounts.c.id == row.account).values(reachable="blocked"))

        await self._stubborn(work)

    def _settle(self, row: Row, state: str, provider_id: str = "", reason: str = "") -> None:
        self._note((True, state, self.store.clock(), provider_id, reason, row.attempts + 1, row.id))

    def _note(self, told: tuple[Any, ...]) -> None:
        blank, state, at, provider_id, reason, attempts, id = told
        self._settled.append((state, blank, at, provider_id, reason, attempts, id))
        if self._settling is None:
            self._settling = asyncio.create_task(self._write())

    async def _write(self) -> None:
        await asyncio.sleep(LINGER)
        while self._settled:
            rows, self._settled = self._settled, []

            async def work(tx: Tx, rows: list[tuple[Any, ...]] = rows) -> None:
                await tx.driver(lambda driver: driver.executemany(_SETTLE, rows).close())

            await self._stubborn(work)
            # Not before: until then the table says `waiting`, and whoever looks for due rows would send it again.
            self._held.difference_update(id for _, blank, *_, id in rows if blank)
        self._settling = None

    async def _stubborn(self, work: Callable[[Tx], Awaitable[None]]) -> None:
        while True:
            try:
                return await self.store.run(work)
            except Unavailable:
                await asyncio.sleep(0.5)

    async def close(self, grace: float = 5.0) -> None:
        """Let what is being sent arrive and settle it; what does not is found again at the next start."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._settling is not None:
            await self._settling
