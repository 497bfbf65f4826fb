"""Pausing, resuming and cancelling an announcement from the message that shows how far it is."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messages import Incoming
from bot.records import announcements
from bot.sandbox.phones import Phone
from tests.dialogue import Stage, phone_account, stage
from tests.prepared import carry_out

pytestmark = pytest.mark.asyncio


async def going_out(on: Stage, channel: str) -> tuple[Phone, Phone, str]:
    """A coordinator, a participant, and an announcement that goes out and waits for the evening."""
    chief = await on.sandbox.phone(channel, name="Koordinator 01", language_code="id", number="+6281200000001")
    other = await on.sandbox.phone(channel, name="Peserta 01", language_code="id", number="+6281200000002")
    for phone in (chief, other):
        await phone.type("halo")
        await on.quiet()
    assert on.running is not None
    who = phone_account(chief, channel)
    await carry_out(on.running, "staff", who, "Koordinator 01", "coordinator 33.07", "id")
    await carry_out(on.running, "enrolled", phone_account(other, channel), "Peserta 01", "33.07.04", "id")
    await carry_out(on.running, "agreed", phone_account(other, channel), "Peserta 01", "1 all", "id")
    number = await carry_out(on.running, "announced", who, "Koordinator 01", "event 33.07 0m Rapat besok jam 9.", "id")
    await on.quiet()
    later = "UPDATE deliveries SET due_at = due_at + 36000000"
    await on.running.store.run(lambda tx: tx.driver(lambda db: db.execute(later).close()))
    await on.wait(61)
    await on.wait(6)
    return chief, other, number


async def state(on: Stage, number: str) -> str:
    assert on.running is not None
    found = await on.running.store.run(lambda tx: announcements.get(tx, number))
    assert found is not None
    return found.state


async def replies(on: Stage, phone: Phone, channel: str, message: str, text: str) -> str:
    """What comes back when somebody quotes a message of ours and writes this."""
    assert on.running is not None
    who = phone_account(phone, channel)
    before = len(phone.chat)
    key = f"{channel}:{message}:{text}"
    await on.running.take([Incoming(key, *who, at=on.clock.now, text=text, message="q", replies_to=message)])
    await on.quiet()
    return "\n".join(one.text for one in phone.chat[before:])


async def test_buttons_of_the_progress_message_steer_it() -> None:
    async with stage() as on:
        chief, _, number = await going_out(on, "telegram")
        shown = chief.last
        assert shown is not None
        assert f"{number} sedang dikirim.\n░░░░░░░░░░ 0 dari 1 orang\nSisanya mulai" in shown.text
        assert [button.label for row in shown.buttons for button in row] == ["Jeda", "Batal"]
        await chief.press("Jeda")
        await on.quiet()
        assert await state(on, number) == "paused"
        await on.wait(6)
        changed = chief.find(shown.id)
        assert changed is not None
        assert "sedang dijeda" in changed.text
        await chief.press("Lanjut", shown.id)
        await on.quiet()
        assert await state(on, number) == "sending"
        await chief.press("Batal", shown.id)
        await on.quiet()
        assert await state(on, number) == "cancelled"
        await on.wait(6)
        before = len(chief.chat)
        await chief.press(f"open|announce_control|pause {number}", shown.id, stale=True)
        await on.quiet()
        assert "jadi tidak perlu dijeda" in chief.chat[before].text


@pytest.mark.parametrize(
    "token", ["open|announce_control|pause {}", "open|consent_again|x", "open|nowhere|", "open", "open||"]
)
async def test_a_button_opens_nothing_for_who_may_not_be_there(token: str) -> None:
    async with stage() as on:
        _, other, number = await going_out(on, "telegram")
        before = len(other.chat)
        await other.press(token.format(number), other.chat[-1].id, stale=True)
        await on.quiet()
        assert "Ada yang bisa kami bantu?" in other.chat[before].text
        assert await state(on, number) == "sending"


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_words_mean_an_announcement_only_in_reply_to_its_progress_or_with_its_number(channel: str) -> None:
    async with stage() as on:
        chief, other, number = await going_out(on, channel)
        message = await shown_message(on, number) if channel == "telegram" else "SM1"
        if channel == "whatsapp":
            # Its quarter has not been reached: as if a line had been told.
            assert on.running is not None
            await on.running.store.run(lambda tx: announcements.note(tx, number, {"messages": ["SM1"]}))
        assert "dijeda" in await replies(on, chief, channel, message, "jeda")
        assert await state(on, number) == "paused"
        assert "jalan lagi" in await replies(on, chief, channel, message, "lanjut ya")
        assert await state(on, number) == "sending"
        for text in ("jeda", "lanjut", "batal"):
            await replies(on, chief, channel, "", text)
            await replies(on, chief, channel, "999999", f"{text} ")
            await replies(on, other, channel, message, text)
            assert await state(on, number) == "sending", text
        await chief.type(f"batal {number.lower()}")
        await on.quiet()
        assert await state(on, number) == "cancelled"


async def shown_message(on: Stage, number: str) -> str:
    """The provider's id of the message that shows its progress, also before it has been noted."""
    assert on.running is not None

    async def work(tx: Any) -> str:
        found = await announcements.get(tx, number)
        assert found is not None
        row = await tx.driver(
            lambda db: db.execute("SELECT provider_id FROM outbox WHERE id = ?", (found.progress["row"],)).fetchone()
        )
        return str(row[0])

    return await on.running.store.run(work)
