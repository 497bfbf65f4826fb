"""Telegram by long polling: one request at a time, and the next offset is asked for only after the commit.

That is the acknowledgement (platform.md 1.2, 1.4). An update that cannot be read is counted and stepped over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot.channels import Throttled, Uncertain, Unreachable, Unreadable
from bot.channels.telegram import Telegram
from bot.inbox import Inbox
from bot.log import place
from bot.messages import Incoming, Status
from bot.metrics import Metrics
from bot.store import Unavailable

log = structlog.get_logger(__name__)

TIMEOUT = 50
"""Seconds; Telegram's own cap."""


class Polling:
    """Fetches updates and hands them to the inbox."""

    def __init__(
        self,
        telegram: Telegram,
        inbox: Inbox,
        metrics: Metrics,
        statuses: Callable[[Sequence[Status]], Awaitable[None]],
    ) -> None:
        self.telegram = telegram
        self.inbox = inbox
        self.metrics = metrics
        self.statuses = statuses
        self.polled_at = time.monotonic()
        """When Telegram last answered, on the monotonic clock."""

    async def run(self) -> None:
        """Poll until cancelled; waits ever longer while Telegram or the database is not there."""
        offset, pause = 0, 0.5
        while True:
            try:
                updates = await self.telegram.updates(offset, TIMEOUT)
                self.polled_at = time.monotonic()
                if updates:
                    await self._take([raw for _, raw in updates])
                    offset = updates[-1][0] + 1
                pause = 0.5
            except Throttled as told:
                await asyncio.sleep(told.after)
            except (Unreachable, Uncertain, Unavailable) as fault:
                log.warning("polling.paused", fault=type(fault).__name__, seconds=pause)
                pause = await _longer(pause)
            except Exception as fault:
                log.error("polling.fault", fault=place(fault), seconds=pause)
                pause = await _longer(pause)

    async def _take(self, raws: Sequence[bytes]) -> None:
        messages: list[Incoming] = []
        statuses: list[Status] = []
        for raw in raws:
            for one in self._parsed(raw):
                if isinstance(one, Incoming):
                    messages.append(one)
                else:
                    statuses.append(one)
        if messages:
            await self.inbox.take(messages)
        if statuses:
            await self.statuses(statuses)

    def _parsed(self, raw: bytes) -> Sequence[Incoming | Status]:
        try:
            return self.telegram.parse(raw)
        except Unreadable as unreadable:
            self.metrics.unreadable("telegram")
            log.warning("update.unreadable", key=unreadable.key, shape=unreadable.shape)
            return ()


async def _longer(pause: float) -> float:
    """Wait, and say how long the next time."""
    await asyncio.sleep(pause)
    return min(30.0, pause * 2)
