"""WhatsApp loses what we do not take: what came while we were down is fetched, at the start and every few minutes.

Twilio keeps no queue as Telegram does (platform.md 2.3); its log of messages is compared with what we have handled.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Protocol

import structlog
from sqlalchemy import func, select

from bot.channels import Throttled, Uncertain, Unreachable
from bot.inbox import Inbox
from bot.log import place
from bot.messages import Incoming
from bot.schema import accounts
from bot.store import Store, Tx, Unavailable

log = structlog.get_logger(__name__)

EVERY_SECONDS = 180.0
OVERLAP_MS = 10 * 60_000
"""Fetched again each time, for messages that were on their way; the same sid is handled once."""
BEFORE_MS = 24 * 3_600_000
"""How far back the first look goes at least."""
LONGEST_MS = 7 * BEFORE_MS
"""How far back it goes at most: an answer after a longer silence would only surprise."""
ON_ITS_WAY_MS = 90_000
"""What is younger its webhook may still bring: Twilio tries for 15 seconds, and clocks may differ by a minute."""


class Misses(Protocol):
    """A channel that can be asked for what it could not deliver."""

    def missed(self, since: int) -> AsyncIterator[Incoming]:
        """Messages to us since then (UTC milliseconds), oldest first."""


class Reconciling:
    """Asks for messages that no webhook brought, and takes them in."""

    def __init__(self, channel: Misses, inbox: Inbox, store: Store) -> None:
        self.channel = channel
        self.inbox = inbox
        self.store = store

    async def run(self) -> None:
        """Look now and every few minutes, until cancelled."""
        since: int | None = None
        while True:
            began = self.store.clock()
            try:
                if since is None:
                    await self.once(await self._last_seen(), young=True)
                else:
                    await self.once(since)
                since = began - OVERLAP_MS
            except (Throttled, Unreachable, Uncertain, Unavailable) as fault:
                log.warning("reconciling.later", fault=type(fault).__name__)
            except Exception as fault:
                log.error("reconciling.fault", fault=place(fault))
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self, since: int, *, young: bool = False) -> int:
        """Take in what came since then and was not handled; how many messages were looked at.

        `young`: also what a webhook may still bring; else that is left to it, and to the next look.
        """
        seen = 0
        old = self.store.clock() - ON_ITS_WAY_MS
        waiting: list[Incoming] = []
        async for message in self.channel.missed(since):
            seen += 1
            late = message.at < old
            if late or young:
                waiting.append(replace(message, late=late))
            if len(waiting) >= 50:
                await self.inbox.take(waiting)
                waiting = []
        if waiting:
            await self.inbox.take(waiting)
        return seen

    async def _last_seen(self) -> int:
        async def work(tx: Tx) -> int:
            last = await tx.value(select(func.max(accounts.c.last_inbound_at)).where(accounts.c.channel == "whatsapp"))
            # A message that came by webhook a moment ago says nothing of those before it.
            return max(min(int(last or tx.now), tx.now - BEFORE_MS), tx.now - LONGEST_MS)

        return await self.store.run(work)
