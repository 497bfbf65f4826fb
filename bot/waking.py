"""Sleeping until something wakes, or until it is time."""

from __future__ import annotations

import asyncio
from contextlib import suppress

LONGEST = 3600.0
"""Seconds after which one looks again in any case: clocks are set."""


async def sleep(wake: asyncio.Event, seconds: float) -> None:
    """Return once `wake` is set, and after so many seconds at the latest."""
    # Not wait_for: in Python 3.11 it loses a cancellation that comes together with what it waits for.
    with suppress(TimeoutError):
        async with asyncio.timeout(min(seconds, LONGEST)):
            await wake.wait()
