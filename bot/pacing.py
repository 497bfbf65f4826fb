"""How fast we may speak: a token bucket for a channel, and a second between unasked messages to one chat.

Counts on the monotonic clock. What is not a reply gives way: a reply takes its token even where there is none. It waits
only for what the provider itself asked us to wait for, and a few milliseconds where it would be one too many.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

SLACK = 0.01
"""Seconds by which what is not a reply may be behind and still catch up: timers are late by some milliseconds."""
GIVES_WAY = 0.98
"""What is not a reply leaves so much of the pace, that answers find room in every second."""
SECOND = 1.03
"""What a provider counts as a second, and something for the way: what we space evenly it may get bunched."""
PATIENCE = 0.15
"""Seconds for which a reply makes room, at the most, where announcements have just filled the second. One in ten waits
at all, for 35 ms at most; only where several come in the same moment it takes longer."""


class Bucket:
    """`rate` tokens a second, at most `burst` of them at once; what was taken ahead is paid back before others go.

    No more than a second's worth is owed: who only answers for a while can then speak unasked again.
    """

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

    def draw(self, count: int = 1) -> None:
        """Take tokens at once, even such as are not there yet."""
        self._refill()
        self._tokens = max(self._tokens - count, -self.rate)

    def wait(self) -> float:
        """Seconds until a token is there; 0 when one is."""
        self._refill()
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self.rate


class Pace:
    """The pace of one channel: its bucket, its pauses, and the last word to each chat."""

    def __init__(self, rate: float, clock: Callable[[], float], per_chat: float = 1.0) -> None:
        self.clock = clock
        self.rate = rate
        self.bucket = Bucket(rate * GIVES_WAY, 1 + SLACK * rate, clock)
        self.per_chat = per_chat
        self._latest: deque[float] = deque(maxlen=int(rate) + 1)
        """When we spoke last; one more than this in a second is what a provider would refuse."""
        self._unasked_at = 0.0
        self._paused_until = 0.0
        self._chat_paused: dict[str, float] = {}
        self._spoken: dict[str, float] = {}
        self._failures = 0
        self._line = asyncio.Lock()
        """One looks for a token, the others wait for that one: all looking at once would cost a core."""

    async def reply(self, chat: str) -> None:
        """Wait only for what the provider itself asked us to wait for, and a moment for room in the second."""
        while (wait := self.pause(chat)) > 0:
            await asyncio.sleep(wait)
        if self._is_full() > 0 and self._unasked_at > self.clock() - SECOND:
            await self._make_room()
        self._draw()

    async def unasked(self, chat: str, count: int = 1, patience: float = math.inf) -> bool:
        """Wait for this chat's second, then in line for a token; `count`: for so many messages at once.

        False, and nothing taken, where the provider wants to be left alone for longer than `patience` (seconds).
        """
        while (wait := self.rest(chat)) > 0:
            await asyncio.sleep(wait)
        async with self._line:
            while (wait := max(self.pause(), self.bucket.wait(), self._is_full(count))) > 0:
                if self.pause() > patience:
                    return False
                await asyncio.sleep(wait)
            self._draw(count)
        now = self._unasked_at = self._latest[-1]
        if len(self._spoken) > 10_000:
            self._spoken = {one: at for one, at in self._spoken.items() if at + self.per_chat > now}
        self._spoken[chat] = now
        return True

    def rest(self, chat: str) -> float:
        """Seconds until this chat may be told something unasked again; what others wait for is not in it."""
        now = self.clock()
        spoken = self._spoken.get(chat)
        until = spoken + self.per_chat if spoken is not None else 0.0
        return max(until, self._chat_paused.get(chat, 0.0)) - now

    def pause(self, chat: str = "") -> float:
        """Seconds for which the provider wants to be left alone, by all or by this chat; 0 or less when it does not."""
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

    def _draw(self, count: int = 1) -> None:
        self.bucket.draw(count)
        self._latest.extend([self.clock()] * count)

    def _is_full(self, count: int = 1) -> float:
        """Seconds until there is room for so many more in the second that is just going by."""
        most, known = self._latest.maxlen or 1, len(self._latest)
        oldest = known + min(count, most) - most - 1
        return self._latest[oldest] + SECOND - self.clock() if oldest >= 0 else 0.0

    async def _make_room(self) -> None:
        until = self.clock() + PATIENCE
        while (wait := min(self._is_full(), until - self.clock())) > 0:
            await asyncio.sleep(wait)
