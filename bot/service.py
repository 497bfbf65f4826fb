"""The bot as a process: from its settings to Ctrl-C."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
import uvloop
from sqlalchemy.engine import make_url

from bot import log, migrate, repertoire
from bot.config import Settings
from bot.questions import marts
from bot.running import Running, now_ms

said = structlog.get_logger(__name__)


class NotAlone(Exception):
    """Another process has the database; the message says what to do."""


Beside = Callable[[Running], Coroutine[Any, Any, None]]


def run(settings: Settings, clock: Callable[[], int] = now_ms, beside: Beside | None = None) -> None:
    """Serve until SIGINT or SIGTERM, with `beside` running along; raises CannotMigrate, Unauthorized, BadData."""
    log.configure(settings.log_level, settings.log_format, settings.secrets)
    # Filled in by who runs the bot: a slip is told now, and not to the first who asks for the mart.
    marts.everywhere()
    with alone(settings.database_url):
        migrate.ensure(settings.database_url)
        uvloop.run(_serve(settings, clock, beside))


@contextmanager
def alone(url: str) -> Iterator[None]:
    """Serve a database alone: two at once would both send what one of them has claimed. Raises NotAlone."""
    lock = Path(f"{make_url(url).database}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NotAlone(
                f"Another process serves this database already ({lock} is locked). Stop that one first, or give this "
                "one another DATABASE_URL."
            ) from None
        yield


async def _serve(settings: Settings, clock: Callable[[], int], beside: Beside | None) -> None:
    # Before anything is started, so that a signal that comes early ends it in order, too.
    ended = stopping()
    running = Running(settings, repertoire.load(), clock=clock)
    along: asyncio.Task[None] | None = None
    try:
        await running.start()
        if beside is not None:
            along = asyncio.create_task(beside(running))
        spare_the_collector()
        said.info("service.started", channels=sorted(running.channels), port=running.port)
        await ended.wait()
        said.info("service.stopping")
    finally:
        if along is not None:
            along.cancel()
        await running.stop()


def spare_the_collector() -> None:
    """Never look again at what the start has made: each full collection over it stops everything for 80 ms.

    At what came since, seldom: little of it goes round in circles, and looking was a twentieth of all CPU time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def stopping() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, ended.set)
    return ended
