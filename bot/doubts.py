"""What may or may not have been sent on WhatsApp is asked of Twilio's log; on Telegram nobody can tell.

A delivery that Twilio has is sent; one that it has never seen has failed, and staff may let it go again. By itself it
never goes: a request that was cut off may still become a message, and nothing promises by when Twilio's list has it
(platform.md 2.4), so now and then somebody would get it twice. Sends nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from bot import markup
from bot.channels import Blocked, Refused, Throttled, Unauthorized, Uncertain, Unreachable
from bot.channels.twilio_log import Told
from bot.log import place
from bot.messages import Status
from bot.records import announcements, remains
from bot.records.remains import Doubt
from bot.store import Store, Unavailable
from bot.ways import Ways

log = structlog.get_logger(__name__)

SETTLED_SECONDS = 30.0
"""Until then a request that was cut off may still become a message."""
AGAIN_SECONDS = 60.0
SOME = 100
ENOUGH = 3
"""After so many that are not answered it is left for later."""
DAY_MS = 86_400_000
CLOCKS_MS = 60_000
"""By which Twilio's clock and ours may differ."""


class Remembers(Protocol):
    """A channel whose provider keeps a log of what we sent."""

    async def told(self, address: str, since: int) -> list[Told]:
        """Our messages to an address since then (UTC milliseconds), oldest first."""


class Doubts:
    """Clears up what is uncertain."""

    def __init__(
        self, channel: Remembers, store: Store, ways: Ways, settle: Callable[[Sequence[Status]], Awaitable[None]]
    ) -> None:
        """`settle` takes what became of a message."""
        self.channel = channel
        self.store = store
        self.ways = ways
        self.settle = settle
        self._unanswered: set[int] = set()
        """Those of which nothing could be learned, although it was asked."""
        self._wake = asyncio.Event()
        self._wake.set()

    def arise(self) -> None:
        """Something has become uncertain."""
        self._wake.set()

    async def run(self) -> None:
        """Ask now and whenever something has become uncertain, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(SETTLED_SECONDS)
            try:
                while await self.once():
                    pass
            except (Throttled, Unreachable, Uncertain, Unauthorized, Blocked, Refused, Unavailable) as fault:
                log.warning("doubts.later", fault=type(fault).__name__)
                self._again()
            except Exception as fault:
                log.error("doubts.fault", fault=place(fault))
                self._again()

    def _again(self) -> None:
        asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._wake.set)

    async def once(self) -> int:
        """Ask about some; how many. Raises as the channel does, and Unavailable."""
        since, faults = self.store.clock() - DAY_MS, []
        found = await self.store.read(lambda db: remains.doubts(db, since, SOME))
        for doubt in sorted(found, key=lambda one: one.id in self._unanswered):
            try:
                await self._clear_up(doubt)
            except (Unreachable, Uncertain, Blocked, Refused) as fault:
                # It may be this one alone: next time it comes behind the others.
                self._unanswered.add(doubt.id)
                faults.append(fault)
                if len(faults) == ENOUGH:
                    break
        if faults:
            raise faults[0]
        self._unanswered.clear()
        return len(found)

    async def _clear_up(self, doubt: Doubt) -> None:
        told = await self.channel.told(doubt.address, doubt.since - CLOCKS_MS)
        mine = [one for one in told if doubt.number in one.text]
        parts = await self._parts(doubt)
        ids = " ".join(one.sid for one in mine)
        state, reason = ("sent", "") if len(mine) >= parts else ("uncertain", "") if mine else ("failed", "provider")
        await self.store.run(lambda tx: remains.resolved(tx, doubt, state, reason, ids))
        log.info("doubts.asked", delivery=doubt.id, state=state)
        if state == "sent":
            with suppress(Unavailable):
                await self.settle([_status(one, self.store.clock()) for one in mine[:1]])

    async def _parts(self, doubt: Doubt) -> int:
        """How many messages it takes; all but the last of them may lack the number of the announcement."""
        if doubt.way == "template":
            return 1
        if doubt.number not in self.ways:
            found = await self.store.run(lambda tx: announcements.get(tx, doubt.number))
            assert found is not None
            self.ways.add(found)
        text = self.ways.message(doubt.number, "whatsapp", doubt.language).text
        split = markup.split(text, markup.WHATSAPP_LIMIT, markup.whatsapp_length)
        return sum(doubt.number in part for part in split)


def _status(one: Told, now: int) -> Status:
    return Status(f"wa:{one.sid}:{one.state}", "whatsapp", one.state, one.sid, error=one.error, at=now)  # type: ignore[arg-type]
