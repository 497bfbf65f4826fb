"""What is measured, each with a bot and a database of its own."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import telegram

from bot import migrate
from tests.benchmarks.people import Bench, Crowd, Script
from tests.benchmarks.process import Bot, environment, free_port
from tests.benchmarks.providers import TOKEN, Providers

FIRST = 1001
"""The first person's number on either channel."""


@dataclass(frozen=True)
class Figures:
    """What came out of one run; milliseconds and megabytes."""

    name: str
    turns: int
    cpu: float
    rate: float
    p50: float
    p99: float
    memory: float
    highest: float
    wrong: int
    twice: int
    batch: float
    """Messages that shared a commit, on average."""
    yardstick: float
    """What `yardstick` took beside it; 0.086 where the targets were set (platform.md 1.4)."""


HEAD = (
    f"{'scenario':40} {'CPU ms/turn':>11} {'turns/s':>8} {'p50 ms':>7} {'p99 ms':>7} {'RSS MB':>7} {'batch':>6} "
    f"{'turns':>7} {'wrong':>5} {'twice':>5} {'yardstick':>9}"
)


def line(one: Figures) -> str:
    """The figures as one line under `HEAD`."""
    return (
        f"{one.name:40} {one.cpu:11.3f} {one.rate:8.0f} {one.p50:7.1f} {one.p99:7.1f} {one.memory:7.0f} "
        f"{one.batch:6.1f} {one.turns:7} {one.wrong:5} {one.twice:5} {one.yardstick:9.3f}"
    )


def yardstick() -> float:
    """CPU milliseconds in which python-telegram-bot reads one update: how fast this machine is just now."""
    bot = telegram.Bot(TOKEN)
    began = time.process_time()
    for _ in range(500):
        telegram.Update.de_json(json.loads(_UPDATE), bot)
    return (time.process_time() - began) * 2


_UPDATE = json.dumps({
    "update_id": 1,
    "message": {
        "message_id": 2, "date": 1_700_000_000, "text": "halo",
        "from": {"id": 5, "is_bot": False, "first_name": "Peserta 01", "language_code": "id"},
        "chat": {"id": 5, "type": "private", "first_name": "Peserta 01"},
    },
})  # fmt: skip


@dataclass
class Run:
    """A bot, its providers, and the people who write."""

    providers: Providers
    bot: Bot
    crowd: Crowd


@asynccontextmanager
async def run(
    chats: int, *, channel: str = "telegram", mode: str = "polling", delay: float = 0.0, statuses: bool = False,
    database: Path | None = None, waiting: bool = False, profile: str = "",
    module: str = "tests.benchmarks.bot", script: Script | None = None,
) -> AsyncIterator[Run]:  # fmt: skip
    """A bot that has just been started; `waiting`: everybody has written before."""
    folder = Path(tempfile.mkdtemp(prefix="pijar-bench-"))
    port = free_port()
    webhook = f"http://127.0.0.1:{port}" if mode == "webhook" or channel == "whatsapp" else ""
    crowd = Crowd(lambda chat, text: None, range(FIRST, FIRST + chats), script or Bench())
    providers = Providers(crowd.heard, delay=delay, webhook=webhook, statuses=statuses)
    crowd.write = providers.whatsapp if channel == "whatsapp" else providers.telegram
    await providers.start()
    telegram = mode if channel == "telegram" else ""
    settings = environment(providers.url, folder, port, telegram=telegram, whatsapp=channel == "whatsapp")
    if profile:
        settings["PIJAR_PROFILE"] = profile
    if database is not None:
        shutil.copy(database, folder / "pijar.db")
    else:
        migrate.ensure(settings["DATABASE_URL"])
    bot = Bot(settings, folder, tuple(module.split()))
    try:
        if waiting:
            crowd.begin()
        await bot.start()
        await bot.listens()
        if telegram == "polling":
            await asyncio.wait_for(providers.polled.wait(), 30)
        yield Run(providers, bot, crowd)
    finally:
        await bot.end()
        await providers.stop()
        said = bot.log().strip()
        if said:
            print(f"  the bot's log ends with: {said[-1500:]}")
        shutil.rmtree(folder, ignore_errors=True)


