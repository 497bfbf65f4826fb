"""Pictures on their way out: ordered as rows, drawn off the event loop, sent once; or only when asked for."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from bot import files
from bot.clockwork import inscribing
from bot.records import pictures
from bot.running import Running
from bot.sandbox.phones import Phone
from bot.schema import accounts
from bot.store import Tx
from tests.dialogue import Stage, phone_account, stage

CHANNELS = pytest.mark.parametrize("channel", ["telegram", "whatsapp"])

CARD = {
    "name": "Peserta 01",
    "number": "0042",
    "mart": "Mart Contoh",
    "since": "2026-11-23",
    "link": "https://t.me/contoh_bot?start=kartu-7K4M9",
}


class Studio(Stage):
    """A stage with a phone whose chat pictures are ordered for."""

    phone: Phone

    @property
    def bot(self) -> Running:
        assert self.running is not None
        return self.running

    @property
    def database(self) -> str:
        return self.settings.database_url.partition("///")[2]

    @property
    def folder(self) -> Path:
        return files.beside(self.database)

    def sql(self, statement: str) -> Any:
        with closing(sqlite3.connect(self.database)) as database:
            return database.execute(statement).fetchone()[0]

    @property
    def kept(self) -> list[str]:
        """The files that there are."""
        return sorted(file.name for file in self.folder.iterdir()) if self.folder.is_dir() else []

    async def meets(self, channel: str) -> None:
        """Somebody opens the chat."""
        self.phone = await self.sandbox.phone(channel, name="Peserta 01", language_code="id")
        await self.says("halo")

    async def says(self, *words: str) -> None:
        """They write."""
        for one in words:
            await self.phone.type(one)
            await self.settled()

    async def settled(self) -> None:
        """Return once all is taken in and sent."""
        mine = [message for message in self.phone.chat if message.side == "person"]
        if self.phone.channel == "whatsapp":
            await self.sandbox.waits_for(lambda: all(message.ticks != "sent" for message in mine), 10)
        await self.quiet()

    async def orders(self, kind: pictures.Kind = "card", facts: dict[str, Any] | None = None, times: int = 1) -> None:
        """A picture is ordered for them; returns once that is committed."""
        channel, external_id = phone_account(self.phone, self.phone.channel)

        async def work(tx: Tx) -> None:
            mine = select(accounts.c.id).where(accounts.c.channel == channel, accounts.c.external_id == external_id)
            account = await tx.value(mine)
            for _ in range(times):
                await pictures.order(tx, account, kind, facts or CARD, "picture", "here")

        await self.bot.store.run(work)

    @property
    def seen(self) -> list[str]:
        """The pictures that have come, with the words below them."""
        return [message.text for message in self.phone.chat if message.side == "bot" and message.media is not None]

    @property
    def heard(self) -> list[str]:
        """What the bot has said."""
        return [message.text.replace("\u2060", "") for message in self.phone.chat if message.side == "bot"]


@asynccontextmanager
async def studio(channel: str) -> AsyncIterator[Studio]:
    async with stage(Studio) as made:
        assert isinstance(made, Studio)
        await made.meets(channel)
        yield made


@pytest.mark.asyncio
@CHANNELS
async def test_a_picture_that_is_ordered_is_drawn_and_sent_once(channel: str) -> None:
    async with studio(channel) as on:
        await on.orders()
        await on.settled()
        assert on.seen == ["Ini gambarnya, Kakak."]
        (name,) = on.kept
        drawn = (on.folder / name).read_bytes()
        assert Image.open(BytesIO(drawn)).width == 1080
        assert len(drawn) <= 60_000
        assert on.sql("SELECT count(*) FROM pictures") == 0
        assert on.sql("SELECT id FROM media") == name
        await on.down()
        await on.up()
        await on.settled()
        assert len(on.seen) == 1
        assert on.kept == [name]


@pytest.mark.asyncio
async def test_pictures_are_drawn_one_at_a_time_and_off_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing, together, threads = 0, 0, set()
    draw = inscribing.draw

    def watched(*given: Any) -> bytes:
        nonlocal drawing, together
        drawing += 1
        together = max(together, drawing)
        threads.add(threading.current_thread())
        try:
            return draw(*given)
        finally:
            drawing -= 1

    monkeypatch.setattr(inscribing, "draw", watched)
    async with studio("telegram") as on:
        await on.orders(times=4)
        await on.settled()
        assert len(on.seen) == 4
    assert together == 1
    assert threading.main_thread() not in threads


@pytest.mark.asyncio
async def test_who_writes_while_a_picture_is_drawn_is_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    draw = inscribing.draw

    def slow(*given: Any) -> bytes:
        let_go.wait(20)
        return draw(*given)

    monkeypatch.setattr(inscribing, "draw", slow)
    async with studio("telegram") as on:
        try:
            await on.orders()
            before = len(on.heard)
            await on.phone.type("bantuan")
            await on.sandbox.waits_for(lambda: len(on.heard) > before, 5)
            assert on.seen == []
        finally:
            let_go.set()
        await on.settled()
        assert len(on.seen) == 1


@pytest.mark.asyncio
async def test_a_bot_that_stops_in_the_middle_draws_after_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, began = threading.Event(), threading.Event()
    draw = inscribing.draw

    def slow(*given: Any) -> bytes:
        began.set()
        let_go.wait(20)
        return draw(*given)

    async with studio("telegram") as on:
        monkeypatch.setattr(inscribing, "draw", slow)
        await on.orders()
        await asyncio.to_thread(began.wait, 10)
        let_go.set()
        await on.down()
        monkeypatch.setattr(inscribing, "draw", draw)
        # What a crash leaves: a file that was written before its row was.
        stray = on.folder / files.new_id("png")
        on.folder.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"")
        assert on.sql("SELECT attempts FROM pictures") == 1
        await on.up()
        await on.settled()
        assert len(on.seen) == 1
        assert len(on.kept) == 1
        assert stray.name not in on.kept


@pytest.mark.asyncio
async def test_what_cannot_be_drawn_comes_in_words_and_holds_up_nothing() -> None:
    async with studio("telegram") as on:
        await on.orders("card", {"name": "Peserta 01"})
        await on.orders()
        await on.settled()
        assert len(on.seen) == 1
        assert "Gambarnya belum bisa kami buat" in on.heard[-2]
        assert on.sql("SELECT count(*) FROM pictures") == 0


@pytest.mark.asyncio
async def test_a_picture_that_ends_the_process_is_not_tried_for_ever() -> None:
    async with studio("telegram") as on:
        await on.down()
        await on.up()
        await on.bot.store.run(_given_up)
        await on.settled()
        assert on.seen == []
        assert "Gambarnya belum bisa kami buat" in on.heard[-1]


async def _given_up(tx: Tx) -> None:
    account = await tx.value(select(accounts.c.id))
    await pictures.order(tx, account, "card", CARD, "picture", "here")
    for _ in range(pictures.MOST_ATTEMPTS):
        await pictures.try_it(tx, 1)


@pytest.mark.asyncio
@CHANNELS
async def test_hemat_says_how_large_a_picture_is_and_shows_it_when_asked(channel: str) -> None:
    async with studio(channel) as on:
        await on.says("hemat")
        await on.orders()
        await on.settled()
        assert on.seen == []
        (name,) = on.kept
        size = -(-(on.folder / name).stat().st_size // 1000)
        assert f"Gambarnya {size} KB. Ketik" in on.heard[-1]
        if channel == "telegram":
            await on.phone.press("Lihat gambar")
            await on.settled()
        else:
            await on.says("gambar")
        assert on.seen == ["Ini gambarnya, Kakak."]
        assert on.kept == [name]
        await on.says("hemat", "2")
        await on.orders()
        await on.settled()
        assert len(on.seen) == 2


@pytest.mark.asyncio
async def test_the_button_of_somebody_elses_picture_shows_nothing_of_it() -> None:
    async with studio("telegram") as on:
        await on.says("hemat")
        await on.orders()
        await on.settled()
        (name,) = on.kept
        await on.meets("whatsapp")
        await on.says(f"gambar {name}")
        assert on.seen == []
        assert "Belum ada gambar" in " ".join(on.heard)


@pytest.mark.asyncio
async def test_a_picture_is_deleted_after_a_month() -> None:
    async with studio("telegram") as on:
        await on.orders()
        await on.settled()
        await on.wait(32 * 86400)
        assert on.kept == []
