"""The bot is killed while it draws, and before what it has drawn is sent: each picture comes, and comes once."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot import files
from bot.commands import demo
from bot.migrate import ensure
from bot.records import certificates, people, pictures
from bot.running import now_ms
from bot.sandbox import Sandbox
from bot.sandbox.phones import Phone
from bot.store import Store, Tx
from tests.benchmarks.process import Bot
from tests.dialogue import phone_account
from tests.prepared import _account
from tests.test_pictures import FACTS

SECONDS = 60
TAKES = {"telegram": "sendPhoto", "whatsapp": "messages.create"}
"""What takes a picture."""
ENDED = "SELECT count(*) = 0 FROM outbox WHERE state IN ('waiting', 'sending')"


class Desk:
    """A bot in a process of its own, and somebody on a phone for whom it draws."""

    def __init__(self, folder: Path, sandbox: Sandbox, phone: Phone, bot: Bot) -> None:
        self.folder, self.sandbox, self.phone, self.bot = folder, sandbox, phone, bot

    def sql(self, query: str) -> Any:
        with closing(sqlite3.connect(self.folder / "pijar.db", timeout=5)) as database:
            return database.execute(query).fetchone()[0]

    async def until(self, true: Callable[[], Any], what: str) -> None:
        """Return once this is so; looks often, for it may not be so for long."""
        end = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < end, f"{what}\n{self.bot.log()[-3000:]}"
            await asyncio.sleep(0.002)

    async def orders(self) -> None:
        """One picture of each kind, ordered while no bot runs."""
        store = Store(f"sqlite+aiosqlite:///{self.folder / 'pijar.db'}", now_ms)
        await store.open()
        await store.run(self._order)
        await store.close()

    async def _order(self, tx: Tx) -> None:
        account = await _account(tx, phone_account(self.phone, self.phone.channel), "id")
        await certificates.issue(tx, account, "C1", "Peserta 01")
        for which in ("card", "month"):
            await pictures.order(tx, account, *FACTS[which], "picture", "here")

    @property
    def seen(self) -> list[str]:
        return [message.text for message in self.phone.chat if message.side == "bot" and message.media is not None]

    @property
    def kept(self) -> int:
        return len(list(files.beside(str(self.folder / "pijar.db")).iterdir()))


@pytest.mark.asyncio
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_killed_while_it_draws_and_before_it_sends(channel: str, tmp_path: Path) -> None:
    await desk(channel, tmp_path, _killed)


async def _killed(desk: Desk) -> None:
    await desk.bot.start()
    await desk.bot.listens()
    await desk.phone.type("halo")
    await desk.phone.waits(timeout=SECONDS)
    await desk.until(lambda: desk.sql(ENDED), "the greeting is not settled")
    await desk.bot.end(signal.SIGKILL)
    await desk.orders()
    takes = TAKES[desk.phone.channel]
    busy = desk.sandbox.fault(method=takes, status=429, retry_after=60)
    # While it draws: it has noted that it tries.
    await desk.bot.start()
    await desk.until(lambda: desk.sql("SELECT max(attempts) FROM pictures"), "nothing is drawn")
    await desk.bot.end(signal.SIGKILL)
    assert desk.sql("SELECT count(*) FROM pictures") > 0
    # Before it sends: all are drawn, and the provider takes none.
    await desk.bot.start()
    await desk.until(lambda: desk.sql("SELECT count(*) = 0 FROM pictures"), "not all are drawn")
    await desk.until(lambda: desk.sandbox.calls(takes)[-1:], "nothing is sent")
    await desk.bot.end(signal.SIGKILL)
    assert desk.seen == []
    desk.sandbox.heal(busy)
    await desk.bot.start()
    await desk.until(lambda: len(desk.seen) >= 3 and desk.sql(ENDED), "not all pictures have come")
    await desk.bot.end()
    assert len(desk.seen) == 3
    assert len([text for text in desk.seen if "piagam" in text]) == 1
    assert desk.kept == desk.sql("SELECT count(*) FROM media") == 3


async def desk(channel: str, folder: Path, play: Callable[[Desk], Awaitable[None]]) -> None:
    """Let this happen at a desk whose bot does not run yet; everything is gone afterwards."""
    url, port = f"sqlite+aiosqlite:///{folder / 'pijar.db'}", demo.free_port()
    people.seal_with([demo.SECRET])
    await asyncio.to_thread(ensure, url)
    sandbox = await Sandbox.start(
        telegram_token=demo.TOKEN,
        twilio_sid=demo.TWILIO,
        whatsapp_from=demo.NUMBER,
        whatsapp_webhook=f"http://127.0.0.1:{port}/whatsapp#rc=5&rp=all",
    )
    phone = await sandbox.phone(channel, name="Peserta 01", language_code="id")
    bot = Bot(demo.settings(sandbox.url, port, url), folder, ("bot.commands.demo_bot", sandbox.url))
    try:
        await play(Desk(folder, sandbox, phone, bot))
    finally:
        await bot.end(signal.SIGKILL)
        await sandbox.stop()
