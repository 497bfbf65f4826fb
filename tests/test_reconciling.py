"""A message that is fetched minutes late answers the question it was written to, and no other."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.whatsapp import WhatsApp
from bot.reconciling import Reconciling
from bot.sandbox.phones import Phone
from tests.test_behaviour import Scene, heard, scene


async def lost(on: Scene, phone: Phone, *texts: str) -> None:
    """Webhooks that never reach us."""
    webhook, on.sandbox.whatsapp_webhook = on.sandbox.whatsapp_webhook, ""
    for text in texts:
        await phone.type(text)
        await asyncio.sleep(0.01)
    on.sandbox.whatsapp_webhook = webhook
    await on.wait(20)


async def said(on: Scene, phone: Phone, text: str) -> str:
    """What the bot answers to a message that reaches us."""
    message = await phone.type(text)
    await on.sandbox.waits_for(lambda: message.ticks != "sent", 10)
    await on.wait(20)
    return heard(phone)[-1]


async def fetched(on: Scene, phone: Phone, after: float = 300) -> list[str]:
    """What the bot says once it has looked for what was lost, so many seconds later."""
    await on.wait(after)
    before = len(heard(phone))
    whatsapp = on.bot.channels["whatsapp"]
    assert isinstance(whatsapp, WhatsApp)
    await Reconciling(whatsapp, on.bot.inbox, on.bot.store).once(on.clock() - 600_000)
    await on.quiet()
    return heard(phone)[before:]


@pytest.mark.asyncio
async def test_a_late_answer_to_an_older_question_is_not_taken_for_the_newer_one() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await said(on, phone, "errand")
        await said(on, phone, "Peserta Satu")
        await lost(on, phone, "1")
        assert "Q-PHONE" in await said(on, phone, "2")
        answers = await fetched(on, phone)
        assert len(answers) == 1
        assert answers[0].startswith("Pesan Kakak yang tadi baru sampai")
        assert answers[0].count("Q-PHONE") == 1
        assert "DONE" in await said(on, phone, "0812 000 0001")


@pytest.mark.asyncio
async def test_a_late_name_is_not_joined_to_the_one_that_was_taken() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await said(on, phone, "english")
        await said(on, phone, "errand")
        await lost(on, phone, "Peserta Satu")
        assert "Q-KIND" in await said(on, phone, "Peserta Dua")
        await lost(on, phone, "Peserta Satu", "halo?")
        answers = await fetched(on, phone)
        assert [answer.splitlines()[0] for answer in answers[:1]] == [
            "Your earlier message has only just reached us. Let us go on from here."
        ]
        assert "Peserta Satu" not in "".join(answers)
        assert '"Peserta Dua"' in on.sql("SELECT answers FROM talks WHERE state = 'current'")


@pytest.mark.asyncio
async def test_a_late_answer_to_the_question_that_still_waits_is_its_answer() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await said(on, phone, "errand")
        await said(on, phone, "Peserta Satu")
        await lost(on, phone, "2")
        assert "Q-KIND" in await said(on, phone, "zzz zzz")
        assert "Q-KIND" in await said(on, phone, "/bantuan")
        answers = await fetched(on, phone)
        assert len(answers) == 1
        assert "Q-PHONE" in answers[0]


@pytest.mark.asyncio
async def test_a_word_that_always_works_does_so_late_and_kembali_means_the_question_it_was_written_to() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await said(on, phone, "errand")
        await lost(on, phone, "kembali", "stop")
        assert "Q-KIND" in await said(on, phone, "Peserta Satu")
        back, stop = await fetched(on, phone)
        assert "baru sampai" in back
        assert "Q-KIND" in back
        assert "baru sampai" not in stop
        assert "pengumuman" in stop
        assert on.sql("SELECT conversation FROM talks WHERE state IN ('current', 'aside')") == "errand"


@pytest.mark.asyncio
async def test_one_line_is_enough_for_several_late_messages() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await said(on, phone, "errand")
        await lost(on, phone, "Peserta Satu", "halo?", "Peserta Satu", "2")
        answers = await fetched(on, phone)
        assert "Q-KIND" in answers[0]
        assert sum("baru sampai" in answer for answer in answers) == 1
        assert "DONE" not in "".join(answers)
        assert "Q-PHONE" not in "".join(answers)


@pytest.mark.asyncio
async def test_a_late_number_chooses_nothing_once_its_talk_is_over() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await said(on, phone, "errand")
        await said(on, phone, "Peserta Satu")
        await lost(on, phone, "1")
        await said(on, phone, "1")
        assert "DONE" in await said(on, phone, "0812 000 0001")
        (answer,) = await fetched(on, phone)
        assert "baru sampai" in answer
        assert on.sql("SELECT conversation FROM talks WHERE state = 'current'") == "menu"


@pytest.mark.asyncio
async def test_an_answer_written_while_something_else_was_asked_is_not_taken_when_the_question_comes_back() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await said(on, phone, "errand")
        await said(on, phone, "Peserta Satu")
        await said(on, phone, "menu")
        await lost(on, phone, "1")
        assert "Q-KIND" in await said(on, phone, "errand")
        (answer,) = await fetched(on, phone)
        assert "baru sampai" in answer
        assert "Q-KIND" in answer


@pytest.mark.asyncio
async def test_what_a_webhook_may_still_bring_is_left_to_it() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await said(on, phone, "errand")
        await lost(on, phone, "Peserta Satu")
        assert await fetched(on, phone, after=30) == []
        (answer,) = await fetched(on, phone, after=60)
        assert "Q-KIND" in answer


@pytest.mark.asyncio
async def test_what_telegram_has_kept_answers_in_order_the_questions_that_wait() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1)
        await on.say(phone, "errand", "Peserta Satu")
        await on.down()
        for text in ("2", "0812 000 0001"):
            await phone.type(text)
        on.clock.now += 600_000
        on.sandbox.advance(600)
        await on.up()
        await on.until(lambda: "DONE" in heard(phone)[-1])
