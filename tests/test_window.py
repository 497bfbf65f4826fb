"""WhatsApp says only afterwards that its window had closed: the message is kept for when the person writes."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from bot.records import notices
from bot.schema import accounts
from bot.store import Tx
from tests.test_behaviour import Scene, heard, scene

KEPT = "SELECT count(*) FROM outbox WHERE body IS NOT NULL"


async def blanked(on: Scene) -> None:
    """No text is left."""
    await on.until(lambda: on.sql(KEPT) == 0)


@pytest.mark.asyncio
async def test_what_the_window_kept_out_is_delivered_when_the_person_writes() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await on.say(phone, "echo a1")
        await blanked(on)
        on.sandbox.fault("twilio", "messages.create", error_code=63016, times=1)
        await phone.type("echo a2")
        await on.until(lambda: on.sql("SELECT count(*) FROM outbox WHERE state = 'held'") == 1)
        await on.quiet()
        assert len(heard(phone)) == 1
        assert on.sql("SELECT held FROM accounts") == 1
        await phone.redeliver()
        await on.settled(phone)
        assert len(heard(phone)) == 1, "the same once more is no word of theirs"
        on.clock.now += 60_000
        await on.say(phone, "echo a3")
        await on.until(lambda: len(heard(phone)) == 3)
        assert sorted(words.split()[1] for words in heard(phone)) == ["a1", "a2", "a3"]
        await blanked(on)
        await on.until(lambda: on.sql("SELECT count(*) FROM outbox WHERE state = 'sent' AND delivery = 'read'") == 3)


@pytest.mark.asyncio
async def test_what_was_held_for_days_waits_for_a_provider_that_is_away_when_the_person_writes() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        on.sandbox.fault("twilio", "messages.create", error_code=63016, times=1)
        await phone.type("echo a1")
        await on.until(lambda: on.sql("SELECT count(*) FROM outbox WHERE state = 'held'") == 1)
        await on.wait(3 * 24 * 3600)
        fault = on.sandbox.fault("twilio", "messages.create", status=401, skip=1)
        await phone.type("echo a2")
        await on.until(lambda: on.sql("SELECT count(*) FROM outbox WHERE reason = 'unreachable'") == 1)
        assert on.sql("SELECT count(*) FROM outbox WHERE state = 'failed'") == 0
        on.sandbox.heal(fault)
        await on.until(lambda: len(heard(phone)) == 2)


@pytest.mark.asyncio
async def test_what_was_good_for_yesterday_does_not_go_when_the_person_writes() -> None:
    """Neither as held nor as waiting, and nobody is told that there is news."""
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await on.say(phone, "echo a1")
        day = 24 * 3600 * 1000

        async def remind(tx: Tx) -> None:
            account = await tx.value(select(accounts.c.id))
            await notices.tell(
                tx, account, "mart", "opened", {"mart": "Mart", "address": "Jl. 1"}, until=tx.now + 3 * day
            )
            later = tx.now + 5 * day
            await notices.tell(
                tx, account, "mart", "opened", {"mart": "Mart", "address": "x"}, at=later, until=later - 1
            )

        on.clock.now += 2 * day
        on.sandbox.advance(2 * day / 1000)
        assert on.running is not None
        await on.running.store.run(remind)
        await on.until(lambda: on.sql("SELECT count(*) FROM outbox WHERE state = 'held'") == 1)
        await on.wait(6 * 24 * 3600)
        await on.say(phone, "echo a2")
        await on.until(lambda: on.sql("SELECT count(*) FROM outbox WHERE reason = 'past' AND body IS NULL") == 2)
        await on.quiet()
        assert [words.split()[1] for words in heard(phone)] == ["a1", "a2"]


@pytest.mark.asyncio
async def test_a_text_of_which_nothing_is_told_goes_with_the_tidying_after_a_day() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        on.sandbox.world.settings.statuses = ("queued",)
        await on.say(phone, "echo a1")
        await on.until(lambda: len(on.sandbox.calls("status.queued")) == 1)
        await asyncio.sleep(0.05)
        assert on.sql(KEPT) == 1
        await on.wait(24 * 3600)
        await on.wait(3600)
        await blanked(on)
        assert on.sql("SELECT state FROM outbox WHERE delivery = ''") == "sent"
