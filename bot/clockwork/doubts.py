"""What may or may not have been sent on WhatsApp is asked of Twilio's log; on Telegram nobody can tell.

A delivery that Twilio has is sent; one that it has never seen has failed, and of one in several parts those that it has
never seen: staff may let them go again. By itself nothing goes: a request that was cut off may still become a message,
and nothing promises by when Twilio's list has it (platform.md 2.4), so now and then somebody would get it twice. Sends
nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from bot.channels import Blocked, Refused, Throttled, Unauthorized, Uncertain, Unreachable
from bot.channels.parts import MISSING
from bot.channels.twilio_log import Told
from bot.clockwork.ways import Ways
from bot.log import place
from bot.messages import Outgoing, Status
from bot.records import announcements, media, remains
from bot.records.remains import Doubt
from bot.store import Store, Tx, Unavailable

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

    def bodies(self, message: Outgoing) -> list[str]:
        """The texts of the messages that it takes, in order."""


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
        ids = _found(doubt, await self._bodies(doubt), told)
        state, reason = ("failed", "provider") if MISSING in ids else ("sent", "")
        known = " ".join(ids) if any(one != MISSING for one in ids) else ""
        await self.store.run(lambda tx: remains.resolved(tx, doubt, state, reason, known))
        log.info("doubts.asked", delivery=doubt.id, state=state)
        first = [one for one in told if one.sid == ids[0]]
        if first and not doubt.ids:
            with suppress(Unavailable):
                await self.settle([_status(one, self.store.clock()) for one in first])

    async def _bodies(self, doubt: Doubt) -> list[str]:
        """The texts of the messages that it takes."""
        if doubt.way == "template":
            return [doubt.number]
        if doubt.number not in self.ways:
            await self.store.run(lambda tx: self._take_up(tx, doubt.number))
        return self.channel.bodies(self.ways.message(doubt.number, "whatsapp", doubt.language, bool(doubt.sparing)))

    async def _take_up(self, tx: Tx, number: str) -> None:
        found = await announcements.get(tx, number)
        assert found is not None
        self.ways.add(found, await media.size(tx, found.media))


def _found(doubt: Doubt, bodies: Sequence[str], told: Sequence[Told]) -> list[str]:
    """The ids of its parts, MISSING for one that Twilio has never seen, or that it could not deliver.

    The words may have been others, in another language or before a correction, but not the announcement's number.
    """
    known = doubt.ids.split()
    left = [one for one in told if one.sid not in known]
    ids = []
    for at, body in enumerate(bodies):
        if at < len(known) and known[at] != MISSING:
            ids.append(known[at])
            continue
        words = body.split()
        mine = (one for one in left if one.text.split() == words or (doubt.number in body and doubt.number in one.text))
        match = next((one for one in mine if at == 0 or one.state not in ("failed", "undelivered")), None)
        ids.append(match.sid if match is not None else MISSING)
        left = [one for one in left if one is not match]
    return ids


def _status(one: Told, now: int) -> Status:
    return Status(f"wa:{one.sid}:{one.state}", "whatsapp", one.state, one.sid, error=one.error, at=now)  # type: ignore[arg-type]
