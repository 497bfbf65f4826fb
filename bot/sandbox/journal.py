"""What has happened, in order: the page, the control API and waiting tests all read from here."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import msgspec


class News(msgspec.Struct, omit_defaults=True):
    """One thing that happened on a phone, or (phone "") in the sandbox."""

    seq: int
    kind: str  # message, edit, status, delete, typing, toast, phone, clock, commands, reset
    phone: str = ""
    message: Any = None


class Journal:
    """Keeps the last `size` news and wakes whoever waits for more."""

    __slots__ = ("_news", "_waiting", "seq")

    def __init__(self, size: int = 20_000) -> None:
        self.seq = 0
        self._news: deque[News] = deque(maxlen=size)
        self._waiting: set[asyncio.Future[None]] = set()

    def add(self, kind: str, phone: str = "", message: Any = None) -> None:
        """Record one piece of news."""
        self.seq += 1
        self._news.append(News(self.seq, kind, phone, message))
        if self._waiting:
            self.wake()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def since(self, seq: int, limit: int = 1000) -> list[News] | None:
        """The news after `seq`, oldest first; None when some of them are no longer kept."""
        if seq >= self.seq:
            return []
        oldest = self._news[0].seq if self._news else self.seq + 1
        if seq + 1 < oldest:
            return None
        start = seq + 1 - oldest
        return [self._news[i] for i in range(start, min(len(self._news), start + limit))]

    async def wait(self, seq: int, seconds: float) -> bool:
        """Wait until there is news after `seq`; False when nothing came in time."""
        if self.seq > seq:
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(future)
        return True
