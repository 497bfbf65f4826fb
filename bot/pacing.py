"""How fast we may speak: a token bucket for a channel, and a second between unasked messages to one chat.

Counts on the monotonic clock. A reply never waits here; it only takes its token, so that what is not a reply gives way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Bucket:
    """`rate` tokens a second, at most `burst` of them at once; what was taken ahead is paid back before others go."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self.rate = rate
        self.burst = burst
        self.clock = clock
        self._tokens = burst
        self._at = clock()

    def _refill(self) -> None:
        now = self.clock()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now

    def draw(self) -> None:
        """Take a token at once, even one that is not there yet."""
        self._refill()
        self._tokens -= 1

    def wait(self) -> float:
        """Seconds until a token is there; 0 when one is."""
        self._refill()
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self.rate


class Pace:
    """The pace of one channel: its bucket, its pauses, and the last word to each chat."""

    def __init__(self, rate: float, clock: Callable[[], float], per_chat: float = 1.0) -> None:
        self.clock = clock
        self.bucket = Bucket(rate, rate, clock)
        self.per_chat = per_chat
        self._paused_until = 0.0
        self._chat_paused: dict[str, float] = {}
        self._spoken: dict[str, float] = {}
        self._failures = 0
        self._line = asyncio.Lock()
        """One looks for a token, the others wait for that one: all looking at once would cost a core."""

    async def reply(self, chat: str) -> None:
        """Wait only for what the provider itself asked us to wait for."""
        while (wait := self.pause(chat)) > 0:
            await asyncio.sleep(wait)
        self.bucket.draw()

    async def unasked(self, chat: str) -> None:
        """Wait for this chat's second, then in line for a token."""
        spoken = self._spoken.get(chat)
        if spoken is not None:
            await asyncio.sleep(spoken + self.per_chat - self.clock())
        async with self._line:
            while (wait := max(self.pause(chat), self.bucket.wait())) > 0:
                await asyncio.sleep(wait)
            self.bucket.draw()
        if len(self._spoken) > 10_000:
            self._spoken.clear()
        self._spoken[chat] = self.clock()

    def pause(self, chat: str) -> float:
        """Seconds for which the provider wants to be left alone; 0 or less when it does not."""
        now = self.clock()
        if self._chat_paused:
            until = self._chat_paused.get(chat, 0.0)
            if until <= now:
                self._chat_paused.pop(chat, None)
            return max(self._paused_until, until) - now
        return self._paused_until - now

    def throttled(self, after: float, chat: str = "") -> None:
        """The provider said to wait: this chat where one is named, else the channel."""
        until = self.clock() + after
        if chat:
            self._chat_paused[chat] = until
        else:
            self._paused_until = max(self._paused_until, until)

    def down(self) -> None:
        """The provider could not be reached: after some in a row the whole channel waits, longer each time."""
        self._failures += 1
        if self._failures >= 5:
            self.throttled(min(30.0, 0.25 * 2 ** min(self._failures - 5, 7)))

    def up(self) -> None:
        """The provider took a message."""
        self._failures = 0
