"""An announcement to many while some people chat: how fast it goes out, and how long the others wait."""

from __future__ import annotations

import asyncio
import gc
import random
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot import migrate
from tests.benchmarks.people import Bench, Crowd
from tests.benchmarks.process import Bot, environment, free_port
from tests.benchmarks.providers import Providers
from tests.benchmarks.scenarios import FIRST, yardstick

NUMBER = "PGM-BENCH"
LIMIT = 30
"""Messages a second that Telegram takes, whichever they are."""
THINK_SECONDS = 2.0
"""How long somebody who chats thinks about an answer, on average."""
OUTSIDE = 50_000_000
"""The first recipient's number: nobody who chats has one like it."""


@dataclass(frozen=True)
class Announced:
    """What came out of one run; milliseconds and megabytes."""

    name: str
    reached: int
    rate: float
    """Messages a second, answers included."""
    cpu: float
    refused: int
    lost: int
    twice: int
    p50: float
    p99: float
    longest: float
    answered: int
    memory: float
    first: float
    """Seconds from the start of the bot to the first message."""
    yardstick: float


HEAD = (
    f"{'announcement':34} {'reached':>8} {'msg/s':>7} {'CPU ms/msg':>10} {'429':>4} {'lost':>5} {'twice':>5} "
    f"{'answers':>7} {'p50 ms':>7} {'p99 ms':>7} {'max ms':>7} {'RSS MB':>7} {'first s':>7} {'yardstick':>9}"
)


def line(one: Announced) -> str:
    """The figures as one line under `HEAD`."""
    return (
        f"{one.name:34} {one.reached:8} {one.rate:7.1f} {one.cpu:10.3f} {one.refused:4} {one.lost:5} {one.twice:5} "
        f"{one.answered:7} {one.p50:7.1f} {one.p99:7.1f} {one.longest:7.1f} {one.memory:7.0f} {one.first:7.2f} "
        f"{one.yardstick:9.3f}"
    )


async def announce(
    name: str, recipients: int, *, chatters: int = 5, limit: int = LIMIT, seconds: float = 0.0, delay: float = 0.0,
    rate: int = 29, profile: str = "",
) -> Announced:  # fmt: skip
    """Send one announcement; `seconds`: no longer than this, 0 to the end. limit 0: as fast as it goes."""
    folder = Path(tempfile.mkdtemp(prefix="pijar-announce-"))
    chance, reached = random.Random(7), Counter[int]()
    crowd = Crowd(lambda chat, text: None, range(FIRST, FIRST + chatters), Bench())
    crowd.thinks = lambda: chance.expovariate(1 / THINK_SECONDS)

    def heard(chat: int, text: str) -> None:
        if chat >= OUTSIDE:
            reached[chat] += 1
        else:
            crowd.heard(chat, text)

    providers = Providers(heard, delay=delay, limit=limit)
    crowd.write = providers.telegram
    await providers.start()
    settings = environment(providers.url, folder, free_port())
    settings["TELEGRAM_RATE"] = str(rate if limit else 100_000)
    settings["QUIET_HOURS"] = "00:00-00:00"
    if profile:
        settings["PIJAR_PROFILE"] = profile
    database = folder / "pijar.db"
    migrate.ensure(settings["DATABASE_URL"])
    populate(database, recipients)
    # Now, for a pause of the stand-in would bunch what the bot has spaced.
    gc.collect()
    gc.freeze()
    bot = Bot(settings, folder)
    try:
        await bot.start()
        await asyncio.wait_for(providers.polled.wait(), 60)
        crowd.begin()
        while not reached:
            await asyncio.sleep(0.01)
        first = time.perf_counter() - bot.started_at
        began, cpu, sends, before = time.perf_counter(), bot.cpu(), providers.sends, len(reached)
        last, quiet = began, 0.0
        while len(reached) < recipients and quiet < 20 and (not seconds or last - began < seconds):
            count = len(reached)
            await asyncio.sleep(0.02)
            now = time.perf_counter()
            quiet = 0.0 if len(reached) > count else quiet + now - last
            last = now
        took, used = last - began - quiet, bot.cpu() - cpu
        messages = providers.sends - sends
        crowd.paused = True
        memory = bot.memory()[1]
        beside = yardstick()
    finally:
        await bot.end()
        await providers.stop()
    said = bot.log().strip()
    if said:
        print(f"  the bot's log ends with: {said[-1500:]}")
    with closing(sqlite3.connect(database)) as db:
        left = dict(db.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall())
    shutil.rmtree(folder, ignore_errors=True)
    lost = 0 if seconds else recipients - len(reached)
    if not seconds and left.get("sent", 0) != recipients:
        print(f"  deliveries: {left}")
    times = sorted(crowd.latencies) or [0.0]
    return Announced(
        name, len(reached) - before, messages / took, used * 1000 / max(1, messages), providers.refused, lost,
        sum(count - 1 for count in reached.values()), times[len(times) // 2] * 1000,
        times[int(len(times) * 0.99)] * 1000, times[-1] * 1000, len(crowd.latencies), memory, first, beside,
    )  # fmt: skip


def populate(database: Path, recipients: int, channel: str = "telegram") -> None:
    """An announcement that goes out to so many people."""
    now = time.time_ns() // 1_000_000
    many = range(recipients)
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA journal_mode=WAL")
        db.executemany(
            "INSERT INTO persons (id, district, created_at) VALUES (?, '33.07', ?)",
            ((f"p{one:08x}", now) for one in many),
        )
        db.executemany(
            "INSERT INTO accounts (id, channel, external_id, person_id, last_inbound_at, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            ((f"a{one:08x}", channel, external_id(channel, one), f"p{one:08x}", now, now) for one in many),
        )
        db.executemany(
            "INSERT INTO subscriptions (account_id, topic, wanted, at) VALUES (?, 'mart', true, ?)",
            ((f"a{one:08x}", now) for one in many),
        )
        db.execute(
            "INSERT INTO announcements (number, category, state, texts, audience, author, send_at, planned, created_at,"
            " started_at) VALUES (?, 'mart_info', 'sending', ?, '{}', 'PTG-BENCH', ?, true, ?, ?)",
            (NUMBER, '{"id": "Mart buka hari Minggu, pukul 08.00 sampai 17.00."}', now, now, now),
        )
        db.executemany(
            "INSERT INTO deliveries (announcement, account_id, person_id, channel, state, due_at)"
            " VALUES (?, ?, ?, ?, 'waiting', ?)",
            ((NUMBER, f"a{one:08x}", f"p{one:08x}", channel, now) for one in many),
        )
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def external_id(channel: str, one: int) -> str:
    """The address of a recipient."""
    return str(OUTSIDE + one) if channel == "telegram" else f"ID.{OUTSIDE + one:016d}"
