"""Lessons that come by themselves, over a clock that is moved: when they come, when they wait, and how they end."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from bot import courses
from bot.clockwork.lessons_due import OPENS
from bot.clockwork.timers import tidy
from bot.questions.asking import Rejected, Said, Shown
from bot.questions.moments import Hour
from bot.records import notices, series
from bot.running import Running
from bot.sandbox.phones import Phone
from bot.schema import accounts, lesson_progress, outbox, tip_series
from bot.store import Tx
from conversations.series import HOURS
from tests import prepared
from tests.dialogue import BEGIN, Stage, phone_account, stage

CHANNELS = pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
HOUR = 3600
DAY = 24 * HOUR
HERE = "Tips hari ini"
"""Begins what comes by itself."""


class Studio(Stage):
    """A stage with one phone."""

    phone: Phone

    @property
    def bot(self) -> Running:
        assert self.running is not None
        return self.running

    async def meets(self, channel: str) -> None:
        """Somebody opens the chat."""
        self.phone = await self.sandbox.phone(channel, name="Peserta 01", language_code="id")

    async def says(self, *words: str) -> str:
        """They write; what the bot says then."""
        for one in words:
            await self.phone.type(one)
            await self.settled()
        return self.heard[-1]

    async def settled(self) -> None:
        """Return once all is taken in and sent."""
        mine = [message for message in self.phone.chat if message.side == "person"]
        if self.phone.channel == "whatsapp":
            await self.sandbox.waits_for(lambda: all(message.ticks != "sent" for message in mine), 10)
        await self.quiet()

    async def hours(self, count: float) -> None:
        """So many hours go by."""
        await self.wait(count * HOUR)

    @property
    def heard(self) -> list[str]:
        """What the bot has said."""
        return [message.text.replace("\u2060", "") for message in self.phone.chat if message.side == "bot"]

    @property
    def tips(self) -> list[str]:
        """Lessons that have come by themselves."""
        return [text for text in self.heard if text.startswith(HERE)]

    def sql(self, statement: str) -> Any:
        with closing(sqlite3.connect(self.settings.database_url.partition("///")[2])) as database:
            return database.execute(statement).fetchone()[0]

    def next_here(self, zone: str = "Asia/Jakarta") -> str:
        """When the next one is looked for, where the person is."""
        at = self.sql("SELECT next_at FROM tip_series")
        return f"{datetime.fromtimestamp(at / 1000, ZoneInfo(zone)):%d %H:%M}"


@asynccontextmanager
async def studio(channel: str = "telegram") -> AsyncIterator[Studio]:
    """It is Wednesday the 11th, nine o'clock in Jakarta."""
    assert datetime.fromtimestamp(BEGIN / 1000, UTC).hour == 2
    async with stage(Studio) as made:
        assert isinstance(made, Studio)
        await made.meets(channel)
        yield made


@pytest.mark.asyncio
@CHANNELS
async def test_the_first_comes_at_the_next_such_hour_and_the_second_two_days_later(channel: str) -> None:
    async with studio(channel) as on:
        said = await on.says("langganan tips", "2", "3")
        assert "Rabu, 11 Januari 2040, pukul 16.00 WIB" in said
        await on.hours(6.9)
        assert on.tips == []
        await on.hours(0.2)
        assert len(on.tips) == 1
        assert "Modal Bukan Cuma Uang" in on.tips[0]
        assert "stop tips" in on.tips[0]
        assert on.next_here() == "13 16:00"
        await on.hours(40)
        assert len(on.tips) == 1
        await on.says("menu")
        await on.hours(8)
        assert len(on.tips) == 2
        assert on.tips[1] != on.tips[0]


@pytest.mark.asyncio
async def test_an_hour_that_is_over_today_is_one_of_tomorrow() -> None:
    async with studio() as on:
        assert "Kamis, 12 Januari 2040, pukul 08.00 WIB" in await on.says("tips rutin", "3", "pagi")
        assert on.next_here() == "12 08:00"


@pytest.mark.asyncio
async def test_it_is_the_hour_where_the_person_is() -> None:
    async with studio() as on:
        who = phone_account(on.phone, "telegram")
        await prepared.carry_out(on.bot, "enrolled", who, "Peserta 01", "53.06.02", "id")
        assert "pukul 12.30 WITA" in await on.says("langganan tips", "2", "siang")
        assert on.next_here("Asia/Makassar") == "11 12:30"
        # Half past twelve in Makassar is half past eleven in Jakarta.
        await on.hours(2.6)
        assert len(on.tips) == 1


