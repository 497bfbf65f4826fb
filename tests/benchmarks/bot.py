"""The bot as it runs in production, with the conversation that is measured beside its own.

`PIJAR_PROFILE=<file>` writes where the CPU time went, for pstats, when it ends.
"""

from __future__ import annotations

import asyncio
import cProfile
import os
import shutil
import tempfile
import time
from pathlib import Path

import uvloop

from bot import log, migrate, repertoire, running
from bot.config import Settings
from bot.service import spare_the_collector, stopping
from bot.texts import Texts
from tests.benchmarks.conversation import bench

OWN = Path(__file__).parent / "locales"


def texts(*folders: Path) -> Texts:
    """The bot's catalogues, with those of these folders beside them."""
    with tempfile.TemporaryDirectory(prefix="pijar-locales-") as together:
        for one in (running.LOCALES, *folders):
            shutil.copytree(one, together, dirs_exist_ok=True)
        return Texts.load(together)


def main() -> None:
    """Serve until SIGINT or SIGTERM, as service.run does."""
    settings = Settings.load(None)
    log.configure(settings.log_level, settings.log_format, settings.secrets)
    migrate.ensure(settings.database_url)
    profile = os.environ.get("PIJAR_PROFILE")
    if not profile:
        uvloop.run(_serve(settings))
        return
    profiler = cProfile.Profile(time.thread_time)
    profiler.runcall(asyncio.run, _serve(settings))
    profiler.dump_stats(profile)


async def _serve(settings: Settings) -> None:
    ended = stopping()
    service = running.Running(settings, [*repertoire.load(), bench], texts=texts(OWN))
    try:
        await service.start()
        spare_the_collector()
        await ended.wait()
    finally:
        await service.stop()


if __name__ == "__main__":
    main()
