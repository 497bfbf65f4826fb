"""How fast we speak: never more than the provider takes in any second, and a reply hardly ever waits."""

from __future__ import annotations

import asyncio
import bisect
import time

import pytest

from bot.pacing import PATIENCE, Bucket, Pace

pytestmark = pytest.mark.asyncio


class Log:
    """When something was said."""

    def __init__(self, rate: float) -> None:
        self.pace = Pace(rate, time.monotonic)
        self.times: list[float] = []
        self.waits: list[float] = []

    async def announce(self, count: int) -> None:
        """So many messages to different chats."""
        for chat in range(count):
            await self.pace.unasked(str(chat))
            self.times.append(time.monotonic())

    async def reply(self) -> None:
        """An answer to somebody."""
        began = time.monotonic()
        await self.pace.reply("somebody")
        self.times.append(time.monotonic())
        self.waits.append(self.times[-1] - began)

    def busiest(self) -> int:
        """The most messages of any second."""
        times = sorted(self.times)
        return max(at - bisect.bisect_left(times, one - 1) + 1 for at, one in enumerate(times))


async def test_no_second_has_more_than_the_provider_takes_and_few_have_much_less() -> None:
    log = Log(29)
    began = time.monotonic()
    await log.announce(75)
    assert log.busiest() <= 30
    assert 75 / (time.monotonic() - began) > 26


async def test_answers_find_room_in_a_second_full_of_announcements() -> None:
    log = Log(29)
    announcing = asyncio.create_task(log.announce(75))
    while not announcing.done():
        await asyncio.sleep(0.5)
        await asyncio.gather(log.reply(), log.reply())
    assert log.busiest() <= 30
    assert max(log.waits) <= PATIENCE + 0.05


async def test_an_answer_waits_for_nothing_where_nothing_is_announced() -> None:
    log = Log(29)
    began = time.monotonic()
    for _ in range(300):
        await log.reply()
    assert time.monotonic() - began < 0.5
    # What was taken ahead is paid back, and no more than a second of it.
    await log.pace.unasked("1")
    assert time.monotonic() - began < 2.5


async def test_one_chat_that_rests_holds_up_nobody_else() -> None:
    pace = Pace(1000, time.monotonic)
    pace.throttled(30, "1")
    await pace.unasked("2")
    began = time.monotonic()
    waiting = [asyncio.create_task(pace.unasked("1")), asyncio.create_task(pace.unasked("2"))]
    await asyncio.sleep(0)
    await pace.unasked("3")
    assert time.monotonic() - began < 0.2
    await waiting[1]
    assert time.monotonic() - began > 0.9
    waiting[0].cancel()


async def test_a_message_in_parts_counts_as_often() -> None:
    log = Log(29)
    began = time.monotonic()
    for chat in range(12):
        await log.pace.unasked(str(chat), 4)
        log.times += [time.monotonic()] * 4
    assert log.busiest() <= 30
    assert time.monotonic() - began > 1.3


async def test_no_more_than_a_second_is_owed() -> None:
    now = 0.0
    bucket = Bucket(10, 1, lambda: now)
    for _ in range(1000):
        bucket.draw()
    assert bucket.wait() == pytest.approx(1.1)
