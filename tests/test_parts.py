"""A long message of which a later part meets trouble: what has arrived does not come again. The real bot over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from bot.sandbox.phones import Phone
from tests.test_behaviour import CHANNELS, Scene, heard, scene

PARTS = 3
METHODS = {"telegram": "sendMessage", "whatsapp": "messages.create"}
LENGTHS = {"telegram": 4000, "whatsapp": 1500}


def long(channel: str) -> str:
    """A text that is split into PARTS."""
    return "\n\n".join(f"part{number} " + "kata " * (LENGTHS[channel] // 5) for number in range(1, PARTS + 1))


async def queue(on: Scene, phone: Phone, lane: str = "notice") -> None:
    """Tell somebody at great length."""
    await phone.type("echo a1")
    await on.settled(phone)

    async def work(tx: Any) -> None:
        account = await tx.value(text("SELECT id FROM accounts"))
        await tx.execute(
            text(
                "INSERT INTO outbox (id, account_id, lane, state, body, due_at, created_at)"
                " VALUES (:id, :account, :lane, 'waiting', json_object('text', :text), :now, :now)"
            ),
            {"id": tx.new_id(), "account": account, "lane": lane, "text": long(phone.channel), "now": tx.now},
        )
        tx.wake()

    await on.bot.store.run(work)


def arrived(phone: Phone) -> list[str]:
    """The parts that somebody has, in order."""
    return [said.split()[0] for said in heard(phone) if said.startswith("part")]


def ids(on: Scene) -> list[str]:
    """What the row of the long message has of ids at the provider."""
    found: str = on.sql("SELECT provider_id FROM outbox ORDER BY id DESC LIMIT 1")
    return found.split()


@pytest.mark.asyncio
@CHANNELS
@pytest.mark.parametrize("lane", ["reply", "notice"])
@pytest.mark.parametrize(
    "fault",
    [{"status": 429, "retry_after": 1, "times": 2}, {"status": 502, "times": 2}, {"body": "garbage", "times": 1}],
    ids=["throttled", "broken", "garbage"],
)
async def test_only_the_rest_is_sent_again(channel: str, lane: str, fault: dict[str, Any]) -> None:
    if channel == "whatsapp" and fault.get("status") == 502:
        fault = {**fault, "times": 1}  # Nobody can tell whether Twilio took it: once more, and no further.
    async with scene() as on:
        (phone,) = await on.phones(1, channel)
        on.sandbox.fault(method=METHODS[channel], skip=2, **fault)
        await queue(on, phone, lane)
        await on.until(lambda: len(arrived(phone)) == PARTS)
        await on.quiet()
        assert arrived(phone) == ["part1", "part2", "part3"]
        mine = [message.id for message in phone.chat if message.side == "bot" and message.text.startswith("part")]
        await on.until(lambda: ids(on) == mine)
        assert on.sql("SELECT state FROM outbox ORDER BY id DESC LIMIT 1") == "sent"


@pytest.mark.asyncio
async def test_each_part_has_a_doubt_of_its_own() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        for skip in (2, 4):
            on.sandbox.fault("telegram", "sendMessage", skip=skip, body="garbage", times=1)
        await queue(on, phone, "reply")
        await on.until(lambda: len(arrived(phone)) == PARTS)
        assert arrived(phone) == ["part1", "part2", "part3"]


@pytest.mark.asyncio
@CHANNELS
async def test_the_rest_is_sent_after_a_long_pause_and_a_restart(channel: str) -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, channel)
        on.sandbox.fault(method=METHODS[channel], skip=2, status=429, retry_after=300, times=1)
        await queue(on, phone, "reply")
        await on.until(lambda: on.sql("SELECT state FROM outbox ORDER BY id DESC LIMIT 1") == "waiting")
        await on.until(lambda: len(ids(on)) == 1)
        await on.down()
        await on.up()
        await on.until(lambda: len(arrived(phone)) == PARTS)
        await on.quiet()
        assert arrived(phone) == ["part1", "part2", "part3"]
        assert len(ids(on)) == PARTS


@pytest.mark.asyncio
async def test_what_has_arrived_is_known_where_the_rest_never_can() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        on.sandbox.fault("telegram", "sendMessage", skip=2, status=400, description="Bad Request: no", times=1)
        await queue(on, phone)
        await on.until(lambda: on.sql("SELECT state FROM outbox ORDER BY id DESC LIMIT 1") == "failed")
        assert len(ids(on)) == 1
        assert on.sql("SELECT reason FROM outbox ORDER BY id DESC LIMIT 1") == "No"