@pytest.mark.asyncio
async def test_never_two_on_one_day() -> None:
    async with studio() as on:
        await on.says("langganan tips", "2", "siang")
        await on.hours(4)
        assert len(on.tips) == 1
        await on.says("langganan tips", "2", "2", "sore")
        assert on.next_here() == "12 16:00"
        await on.bot.store.run(lambda tx: series.put_off(tx, _account(on), tx.now))
        await on.hours(0.1)
        assert len(on.tips) == 1
        assert on.next_here() == "12 16:00"


def _account(on: Studio) -> str:
    return str(on.sql("SELECT account_id FROM tip_series"))


@pytest.mark.asyncio
async def test_it_waits_while_somebody_is_in_the_middle_of_something_else() -> None:
    async with studio() as on:
        await on.says("langganan tips", "2", "sore")
        await on.hours(6.5)
        await on.says("daftar")
        await on.hours(1)
        assert on.tips == []
        assert on.sql("SELECT conversation FROM talks WHERE state = 'current'") == "enrol"
        await on.says("batal")
        await on.hours(2)
        assert len(on.tips) == 1


@pytest.mark.asyncio
async def test_what_was_left_lying_for_a_day_does_not_hold_it_up() -> None:
    async with studio() as on:
        await on.says("daftar")
        await on.bot.store.run(lambda tx: _start(tx, on))
        await on.hours(20)
        assert on.tips == []
        await on.hours(30)
        assert len(on.tips) == 1


async def _start(tx: Tx, on: Studio, clock: str = "12:30") -> None:
    channel, external_id = phone_account(on.phone, on.phone.channel)
    mine = select(accounts.c.id).where(accounts.c.channel == channel, accounts.c.external_id == external_id)
    await series.start(tx, await tx.value(mine), 2, clock, "Asia/Jakarta")


@pytest.mark.asyncio
async def test_none_comes_in_quiet_hours() -> None:
    async with studio() as on:
        await on.says("langganan tips", "2", "sore")
        await on.down()
        on.clock.now += 14 * HOUR * 1000
        on.sandbox.advance(14 * HOUR)
        await on.up()
        await on.settled()
        assert on.tips == []
        assert on.next_here() == "12 07:00"
        await on.hours(8.1)
        assert len(on.tips) == 1


@pytest.mark.asyncio
async def test_on_whatsapp_one_waits_until_they_write_and_they_do_not_pile_up() -> None:
    async with studio("whatsapp") as on:
        await on.says("langganan tips", "2", "sore")
        await on.hours(8)
        assert len(on.tips) == 1
        await on.hours(9 * 24)
        assert len(on.tips) == 1
        assert on.sql("SELECT count(*) FROM outbox WHERE state = 'held'") == 0
        await on.says("halo")
        await on.hours(2.1)
        assert len(on.tips) == 2
        await on.hours(4)
        assert len(on.tips) == 2


@pytest.mark.asyncio
async def test_while_one_is_still_on_its_way_no_other_is_sent() -> None:
    async with studio() as on:
        await on.says("langganan tips", "2", "sore")
        await on.bot.store.run(_stuck)
        await on.hours(8)
        assert on.tips == []
        await on.hours(22.2)
        assert len(on.tips) == 1
        await on.hours(3)
        assert len(on.tips) == 1
        assert on.next_here() == "13 16:00"


async def _stuck(tx: Tx) -> None:
    """A lesson that its provider takes only tomorrow."""
    await notices.open(tx, await tx.value(select(tip_series.c.account_id)), OPENS, f"C1L1 {series.UNASKED}")
    await tx.execute(update(outbox).where(outbox.c.template == OPENS).values(due_at=tx.now + 30 * HOUR * 1000))


@pytest.mark.asyncio
async def test_an_old_answer_of_a_lesson_is_no_matter_of_somebodys_data() -> None:
    async with studio() as on:
        await on.says("pelajaran C1L1", "1", "1")
        await on.phone.press("Hanya tanah")
        await on.settled()
        assert on.phone.toasts[-1]["text"] == "Bagian itu sudah selesai ya. Kita lanjut dari sini."
        assert "Apakah pelajaran ini berguna?" in on.heard[-1]


@pytest.mark.asyncio
async def test_it_ends_by_itself_after_the_last_lesson_and_says_so_once() -> None:
    async with studio() as on:
        await on.says("langganan tips", "2", "sore")
        await on.bot.store.run(lambda tx: _all_but_one_seen(tx, on))
        await on.hours(8)
        assert len(on.tips) == 1
        await on.says("menu")
        await on.hours(48)
        assert sum("Semua pelajaran sudah kami kirim" in text for text in on.heard) == 1
        await on.hours(72)
        assert sum("Semua pelajaran sudah kami kirim" in text for text in on.heard) == 1
        assert len(on.tips) == 1
        assert on.sql("SELECT count(*) FROM tip_series") == 0
        assert "Semua pelajaran sudah pernah" in await on.says("langganan tips")


