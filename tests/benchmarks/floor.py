"""The least that a bot can do: plain aiohttp, one fsynced transaction a batch, no conversation to speak of.

What a turn costs here is what the machine, the loop and HTTP cost; the bot's own figures are to be read beside it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import suppress

import aiohttp
import msgspec
from aiohttp import web

from bot.service import stopping
from tests.benchmarks.conversation import STEPS
from tests.benchmarks.providers import TOKEN


async def _serve() -> None:
    base = f"{os.environ['TELEGRAM_API_URL']}/bot{TOKEN}"
    database = sqlite3.connect(
        os.environ["DATABASE_URL"].partition("///")[2], isolation_level=None, check_same_thread=False
    )
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE floor (chat, step, said)"):
        database.execute(statement)
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"])).start()
    ended = stopping()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=300)) as session:
        polling = asyncio.create_task(_poll(session, base, database))
        await ended.wait()
        polling.cancel()
    await runner.cleanup()


async def _poll(session: aiohttp.ClientSession, base: str, database: sqlite3.Connection) -> None:
    offset, steps = 0, dict[int, tuple[int, str]]()
    sending = set[asyncio.Task[None]]()
    while True:
        body = msgspec.json.encode({"offset": offset, "timeout": 50})
        async with session.post(f"{base}/getUpdates", data=body) as answer:
            updates = msgspec.json.decode(await answer.read())["result"]
        rows = []
        for update in updates:
            offset = update["update_id"] + 1
            chat, text = update["message"]["chat"]["id"], update["message"]["text"]
            step, said = steps.get(chat, (0, ""))
            if text == "bench":
                step, said, text = 0, "", "–"
            steps[chat] = ((step + 1) % (len(STEPS) + 1), f"{said} {text}")
            rows.append((chat, step + 1, text))
        await asyncio.to_thread(_keep, database, rows)
        for chat, step, text in rows:
            shown = f"[{step}] ({text}) {steps[chat][1]}"
            task = asyncio.create_task(_send(session, base, chat, shown))
            sending.add(task)
            task.add_done_callback(sending.discard)


def _keep(database: sqlite3.Connection, rows: list[tuple[int, int, str]]) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO floor VALUES (?, ?, ?)", rows)
    database.execute("COMMIT")


async def _send(session: aiohttp.ClientSession, base: str, chat: int, text: str) -> None:
    body = msgspec.json.encode({"chat_id": chat, "text": text, "parse_mode": "HTML"})
    with suppress(aiohttp.ClientError):
        async with session.post(f"{base}/sendMessage", data=body) as answer:
            await answer.read()


if __name__ == "__main__":
    asyncio.run(_serve())
