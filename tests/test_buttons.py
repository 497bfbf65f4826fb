"""Buttons and lists on WhatsApp, where `pijar templates` has made them: pressed, old, too long, not taken by Twilio."""

from __future__ import annotations

import asyncio
import re

import pytest
from structlog.testing import capture_logs

from bot.clockwork.approvals import Approvals
from bot.contents import BUTTON, LONGEST, ROW
from bot.messages import Button, Outgoing
from bot.running import twilio_contents
from bot.sandbox.phones import Message, Phone
from tests.test_behaviour import Scene, heard, scene


async def at_the_question(on: Scene, channel: str = "whatsapp") -> Phone:
    """Somebody who has just been asked to choose one of three."""
    await on.shaped()
    (phone,) = await on.phones(1, channel)
    await on.say(phone, "errand", "Peserta Satu")
    return phone


async def presses(on: Scene, phone: Phone, label: str, message: str | None = None) -> None:
    await phone.press(label, message)
    await on.settled(phone)
    on.clock.now += 5000


def last(phone: Phone) -> Message:
    assert phone.last is not None
    return phone.last


def labels(message: Message) -> list[str]:
    return [button.label for row in message.buttons for button in row]


@pytest.mark.asyncio
async def test_a_question_has_its_lines_and_its_buttons_and_both_answer_it() -> None:
    async with scene() as on:
        phone = await at_the_question(on)
        asked = last(phone)
        assert asked.text.endswith("1. Satu\n2. Dua\n3. Tiga")
        assert (labels(asked), asked.list_title) == (["Satu", "Dua", "Tiga"], "")
        await presses(on, phone, "Dua")
        assert "Q-PHONE" in heard(phone)[-1]
        assert '"two"' in on.sql("SELECT answers FROM talks WHERE state = 'current'")
        other = await on.sandbox.phone("whatsapp", name="Peserta 02")
        await on.say(other, "errand", "Peserta Dua", "2")
        assert "Q-PHONE" in heard(other)[-1]


