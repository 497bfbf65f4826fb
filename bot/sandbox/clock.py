"""The one clock of the sandbox: real time plus an offset that people and tests may move forward.

It never goes back, and it does not slow real waiting: a delay fault takes real milliseconds."""

from __future__ import annotations

import asyncio
import time


class Clock:
    """Tells sandbox time in seconds since the epoch."""

    __slots__ = ("_moved", "offset")

    def __init__(self) -> None:
        self.offset = 0.0
        self._moved: set[asyncio.Future[None]] = set()

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time() + self.offset

    def ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return int((time.time() + self.offset) * 1000)

    def monotonic(self) -> float:
        """Seconds that only rise; jumps forward with the clock."""
        return time.monotonic() + self.offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward and wake whoever sleeps on it."""
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self.offset += seconds
        moved, self._moved = self._moved, set()
        for future in moved:
            if not future.done():
                future.set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Sleep for so many sandbox seconds; moving the clock shortens it."""
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._moved.add(future)
            try:
                await asyncio.wait_for(future, left)
            except TimeoutError:
                return
            finally:
                self._moved.discard(future)