async def _all_but_one_seen(tx: Tx, on: Studio) -> None:
    account = await tx.value(select(tip_series.c.account_id))
    seen = [lesson.id for course in courses.all_of_them() for lesson in course.lessons][:-1]
    rows = [{"account_id": account, "lesson": lesson, "shown_at": tx.now} for lesson in seen]
    await tx.execute(insert(lesson_progress), rows)


@pytest.mark.asyncio
@CHANNELS
@pytest.mark.parametrize(
    "words",
    [
        "stop tips",
        "berhenti tips",
        "/stop tips",
        "stop tips kak",
        "tips stop",
        "stop series",
        "gak mau tips lagi",
        "stop kirim tips",
    ],
)
async def test_stop_tips_ends_it_and_nothing_else(channel: str, words: str) -> None:
    async with studio(channel) as on:
        await on.says("langganan tips", "2", "sore")
        assert "tips tidak kami kirim lagi" in await on.says(words)
        assert on.sql("SELECT count(*) FROM tip_series") == 0
        assert on.sql("SELECT count(*) FROM subscriptions WHERE paused") == 0
        await on.hours(30)
        assert on.tips == []


@pytest.mark.asyncio
async def test_who_stops_and_begins_anew_has_no_second_one_on_that_day() -> None:
    async with studio() as on:
        await on.says("langganan tips", "2", "sore")
        await on.hours(7.1)
        assert len(on.tips) == 1
        assert "tips tidak kami kirim lagi" in await on.says("stop tips")
        assert "Tidak ada tips" in await on.says("stop tips")
        assert "Kamis, 12 Januari 2040" in await on.says("langganan tips", "2", "jam 6 sore")
        await on.hours(3)
        assert len(on.tips) == 1
        await on.says("menu")
        await on.hours(23.5)
        assert len(on.tips) == 2


@pytest.mark.asyncio
async def test_of_who_stopped_nothing_is_kept_when_the_day_is_over() -> None:
    async with studio() as on:
        await on.says("langganan tips", "2", "sore")
        await on.hours(7.1)
        await on.says("stop tips")
        assert "tips rutin" not in await on.says("data saya")
        assert on.sql("SELECT count(*) FROM tip_series") == 1
        on.clock.now += 40 * HOUR * 1000
        await on.bot.store.run(tidy)
        assert on.sql("SELECT count(*) FROM tip_series") == 0


@pytest.mark.asyncio
async def test_stop_alone_ends_announcements_and_says_how_tips_are_stopped() -> None:
    async with studio() as on:
        await on.says("langganan tips", "2", "sore")
        assert "stop tips" in await on.says("stop")
        assert on.sql("SELECT count(*) FROM tip_series") == 1
        await on.says("stop tips")
        assert "stop tips" not in await on.says("stop")


@pytest.mark.asyncio
async def test_who_has_blocked_us_is_sent_nothing() -> None:
    async with studio() as on:
        await on.says("langganan tips", "2", "sore")
        who = phone_account(on.phone, "telegram")
        await prepared.carry_out(on.bot, "blocked", who, "Peserta 01", "", "id")
        await on.hours(8)
        assert on.tips == []
        assert on.next_here() == "12 16:00"


QUIET = (time(20), time(7))


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("1", "08:00"), ("pagi", "08:00"), ("siang", "12:30"), ("sore", "16:00"), ("3", "16:00"), ("jam 9", "09:00"),
        ("9", "09:00"), ("15.30", "15:30"), ("jam 3 sore", "15:00"), ("setengah delapan", "07:30"), ("9 am", "09:00"),
        ("07.00", "07:00"), ("19.59", "19:59"), ("pukul 10 pagi", "10:00"),
        ("jam 9 malam", Rejected("hour_quiet")), ("06.59", Rejected("hour_quiet")), ("20.00", Rejected("hour_quiet")),
        ("23", Rejected("hour_quiet")), ("kapan saja", Rejected("hour")), ("jam 25", Rejected("hour")),
        ("99", Rejected("hour")), ("", Rejected("hour")),
    ],
)  # fmt: skip
def test_a_time_of_day_is_read(said: str, read: object) -> None:
    labels = {"08:00": "Pagi, 08.00", "12:30": "Siang, 12.30", "16:00": "Sore, 16.00"}
    shown = tuple(Shown(one.value, labels[one.value], one.aliases) for one in HOURS)
    assert Hour(HOURS, QUIET).read(Said(said, shown=shown)) == read
