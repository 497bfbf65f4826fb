"""The demo's bot: `pijar run` with the sandbox's clock in the place of its own, so that the page can move time.

Everything else is as in production. Started by demo.py in a process of its own, with the sandbox's address.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

import aiohttp

from bot import service
from bot.config import Settings
from bot.running import Running, now_ms

LOOK_SECONDS = 0.25


class Following:
    """Our clock, moved by as much as the sandbox's: UTC milliseconds."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        self.offset = 0

    def __call__(self) -> int:
        return now_ms() + self.offset

    async def follow(self, running: Running) -> None:
        """Look at the sandbox's clock until cancelled; when it has been moved, look what is due."""
        async with aiohttp.ClientSession() as client:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with client.get(f"{self.sandbox}/control/clock") as answer:
                        offset = round((await answer.json())["offset"] * 1000)
                    if offset != self.offset:
                        self.offset = offset
                        for wake in running.store.listeners:
                            wake()
                await asyncio.sleep(LOOK_SECONDS)


def main(sandbox: str) -> None:
    """Run the bot beside this sandbox."""
    following = Following(sandbox)
    service.run(Settings.load(None), clock=following, beside=following.follow)


if __name__ == "__main__":
    main(sys.argv[1])
