"""Announcements before they go out: counted for the preview, planned into rows, started at their time.

What is planned a stretch at a time holds the writer for a few milliseconds, and goes on where it was after a restart.
Counting reads beside it. Sends nothing: delivering.py does, beginning with the first rows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass

import structlog

from bot import waking
from bot.clockwork.ways import Template, Ways
from bot.log import place
from bot.records import announcements, contents, letting_go, notices, plans, schedules
from bot.records.announcements import UNDO_MS, Announcement
from bot.records.counting import Counts, Pace, Way, count
from bot.records.plans import Stretch
from bot.store import Store, Tx, Unavailable

log = structlog.get_logger(__name__)

AHEAD_MS = UNDO_MS
"""People come and go: nobody is planned longer than this before it goes out."""
GOAL_SECONDS = 0.015
"""So long a stretch may hold the writer, its commit included: replies wait for it."""
LEAST, MOST = 20, 500
"""People in a stretch."""
AT_ONCE = 500
"""People who are read together: a row of theirs touches a page or two, and at a thousand pages a commit clears them."""
WAKE_SECONDS = 0.25
"""Between words to who sends that there is more, while both are at it."""
FAULT_SECONDS = 5.0
CONVERSATION = "announce_send"
"""What is opened with the author once the people are counted."""


@dataclass(frozen=True, slots=True)
class _Look:
    """Announcements of which rows are missing, and when something else is due."""

    numbers: tuple[str, ...]
    stale: tuple[Announcement, ...]
    """Those that are to be counted again before anything else."""
    next_at: int | None


class Planning:
    """Counts, plans and starts announcements."""

    def __init__(
        self,
        store: Store,
        *,
        channels: Collection[str],
        quiet_until: Callable[[int, str], int],
        ways: Callable[[], Ways],
        languages: Iterable[str],
        pace: Pace,
    ) -> None:
        """`channels`: those that there are. `quiet_until`: as Quiet.until. `ways`: with nothing in them yet."""
        self.store = store
        self.channels = frozenset(channels)
        self.quiet_until = quiet_until
        self.ways = ways
        self.languages = tuple(languages)
        self.pace = pace
        self.size = LEAST * 5
        """People in the next stretch: what the last one took tells."""
        self.took = 0.0
        """Seconds for which the last stretch held the writer, with its commit."""
        self._wakes = (asyncio.Event(), asyncio.Event())
        self._working = [False, False]
        self._aside: dict[str, float] = {}
        """Announcements that could not be planned or counted, until when they are let alone."""
        self._woken = 0.0
        store.listeners.extend(one.set for one in self._wakes)

    @property
    def busy(self) -> bool:
        """Whether anything is being counted or planned, or is about to be looked for."""
        return any(self._working) or any(one.is_set() for one in self._wakes)

    async def run(self) -> None:
        """Plan and count as it falls due, side by side, until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._repeatedly(0, self.plan), name="planning")
            both.create_task(self._repeatedly(1, self.count), name="counting")

    async def _repeatedly(self, which: int, work: Callable[[], Awaitable[int | None]]) -> None:
        wake = self._wakes[which]
        while True:
            self._working[which] = True
            wake.clear()
            try:
                next_at = await work()
            except Unavailable:
                await asyncio.sleep(1)
                continue
            except Exception as fault:
                log.error("planning.fault", fault=place(fault))
                await asyncio.sleep(FAULT_SECONDS)
                continue
            wait = 3600.0 if next_at is None else max(0.0, (next_at - self.store.clock()) / 1000)
            self._working[which] = False
            await waking.sleep(wake, wait)

    # Planning

    async def plan(self) -> int | None:
        """Start and plan what is due; when there will be something again, UTC milliseconds."""
        while True:
            look = await self.store.run(self._look)
            for one in look.stale:
                await self._count_again(one)
            if look.stale:
                continue
            if not look.numbers:
                return look.next_at
            left = list(look.numbers)
            while left and not self._wakes[0].is_set() and not self._is_due(look.next_at):
                left = [number for number in left if await self._onward(number, look.next_at)]
            self._wakes[0].clear()

    def _is_due(self, at: int | None) -> bool:
        return at is not None and self.store.clock() >= at

    async def _look(self, tx: Tx) -> _Look:
        """Start what is due, and see of what rows are missing."""
        numbers: list[str] = []
        moments: list[int] = []
        stale: list[Announcement] = []
        for one in await announcements.live(tx, plans.STATES):
            at = one.send_at if one.send_at is not None else tx.now
            if one.state == "scheduled" and at - AHEAD_MS <= tx.now and letting_go.is_stale(one, tx.now):
                if not self._is_aside(one.number):
                    stale.append(one)
                continue
            if one.state == "scheduled" and at <= tx.now:
                if await letting_go.lapsed(tx, one):
                    continue
                await announcements.start(tx, one.number)
                await letting_go.note_exemption(tx, one)
                await schedules.next_one(tx, one.number)
            elif one.state == "scheduled":
                moments.append(at)
            if one.planned or self._is_aside(one.number):
                continue
            if at - AHEAD_MS <= tx.now:
                numbers.append(one.number)
            elif one.state == "scheduled":
                moments.append(at - AHEAD_MS)
        if self._aside:
            moments.append(tx.now + int(FAULT_SECONDS * 1000))
        return _Look(tuple(numbers), tuple(stale), min(moments, default=None))

    async def _onward(self, number: str, next_at: int | None) -> bool:
        """Plan the next people of one announcement, until something else is due; whether there are more."""
        sizes = (self.size,) * max(1, AT_ONCE // self.size)
        now, quiet = self.store.clock(), self.quiet_until
        try:
            stretches = await self.store.read(
                lambda db: plans.read(db, number, now, sizes, channels=self.channels, quiet_until=quiet)
            )
            for stretch in stretches:
                if not await self._write(stretch) or self._is_due(next_at):
                    break
            await self.store.checkpoint()
        except Unavailable:
            raise
        except Exception as fault:
            self._put_aside(number, fault)
            return False
        return bool(stretches) and not stretches[-1].whole

    async def _write(self, stretch: Stretch) -> bool:
        """Make the rows of a stretch; False where somebody else has been there."""

        async def work(tx: Tx) -> str | None:
            began = time.perf_counter()

            def committed() -> None:
                self.took = time.perf_counter() - began

            tx.after.append(committed)
            state = await tx.driver(lambda db: plans.write(db, stretch, tx.now))
            if state == "sending" and (stretch.whole or time.monotonic() > self._woken + WAKE_SECONDS):
                self._woken = time.monotonic()
                tx.wake()
            return state

        state = await self.store.run(work)
        by = min(1.5, max(0.5, GOAL_SECONDS / max(self.took, 0.001)))
        self.size = max(LEAST, min(MOST, int(self.size * by)))
        # Time for the others.
        await asyncio.sleep(self.took / 2)
        return state is not None

    # Counting

    async def count(self) -> int | None:
        """Count the people of new drafts, and show their authors."""
        drafts = [one for one in await self.store.run(announcements.uncounted) if not self._is_aside(one.number)]
        for draft in drafts:
            try:
                await self._count(draft)
            except Unavailable:
                raise
            except Exception as fault:
                self._put_aside(draft.number, fault)
        return self.store.clock() + int(FAULT_SECONDS * 1000) if self._aside else None

    async def _count(self, draft: Announcement) -> None:
        counts = await self._counts(draft)
        await self.store.run(lambda tx: _shown(tx, draft, counts))

    async def _count_again(self, one: Announcement) -> None:
        try:
            counts = await self._counts(one)
            await self.store.run(lambda tx: letting_go.recounted(tx, one, counts.json()))
        except Unavailable:
            raise
        except Exception as fault:
            self._put_aside(one.number, fault)

    async def _counts(self, one: Announcement) -> Counts:
        found = await self.store.run(lambda tx: self._ways(tx, one))
        ways: dict[str, Way] = {language: "knock" if way.knock else "template" for language, way in found.items()}
        shown, now = {language: way.shown for language, way in found.items()}, self.store.clock()
        return await self.store.read(
            lambda db: count(db, one, now, self.quiet_until, ways, channels=self.channels, pace=self.pace, shown=shown)
        )

    async def _ways(self, tx: Tx, draft: Announcement) -> dict[str, Template]:
        """By language: how this goes to somebody outside WhatsApp's window."""
        ways = self.ways()
        ways.approve(await contents.approved(tx))
        ways.add(draft)
        order = list(draft.texts)
        languages = sorted(self.languages, key=lambda one: order.index(draft.spoken(one)))
        found = {language: ways.template(draft.number, language) for language in languages}
        return {language: one for language, one in found.items() if one is not None}

    # What does not work

    def _put_aside(self, number: str, fault: Exception) -> None:
        log.error("planning.announcement", number=number, fault=place(fault))
        self._aside[number] = time.monotonic() + FAULT_SECONDS

    def _is_aside(self, number: str) -> bool:
        if self._aside.get(number, 0.0) <= time.monotonic():
            self._aside.pop(number, None)
        return number in self._aside


async def _shown(tx: Tx, draft: Announcement, counts: Counts) -> None:
    """Keep the figures and open the preview, unless the draft has changed while it was counted."""
    if await announcements.get(tx, draft.number) != draft:
        return
    await announcements.counted(tx, draft.number, counts.json())
    if draft.account:
        await notices.open(tx, draft.account, CONVERSATION, draft.number, "reply")
    tx.wake()
