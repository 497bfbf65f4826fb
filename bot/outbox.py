"""What is to be sent: rows that are claimed, paced, sent and settled. Serial within a chat, side by side across chats.

A chat's replies do not wait for what it is told unasked. Holds no transaction open while it sends. Does not decide what
may go (claiming.py) nor what is said.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import update

from bot import formats, knocking, waking
from bot.channels import (
    Blocked,
    Channel,
    Halfway,
    Refused,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
    WindowClosed,
)
from bot.claiming import Claims, Due
from bot.log import place
from bot.pacing import Pace
from bot.queued import TOLD_LATER, Row, hold
from bot.quota import REFUSED_MS
from bot.schema import accounts
from bot.store import Store, T, Tx, Unavailable, Work

log = structlog.get_logger(__name__)

GIVE_UP_MS = 24 * 3_600_000
AT_ONCE = 300
"""Messages in flight."""
UNASKED_AT_ONCE = 100
"""Claimed messages that are no reply: a few seconds' worth at a provider's pace."""
LINGER = 0.01
"""Seconds that a receipt waits for others to be settled with it, or for a commit that takes it along."""
DOUBT_SECONDS = 2.0
"""Before a message that may have arrived goes once more."""
FAULT_SECONDS = 5.0
"""Between looks at the rows while something of ours does not work."""
LONG_PAUSE = 60.0
"""A provider that wants to be left alone for so many seconds: what waits for it is put back into the table."""

_SETTLE = """
UPDATE outbox SET state = ?, body = CASE WHEN ? THEN NULL ELSE body END,
  settled_at = ?, provider_id = ?, delivery = '', reason = ?, attempts = ?
