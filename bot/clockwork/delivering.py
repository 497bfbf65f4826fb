"""Announcements on their way: deliveries are picked and marked in small groups, paced, sent and settled.

A delivery is handed to the provider once: what may have arrived is `uncertain` and never goes again. A reply waits for
none of this. Who gets one when is picking.py's, what providers tell afterwards outcomes.py's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress

import structlog

from bot import formats, waking
from bot.channels import (
    Blocked,
    Channel,
    Halfway,
    Refused,
    Throttled,
    Unauthorized,
    Uncertain,
    Unfit,
    Unreachable,
    WindowClosed,
)
from bot.clockwork.finishing import Finishing
from bot.clockwork.picking import Parcel, Picked, Picking
from bot.clockwork.settling import Settling, write
from bot.log import place
from bot.pacing import Pace
from bot.records import deliveries, reach, remains
from bot.store import Store, Tx, Unavailable

log = structlog.get_logger(__name__)

GROUP_SECONDS = 0.2
"""So much of what the pace allows is marked at once: what a crash finds marked, nobody knows about."""
GROUP = 400
"""Deliveries that are marked at once at most: more would hold up whoever wants to write."""
AT_ONCE = 200
"""Messages in flight; the connections are shared with replies (connections.py)."""
LONG_PAUSE = 1.0
"""A provider that wants to be left alone for so many seconds: what is marked waits in the table again."""
TRIES = 100
"""Of what surely did not arrive, before it is given up."""
ANSWER_SECONDS = 5.0
"""What somebody has asked for comes behind the answer to their message, if that takes no longer."""
FAULT_SECONDS = 5.0
NAMES = frozenset({"telegram", "whatsapp"})
"""Channels on which there may be something to deliver, whether they are in the settings or not."""
NAP = 0.02


class _Line:
    """What goes out on one channel."""

    def __init__(self, channel: str, pace: Pace) -> None:
        self.channel = channel
        self.pace = pace
        self.group = max(1, min(GROUP, round(pace.rate * GROUP_SECONDS)))
        self.ready: deque[Parcel] = deque()
        """Marked, and not yet handed to the provider."""
        self.sending: dict[int, Parcel] = {}
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.wake = asyncio.Event()
        self.working = False
        self.upcoming: asyncio.Task[Picked] | None = None

    @property
    def busy(self) -> bool:
        return bool(self.working or self.ready or self.sending or self.wake.is_set())


class Delivering:
    """Sends what announcements have planned; all that waits are rows, so it may end at any moment."""

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], paces: Mapping[str, Pace], picking: Picking
    ) -> None:
        self.store = store
        self.channels = channels
        self.picking = picking
        self.finishing = Finishing(store, sorted(NAMES - channels.keys()))
        self.settling = Settling(store, self._all_settled)
        self.answering: Callable[[str], bool] = lambda account: False
        """Whether an account is just being answered."""
        self.doubted: Callable[[], None] = lambda: None
        """Told when something became uncertain of which the provider may know."""
        self._lines = [_Line(name, paces[name]) for name in channels]
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = False
        store.listeners.append(self._woken)

    @property
    def busy(self) -> bool:
        """Whether anything is being picked, sent, settled or dropped."""
        return any(line.busy for line in self._lines) or self.settling.busy or self.finishing.busy

    def _woken(self) -> None:
        for line in self._lines:
            line.wake.set()

    def _all_settled(self) -> None:
        if not any(line.ready or line.sending for line in self._lines):
            self.finishing.wake.set()

    async def recover(self) -> None:
        """What was being sent when the last run ended is uncertain: before anything is picked."""

        async def work(tx: Tx) -> tuple[int, list[tuple[str, int]]]:
            since = tx.now - 2 * 86_400_000
            left = await tx.driver(lambda driver: remains.left(driver, tx.now))
            return left, await tx.driver(lambda driver: remains.unasked(driver, since))

        left, taken = await self.store.run(work)
        for account, at in taken:
            self.picking.quota.take(account, at)
        if left:
            log.warning("delivering.uncertain", count=left)

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as group:
            for line in self._lines:
                group.create_task(self._forever(line))
            group.create_task(self.finishing.run())

    # Picking and sending

    async def _forever(self, line: _Line) -> None:
        while True:
            line.working = True
            line.wake.clear()
            try:
                wait = await self._round(line)
            except Unavailable:
                wait = 1.0
            except Exception as fault:
                log.error("delivering.fault", fault=place(fault))
                wait = FAULT_SECONDS
            line.working = False
            await waking.sleep(line.wake, wait)

    async def _round(self, line: _Line) -> float:
        """Deliver what is due; seconds until there may be more."""
        while True:
            if line.upcoming is None and (pause := line.pace.pause()) > NAP:
                return pause
            # A task of its own: what it has marked is known here even if this is cancelled meanwhile.
            line.upcoming = line.upcoming or asyncio.create_task(self._pick(line))
            try:
                picked = await asyncio.shield(line.upcoming)
            finally:
                line.upcoming = line.upcoming if line.upcoming and not line.upcoming.done() else None
            while line.ready:
                if picked.more and line.upcoming is None and len(line.ready) <= line.group // 4:
                    line.upcoming = asyncio.create_task(self._pick(line))
                if not await self._send_next(line):
                    self._put_back(line)
            if not picked.more:
                self.finishing.wake.set()
                return 3600.0 if picked.next_at is None else max(0.0, (picked.next_at - self.store.clock()) / 1000)

    async def _pick(self, line: _Line) -> Picked:
        settled = self.settling.take()

        async def work(tx: Tx) -> Picked:
            write(tx, settled)
            return await self.picking.pick(tx, line.channel, line.group)

        try:
            picked = await self.store.run(work)
        except BaseException:
            self.settling.give_back(settled)
            raise
        if picked.trial is not None:
            picked.trial.keep()
        line.ready.extend(picked.parcels)
        return picked

    async def _send_next(self, line: _Line) -> bool:
        """Hand one over as soon as the pace allows; False where that takes long.

        Who was spoken to just now holds up nobody else.
        """
        await line.slots.acquire()
        parcel, goes = line.ready[0], False
        rests = line.pace.rest(parcel.message.to) > 0 or self._waits(parcel)
        try:
            goes = rests or await line.pace.unasked(parcel.message.to, parcel.parts, LONG_PAUSE)
        finally:
            if not goes:
                line.slots.release()
        if not goes:
            return False
        line.ready.popleft()
        line.sending[parcel.id] = parcel
        task = asyncio.create_task(self._deliver(line, parcel, rests))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    def _waits(self, parcel: Parcel) -> bool:
        return parcel.reason == deliveries.ASKED and self.answering(parcel.account)

    async def _deliver(self, line: _Line, parcel: Parcel, rests: bool) -> None:
        handed = False
        try:
            if rests and not await self._rested(line, parcel):
                return
            handed = True
            receipt = await self.channels[line.channel].send(parcel.message)
        except asyncio.CancelledError:
            if not handed:
                self._again(parcel)
            raise
        except Exception as fault:
            self._not_sent(line, parcel, fault, parcel.message.arrived)
        else:
            line.pace.up()
            self._sent(parcel, receipt.ids)
        finally:
            del line.sending[parcel.id]
            line.slots.release()

    async def _rested(self, line: _Line, parcel: Parcel) -> bool:
        """Wait until this chat may be told something; False where that is long, and it waits in the table."""
        for _ in range(round(ANSWER_SECONDS / NAP)):
            if self._ending or not self._waits(parcel):
                break
            await asyncio.sleep(NAP)
        to = parcel.message.to
        short = not self._ending and line.pace.pause(to) <= LONG_PAUSE
        if short and await line.pace.unasked(to, parcel.parts, LONG_PAUSE):
            return True
        self._again(parcel, after=max(0.0, line.pace.pause(to)))
        return False

    # What became of it

    def _sent(self, parcel: Parcel, ids: tuple[str, ...]) -> None:
        now, known = self.store.clock(), " ".join(ids)
        if parcel.knock:
            self.settling.keep(deliveries.KNOCK, id=parcel.id, now=now, known=known)
            return
        self.settling.add(deliveries.SENT, known, now, parcel.id)
        if parcel.failures and not parcel.way:
            self.settling.add(reach.ARRIVED, parcel.account)

    def _not_sent(self, line: _Line, parcel: Parcel, fault: Exception, arrived: tuple[str, ...]) -> None:
        """What an error of the channel means for a delivery."""
        match fault:
            case Halfway():
                self._not_sent(line, parcel, fault.fault, fault.ids)
            case Throttled():
                if fault.tier and parcel.way in ("template", "knock"):
                    self.picking.quota.refused(self.store.clock())
                else:
                    line.pace.throttled(fault.after, parcel.message.to if fault.chat else "")
                self._again(parcel, after=fault.after if fault.chat else 0.0, arrived=arrived)
            case Unreachable() | Unauthorized():
                line.pace.down()
                if parcel.attempts < TRIES:
                    self._again(parcel, after=2.0 ** min(parcel.attempts, 10), arrived=arrived, tried=1)
                else:
                    self._end(parcel, "failed", "provider", arrived)
            case Uncertain() if parcel.knock:
                # Not repeated; what it announces surely has not gone, and goes when they write.
                self._sent(parcel, arrived)
            case Uncertain():
                self._end(parcel, "uncertain", "no_answer", arrived)
                self.doubted()
            case WindowClosed() if parcel.way == "free":
                self._again(parcel, reason=deliveries.WINDOW, arrived=arrived, tried=1)
            case WindowClosed() | Unfit() if parcel.way in ("template", "knock"):
                # It can only wait until the person writes.
                self.settling.keep(deliveries.KEEP, id=parcel.id, now=self.store.clock())
            case Blocked():
                self._end(parcel, "failed", fault.why, arrived)
                self._gone(parcel.account, line.channel, fault.why)
            case Refused():
                log.warning("delivering.refused", delivery=parcel.id, reason=str(fault))
                self._end(parcel, "failed", "content", arrived)
            case _:
                log.error("delivering.send", delivery=parcel.id, fault=place(fault))
                self._end(parcel, "failed", "content", arrived)

    def _end(self, parcel: Parcel, state: str, reason: str, arrived: tuple[str, ...]) -> None:
        self.settling.add(deliveries.ENDED, state, reason, " ".join(arrived), self.store.clock(), parcel.id)

    def _again(
        self,
        parcel: Parcel,
        *,
        reason: str | None = None,
        after: float = 0.0,
        arrived: tuple[str, ...] | None = None,
        tried: int = 0,
    ) -> None:
        """It surely was not sent: it waits as before."""
        known = " ".join(parcel.message.arrived if arrived is None else arrived)
        if reason is None:
            # It had its place in the tier.
            reason = "" if parcel.reason == deliveries.LIMIT else parcel.reason
        due = self.store.clock() + int(after * 1000)
        self.settling.add(deliveries.AGAIN, reason, known, due, tried, parcel.id)

    def _put_back(self, line: _Line) -> None:
        while line.ready:
            self._again(line.ready.popleft())

    def _gone(self, account: str, channel: str, why: str) -> None:
        if why == "stopped":
            self.settling.also(lambda tx: reach.opted_out(tx, account, channel))
        else:
            self.settling.add(reach.GONE, why, formats.utc_day(self.store.clock()), account)

    async def close(self, grace: float = 5.0) -> None:
        """Let what is being sent arrive and settle it; what has not been handed over waits in the table again."""
        self._ending = True
        for line in self._lines:
            if line.upcoming is not None:
                with suppress(Exception):
                    await line.upcoming
            self._put_back(line)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.settling.close(grace)
