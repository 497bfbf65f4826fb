"""The bot as a process: from its settings to Ctrl-C."""

from __future__ import annotations

import asyncio
import signal

import structlog

from bot import log, migrate, repertoire
from bot.config import Settings
from bot.running import Running

said = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; raises migrate.CannotMigrate, channels.Unauthorized."""
    log.configure(settings.log_level, settings.log_format, settings.secrets)
    migrate.ensure(settings.database_url)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    # Before anything is started, so that a signal that comes early ends it in order, too.
    ended = stopping()
    running = Running(settings, repertoire.load())
    try:
        await running.start()
        said.info("service.started", channels=sorted(running.channels), port=running.port)
        await ended.wait()
        said.info("service.stopping")
    finally:
        await running.stop()


def stopping() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, ended.set)
    return ended