WHERE id = ?
"""

Chain = tuple[str, bool]
"""An account, and whether these are its replies."""


class Outbox:
    """Sends what is committed; `hand` takes rows fresh from a commit, `run` finds those that fall due."""

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], paces: Mapping[str, Pace], claims: Claims
    ) -> None:
        self.store = store
        self.channels = channels
        self.paces = paces
        self.claims = claims
        self.answered: Callable[[str], None] = lambda account: None
        """Told of each account whose replies have gone out."""
        self.knocked: Callable[[str], None] = lambda state: None
        """Told of each knock what became of it: sent, failed, uncertain."""
        self._queues: dict[Chain, deque[Row]] = {}
        self._unasked = 0
        self._in_flight: set[int] = set()
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

    def answering(self, account: str) -> bool:
        """Whether an account is still being answered."""
        return (account, True) in self._queues

    def hand(self, rows: Iterable[Row]) -> None:
        """Send rows that a commit has just stored as `sending`."""
        for row in rows:
            chain = (row.account, row.lane == "reply")
            self._unasked += not chain[1]
            queue = self._queues.get(chain)
            if queue is not None:
                queue.append(row)
                continue
            self._queues[chain] = deque((row,))
            task = asyncio.create_task(self._empty(chain))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def recover(self) -> None:
        """Take up what the last run left: before anything new is taken in, so that order is kept."""
        rows = await self.store.run(self.claims.left)
        if rows:
            log.info("outbox.recovered", count=len(rows))
        self.hand(rows)

    async def run(self) -> None:
        """Send rows as they fall due, and sleep in between. Ends by being cancelled."""
        while True:
            self._looking = True
            self._wake.clear()
            try:
                due = await self.store.run(self._due)
            except Unavailable:
                await asyncio.sleep(1)
                continue
            except Exception as fault:
                log.error("outbox.fault", fault=place(fault))
                await asyncio.sleep(FAULT_SECONDS)
                continue
            self.hand(due.rows)
            if due.more and self._unasked < UNASKED_AT_ONCE:
                continue
            wait = 3600.0 if due.next_at is None else max(0.0, (due.next_at - self.store.clock()) / 1000)
            self._looking = False
            await waking.sleep(self._wake, wait)

    async def _due(self, tx: Tx) -> Due:
        return await self.claims.due(tx, self._held, UNASKED_AT_ONCE - self._unasked)

    async def _empty(self, chain: Chain) -> None:
        """Send one chat's rows in order until there are none."""
        queue = self._queues[chain]
        while queue:
            row = queue[0]
            try:
                again = await self._send(row, queue)
            except Exception as fault:
                log.error("outbox.send", row=row.id, fault=place(fault))
                self._settle(queue[0] if queue else row, "failed", reason="internal")
                again = None
            if again is not None:
                queue[0] = again
            elif queue and queue[0].id == row.id:
                queue.popleft()
                self._left_memory(row)
        del self._queues[chain]
        if chain[1]:
            self.answered(chain[0])

    def _left_memory(self, row: Row) -> None:
        if row.lane != "reply":
            self._unasked -= 1
            if self._unasked == UNASKED_AT_ONCE // 2:
                self._wake.set()

    async def _send(self, row: Row, queue: deque[Row]) -> Row | None:
        """Send one row; the row to try again, or None when it is settled."""
        pace = self.paces[row.message.channel]
        chat = row.message.to
        await (pace.reply(chat) if row.lane == "reply" else pace.unasked(chat))
        try:
            async with self._slots:
                if pace.pause(chat) > 0:
                    return row
                self._in_flight.add(row.id)
                receipt = await self.channels[row.message.channel].send(row.message)
                self._in_flight.discard(row.id)
        except asyncio.CancelledError:
            raise
        except BaseException as fault:
            self._in_flight.discard(row.id)
            return await self._not_sent(row, queue, fault)
        pace.up()
        self._settle(row, "sent", receipt.ids)
        return None

    async def _not_sent(self, row: Row, queue: deque[Row], fault: BaseException) -> Row | None:
        """What an error of the channel means for a row."""
        pace = self.paces[row.message.channel]
        match fault:
            case Halfway():
                return await self._not_sent(self._onward(row, queue, fault.ids), queue, fault.fault)
            case Throttled() if fault.tier and row.lane == knocking.LANE:
                await self._tomorrow(row)
            case Throttled():
                pace.throttled(fault.after, row.message.to if fault.chat else "")
                if fault.after > LONG_PAUSE:
                    self._put_back(queue)
                return row
            case Unreachable() | Unauthorized():
                pace.down()
                return await self._later(row, queue)
            case Uncertain():
                return await self._once_more(row)
            case WindowClosed() if row.lane != knocking.LANE:
                await self._hold(row)
            case Blocked():
                await self._give_up_on(row.account)
            case Refused():
                log.warning("outbox.refused", row=row.id, reason=str(fault))
                self._settle(row, "failed", reason=str(fault))
            case _:
                raise fault
        return None

    def _onward(self, row: Row, queue: deque[Row], arrived: tuple[str, ...]) -> Row:
        """The row for what is left of a message; the doubt was about a part that has arrived."""
        rest = queue[0] = replace(row, message=replace(row.message, arrived=arrived), doubted=False)
        if row.id in self._held:
            self._note("waiting", rest, reason="unreachable")
        return rest

    async def _later(self, row: Row, queue: deque[Row]) -> Row | None:
        """Surely not sent: keep it, say so in the table, and try again after a while."""
        if self.store.clock() - row.created_at > GIVE_UP_MS:
            self._settle(row, "failed", reason="unreachable")
            return None
        self._put_back(queue)
        await asyncio.sleep(min(30.0, 0.25 * 2 ** min(row.attempts, 7)) * random.uniform(0.7, 1.3))
        if row.lane == "reply":
            return replace(row, attempts=row.attempts + 1)
        # These are claimed again, if the hour is still right for them.
        for one in queue:
            self._held.discard(one.id)
            self._left_memory(one)
        queue.clear()
        self._wake.set()
        return None

    def _put_back(self, queue: deque[Row]) -> None:
        """Rows that wait here for their provider are `waiting` in the table too, for whoever comes after a restart."""
        for row in queue:
            if row.id not in self._held:
                self._held.add(row.id)
                self._note("waiting", row, reason="unreachable")

    async def _once_more(self, row: Row) -> Row | None:
        if row.lane == knocking.LANE or row.doubted:
            self._settle(row, "uncertain", reason="no answer")
            return None
        await asyncio.sleep(DOUBT_SECONDS)
        return replace(row, attempts=row.attempts + 1, doubted=True)

    async def _hold(self, row: Row) -> None:
        arrived = " ".join(row.message.arrived)
        await self._stubborn(lambda tx: hold(tx, row.id, row.account, provider_id=arrived))
        self._held.discard(row.id)

    async def _tomorrow(self, row: Row) -> None:
        """WhatsApp lets us write first to nobody else for now."""
        self.claims.quota.refused(self.store.clock())
        await self._stubborn(lambda tx: knocking.again(tx, row.id, tx.now + REFUSED_MS))
        self._held.discard(row.id)

    async def _give_up_on(self, account: str) -> None:
        """Blocked: nothing that waits for this account can be sent."""
        for chain in ((account, True), (account, False)):
            queue = self._queues.get(chain, deque())
            for one in queue:
                self._settle(one, "failed", reason="blocked")
                self._left_memory(one)
            queue.clear()

        async def work(tx: Tx) -> None:
            gone = {"reachable": "blocked", "failed_on": formats.utc_day(tx.now)}
            await tx.execute(update(accounts).where(accounts.c.id == account).values(gone))

        await self._stubborn(work)

    def _settle(self, row: Row, state: str, ids: tuple[str, ...] = (), reason: str = "") -> None:
        if row.lane == knocking.LANE:
            self.knocked(state)
        untold = state == "sent" and row.message.channel in TOLD_LATER
        self._note(state, row, ids, reason, blank=not untold, at=self.store.clock())

    def _note(
        self,
        state: str,
        row: Row,
        ids: tuple[str, ...] = (),
        reason: str = "",
        blank: bool = False,
        at: int | None = None,
    ) -> None:
        known = " ".join(ids or row.message.arrived)
        self._settled.append((state, blank, at, known, reason, row.attempts + 1, row.id))
        if self._settling is None:
            self._settling = asyncio.create_task(self._write())

    async def _write(self) -> None:
        async def work(tx: Tx) -> list[tuple[Any, ...]]:
            rows = self._settled.copy()
            tx.later(lambda driver: driver.executemany(_SETTLE, rows).close())
            return rows

        try:
            while self._settled:
                rows = await self._stubborn(work, LINGER)
                del self._settled[: len(rows)]
                # Not before: until then the table says `waiting`, and whoever looks would send it again.
                self._held.difference_update(id for _, _, at, *_, id in rows if at is not None)
        finally:
            self._settling = None

    async def _stubborn(self, work: Work[T], patience: float = 0.0) -> T:
        while True:
            try:
                return await self.store.run(work, patience)
            except Unavailable:
                await asyncio.sleep(0.5)
            except Exception as fault:
                log.error("outbox.write", fault=place(fault))
                await asyncio.sleep(FAULT_SECONDS)

    async def close(self, grace: float = 5.0) -> None:
        """Let what is being sent arrive and settle it; what does not is found again at the next start."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        untouched = [row for queue in self._queues.values() for row in queue if row.id not in self._in_flight]
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._put_back(deque(untouched))
        if self._settling is not None:
            await asyncio.wait([self._settling], timeout=grace)