@pytest.mark.asyncio
async def test_how_options_go_depends_on_their_number_and_length() -> None:
    cases = [
        (1, BUTTON, "Q", "buttons"),
        (3, BUTTON, "Q", "buttons"),
        (3, BUTTON + 1, "Q", "list"),
        (4, ROW, "Q", "list"),
        (10, ROW, "Q", "list"),
        (4, ROW + 1, "Q", "lines"),
        (11, 5, "Q", "lines"),
        (3, 5, "kata " * (LONGEST // 5), "lines"),
    ]
    async with scene() as on:
        await on.shaped()
        (phone,) = await on.phones(1, "whatsapp")
        await on.say(phone, "halo")
        for count, length, words, way in cases:
            options = tuple(Button(f"t|q|{at}", f"{at:02}".ljust(length, "x")) for at in range(1, count + 1))
            await on.bot.channels["whatsapp"].send(Outgoing("whatsapp", phone.bsuid, words, options, language="id"))
            found = last(phone)
            assert f"\n{count}. {options[-1].label}" in found.text
            shown = "lines" if not found.buttons else "list" if found.list_title else "buttons"
            assert (shown, len(found.buttons)) == (way, 0 if way == "lines" else count)


@pytest.mark.asyncio
@pytest.mark.parametrize(("language", "label"), [("id", "Pilih"), ("en", "Choose"), ("jv", "")])
async def test_a_list_has_its_label_in_the_language_of_the_message(language: str, label: str) -> None:
    options = tuple(Button(f"t|q|{at}", f"{at}") for at in range(1, 6))
    async with scene() as on:
        await on.shaped()
        (phone,) = await on.phones(1, "whatsapp")
        await phone.type("halo")
        await on.bot.channels["whatsapp"].send(Outgoing("whatsapp", phone.bsuid, "Q", options, language=language))
        assert last(phone).list_title == label


async def old_buttons(on: Scene, phone: Phone) -> list[str]:
    """What comes of old buttons, one after the other."""
    kind = last(phone).id
    said: list[str] = []

    async def then(label: str) -> None:
        count, toasts = len(heard(phone)), len(phone.toasts)
        await presses(on, phone, label, kind)
        new = [re.sub("[*_]", "", text).split("\n\n")[0] for text in heard(phone)[count:]]
        notes = [toast["text"] for toast in list(phone.toasts)[toasts:] if toast["text"]]
        said.append((new or notes)[0])

    await then("Dua")
    await then("Dua")
    await then("Tiga")
    await on.say(phone, "tidak")
    await then("Satu")
    await on.say(phone, "ya", "+62 812 000 0001")
    assert [text for text in heard(phone) if "DONE" in text]
    await then("Dua")
    on.clock.now += 120_000
    await then("Dua")
    return said


@pytest.mark.asyncio
async def test_old_buttons_say_the_same_as_on_telegram() -> None:
    said: list[list[str]] = []
    for channel in ("telegram", "whatsapp"):
        async with scene() as on:
            said.append(await old_buttons(on, await at_the_question(on, channel)))
    assert said[0] == said[1]
    assert all(said[0])
    assert len(set(said[0])) > 3


@pytest.mark.asyncio
@pytest.mark.parametrize("code", [21655, 21656, 63016, 63028])
async def test_what_twilio_does_not_take_goes_once_as_lines(code: int) -> None:
    async with scene() as on:
        await on.shaped()
        (phone,) = await on.phones(1, "whatsapp")
        await on.say(phone, "errand")
        on.sandbox.fault("twilio", "messages.create", status=400, error_code=code, times=1)
        with capture_logs() as logged:
            await on.say(phone, "Peserta Satu")
        assert heard(phone)[-1].endswith("1. Satu\n2. Dua\n3. Tiga")
        assert last(phone).buttons == []
        assert [one["event"] for one in logged if one["log_level"] == "warning"] == ["whatsapp.as_lines"]
        assert "Peserta" not in str(logged)
        await on.say(phone, "kembali", "Peserta Satu")
        assert labels(last(phone)) == ["Satu", "Dua", "Tiga"]


@pytest.mark.asyncio
async def test_what_twilio_takes_and_tells_afterwards_that_it_did_not_go_comes_once_as_lines() -> None:
    async with scene() as on:
        await on.shaped()
        (phone,) = await on.phones(1, "whatsapp")
        await on.say(phone, "errand")
        on.sandbox.fault("twilio", "messages.create", error_code=63013, times=1)
        await on.say(phone, "Peserta Satu")
        await on.until(lambda: len(heard(phone)) == 2)
        assert heard(phone)[-1].endswith("1. Satu\n2. Dua\n3. Tiga")
        assert last(phone).buttons == []
        on.sandbox.fault("twilio", "messages.create", error_code=63013, times=3)
        await on.say(phone, "kembali", "Peserta Satu")
        await on.until(lambda: on.sql("SELECT count(*) FROM outbox WHERE delivery = 'failed'") == 2)
        await asyncio.sleep(0.05)
        assert len(heard(phone)) == 2


@pytest.mark.asyncio
async def test_a_closed_window_holds_a_question_until_the_person_writes_and_then_it_has_its_buttons() -> None:
    async with scene() as on:
        await on.shaped()
        (phone,) = await on.phones(1, "whatsapp")
        await on.say(phone, "errand")
        on.sandbox.fault("twilio", "messages.create", status=400, error_code=63016, times=2)
        await on.say(phone, "Peserta Satu")
        assert on.sql("SELECT count(*) FROM outbox WHERE state = 'held'") == 1
        await on.say(phone, "/apa saja")
        await on.until(lambda: any(message.buttons for message in phone.chat))


@pytest.mark.asyncio
async def test_buttons_that_are_gone_at_twilio_are_not_used_after_the_next_look() -> None:
    async with scene() as on:
        phone = await at_the_question(on)
        assert last(phone).buttons
        there = on.sandbox.twilio.contents.templates
        for sid in list(there)[:-1]:
            del there[sid]
        await Approvals(on.bot.store, twilio_contents(on.settings), on.bot.learn_shapes).once()
        calls = len(on.sandbox.calls("messages.create"))
        await on.say(phone, "kembali", "Peserta Satu")
        assert last(phone).buttons == []
        assert len(on.sandbox.calls("messages.create")) == calls + 2


@pytest.mark.asyncio
async def test_where_several_may_be_chosen_their_numbers_are_written() -> None:
    async with scene() as on:
        await on.shaped()
        (phone,) = await on.phones(1, "whatsapp")
        await on.say(phone, "daftar", "1", "1985", "2", "Peserta Satu", "lewati", "2")
        assert "Boleh lebih dari satu" in last(phone).text
        assert last(phone).buttons == []
        await on.say(phone, "1 2")
        assert labels(last(phone))[0] == "Wonosobo"
