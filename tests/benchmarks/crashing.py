"""An announcement under a bot that is killed again and again: what each planned delivery comes to, and what arrived."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bot import migrate
from tests.benchmarks.announcing import OUTSIDE, populate
from tests.benchmarks.process import Bot, environment, free_port
from tests.benchmarks.providers import Providers

DELAY = 0.03
"""Seconds that a message takes at the provider: some are always on their way."""
FINAL = ("sent", "uncertain", "failed")


@dataclass
class Crashed:
    """What came out of one run."""

    channel: str
    kills: int
    recipients: int
    states: Counter[str] = field(default_factory=Counter)
    announcement: str = ""
    marked: list[int] = field(default_factory=list)
    """Deliveries that were `sending` at each kill."""
    twice: int = 0
    """People who got it more than once."""
    missing: int = 0
    """People whose delivery is `sent`, and who got nothing."""
    denied: int = 0
    """People whose delivery has `failed`, and who got it."""
    unknown: int = 0
    """Uncertain ones of which Twilio could still be asked."""
    seconds: float = 0.0

    def __str__(self) -> str:
        found = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{self.channel:9} {self.recipients} people, {self.kills} kills in {self.seconds:.0f} s: {found}; "
            f"at a kill {max(self.marked, default=0)} marked at most; {self.twice} twice, {self.missing} missing, "
            f"{self.denied} denied; the announcement is {self.announcement}"
        )


async def crash(channel: str, kills: int, recipients: int, *, ask: bool, seed: int = 7) -> Crashed:
    """Send it, kill the bot so many times meanwhile, and let it come to its end. ask: wait until Twilio was asked."""
    with tempfile.TemporaryDirectory(prefix="pijar-crash-") as name:
        return await _crash(Path(name), Crashed(channel, kills, recipients), ask, random.Random(seed))


async def _crash(folder: Path, crashed: Crashed, ask: bool, chance: random.Random) -> Crashed:
    channel, recipients = crashed.channel, crashed.recipients
    reached = Counter[int]()
    port = free_port()
    providers = Providers(lambda chat, text: reached.update((chat,)), delay=DELAY, webhook=_webhook(channel, port))
    await providers.start()
    settings = environment(
        providers.url, folder, port, telegram="polling" if channel == "telegram" else "", whatsapp=channel == "whatsapp"
    )
    # So fast that all the kills come before the end.
    settings["TELEGRAM_RATE"] = str(max(20, round(recipients / max(1, crashed.kills) / 0.7)))
    settings["QUIET_HOURS"] = "00:00-00:00"
    migrate.ensure(settings["DATABASE_URL"])
    database = folder / "pijar.db"
    populate(database, recipients, channel)
    bot, began = Bot(settings, folder), time.perf_counter()
    try:
        for _ in range(crashed.kills):
            await bot.start()
            await _sends(providers, bot)
            await asyncio.sleep(chance.uniform(0.0, 0.6))
            await bot.end(signal.SIGKILL)
            crashed.marked.append(_count(database, "state = 'sending'"))
        assert _count(database, "state = 'waiting'") > 0, "it was over before the last kill: that shows nothing"
        await bot.start()
        # At the most as slow as the slower pace.
        until = time.perf_counter() + 60 + recipients / 20
        while _count(database, "state IN ('waiting', 'sending')") or (ask and _asked_for(database)):
            assert time.perf_counter() < until, f"it does not come to its end\n{bot.log()[-3000:]}"
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.3)
        await bot.end()
    finally:
        await bot.end(signal.SIGKILL)
        await providers.stop()
    crashed.seconds = time.perf_counter() - began
    _judge(crashed, database, reached)
    return crashed


def _webhook(channel: str, port: int) -> str:
    return f"http://127.0.0.1:{port}" if channel == "whatsapp" else ""


async def _sends(providers: Providers, bot: Bot) -> None:
    """Return once it has sent something."""
    sends, until = providers.sends, time.perf_counter() + 30
    while providers.sends == sends:
        assert time.perf_counter() < until, f"nothing is sent any more\n{bot.log()[-3000:]}"
        await asyncio.sleep(0.01)


def _count(database: Path, where: str) -> int:
    with closing(sqlite3.connect(database)) as db:
        return int(db.execute(f"SELECT count(*) FROM deliveries WHERE {where}").fetchone()[0])


def _asked_for(database: Path) -> int:
    return _count(database, "channel = 'whatsapp' AND state = 'uncertain' AND reason = 'no_answer'")


def _judge(crashed: Crashed, database: Path, reached: Counter[int]) -> None:
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute(
            "SELECT d.state, a.external_id FROM deliveries d JOIN accounts a ON a.id = d.account_id"
        ).fetchall()
        crashed.announcement = db.execute("SELECT state FROM announcements").fetchone()[0]
    crashed.unknown = _asked_for(database)
    for state, address in rows:
        count = reached[int(address.removeprefix("ID."))]
        crashed.states[state] += 1
        crashed.twice += count > 1
        crashed.missing += state == "sent" and count == 0
        crashed.denied += state == "failed" and count > 0
    assert all(one >= OUTSIDE for one in reached)
