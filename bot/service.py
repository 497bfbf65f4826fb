"""The bot as a process: from its settings to Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from bot import log, migrate, repertoire
from bot.config import Settings
from bot.running import Running, now_ms

said = structlog.get_logger(__name__)


Beside = Callable[[Running], Coroutine[Any, Any, None]]


def run(settings: Settings, clock: Callable[[], int] = now_ms, beside: Beside | None = None) -> None:
    """Serve until SIGINT or SIGTERM, with `beside` running along; raises CannotMigrate, Unauthorized."""
    log.configure(settings.log_level, settings.log_format, settings.secrets)
    migrate.ensure(settings.database_url)
    asyncio.run(_serve(settings, clock, beside))


async def _serve(settings: Settings, clock: Callable[[], int], beside: Beside | None) -> None:
    # Before anything is started, so that a signal that comes early ends it in order, too.
    ended = stopping()
    running = Running(settings, repertoire.load(), clock=clock)
    along: asyncio.Task[None] | None = None
    try:
        await running.start()
        if beside is not None:
            along = asyncio.create_task(beside(running))
        said.info("service.started", channels=sorted(running.channels), port=running.port)
        await ended.wait()
        said.info("service.stopping")
    finally:
        if along is not None:
            along.cancel()
        await running.stop()


def stopping() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, ended.set)
    return ended