async def loop(name: str, chats: int, seconds: float, **how: object) -> Figures:
    """A closed loop: everybody answers as soon as they are asked."""
    async with run(chats, **how) as going:  # type: ignore[arg-type]
        crowd, bot = going.crowd, going.bot
        crowd.begin()
        await asyncio.sleep(min(2.0, seconds / 2) + chats / 1000)
        gc.collect()
        crowd.latencies.clear()
        turns, cpu, began = crowd.turns, bot.cpu(), time.perf_counter()
        batches = await bot.counted("pijar_batch_seconds_count")
        await asyncio.sleep(seconds)
        turns, cpu, took = crowd.turns - turns, bot.cpu() - cpu, time.perf_counter() - began
        batches = await bot.counted("pijar_batch_seconds_count") - batches
        beside = yardstick()
        crowd.paused = True
        now, highest = bot.memory()
        for one in crowd.wrong[:3]:
            print(f"  wrong: {one}")
        times = sorted(crowd.latencies) or [0.0]
        return Figures(
            name, turns, cpu * 1000 / max(1, turns), turns / took, times[len(times) // 2] * 1000,
            times[int(len(times) * 0.99)] * 1000, now, highest, len(crowd.wrong), crowd.twice,
            turns / max(1.0, batches), beside,
        )  # fmt: skip


async def idle(name: str, database: Path | None = None) -> str:
    """Both channels, and nobody writes: memory, CPU, and how long the start took until the first poll."""
    folder = Path(tempfile.mkdtemp(prefix="pijar-bench-"))
    port = free_port()
    providers = Providers(lambda chat, text: None, webhook=f"http://127.0.0.1:{port}")
    await providers.start()
    settings = environment(providers.url, folder, port, whatsapp=True)
    if database is not None:
        shutil.copy(database, folder / "pijar.db")
    else:
        migrate.ensure(settings["DATABASE_URL"])
    bot = Bot(settings, folder, ("bot", "run"))
    try:
        await bot.start()
        await asyncio.wait_for(providers.polled.wait(), 60)
        took = time.perf_counter() - bot.started_at
        cpu_start = bot.cpu()
        await asyncio.sleep(3)
        cpu = bot.cpu()
        await asyncio.sleep(3)
        now, _ = bot.memory()
        return (
            f"{name:40} start to first poll {took:.2f} s (CPU {cpu_start:.2f} s), {now:.0f} MB, "
            f"CPU while idle {(bot.cpu() - cpu) / 3 * 1000:.1f} ms a second"
        )
    finally:
        await bot.end()
        await providers.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def backlog(name: str, messages: int) -> str:
    """So many messages wait when the bot starts, each from somebody else: how long, and how much memory."""
    async with run(messages, waiting=True) as going:
        crowd, bot = going.crowd, going.bot
        crowd.paused = True
        began, cpu = time.perf_counter(), bot.cpu()
        while crowd.waiting and time.perf_counter() - began < 120:
            await asyncio.sleep(0.05)
        took, highest = time.perf_counter() - bot.started_at, bot.memory()[1]
        return (
            f"{name:40} {messages - crowd.waiting} answered {took:.1f} s after the start, at most {highest:.0f} MB, "
            f"CPU {(bot.cpu() - cpu) * 1000 / messages:.3f} ms each, {len(crowd.wrong)} wrong"
        )


def populated(people: int) -> Path:
    """A database with so many people in the middle of the conversation that is measured."""
    folder = Path(tempfile.mkdtemp(prefix="pijar-people-"))
    path = folder / "pijar.db"
    migrate.ensure(f"sqlite+aiosqlite:///{path}")
    now = time.time_ns() // 1_000_000
    said = enumerate(("Peserta 01", "Satu", "o2", "Contoh"), 1)
    answers = json.dumps({f"q{number}": {"v": value, "m": str(number)} for number, value in said})
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA journal_mode=WAL")
    many = range(people)
    connection.executemany(
        "INSERT INTO accounts (id, channel, external_id, last_inbound_at, created_at) VALUES (?, 'telegram', ?, ?, ?)",
        ((f"a{one:08x}", str(50_000_000 + one), now - one, now - one) for one in many),
    )
    connection.executemany(
        "INSERT INTO talks (id, account_id, conversation, state, answers, pending, started_at, updated_at, nudge_at)"
        " VALUES (?, ?, 'bench', 'current', ?, '{\"q\":\"q5\"}', ?, ?, ?)",
        ((f"t{one:08x}", f"a{one:08x}", answers, now, now, now + 72_000_000 + one) for one in many),
    )
    connection.executemany(
        "INSERT INTO outbox (id, account_id, lane, state, due_at, created_at, settled_at, provider_id)"
        " VALUES (?, ?, 'reply', 'sent', ?, ?, ?, ?)",
        (((now - 600_000) * 1000 + one, f"a{one // 5:08x}", now, now, now, str(one)) for one in range(people * 5)),
    )
    connection.executemany(
        "INSERT INTO handled (key, at) VALUES (?, ?)", ((f"tg:1:{one}", now) for one in range(people * 5))
    )
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path
