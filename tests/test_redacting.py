"""Deleting somebody reaches Twilio's own log: soon, whatever happens, and nobody else. The real bot over HTTP."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp import WhatsApp
from bot.clockwork.redacting import Redacting
from bot.sandbox.phones import Phone
from tests.prepared import carry_out
from tests.test_behaviour import Scene, scene

FINAL = ("read", "received")
WAITING = "SELECT count(*) FROM redactions"
AFTER = 11 * 60.0
"""Seconds after which it is tried for the first time."""


async def enrolled(on: Scene, *phones: Phone) -> None:
    """These have enrolled and have said something since."""
    for number, phone in enumerate(phones, 1):
        await on.say(phone, "menu")
        who = ("whatsapp", phone.bsuid)
        await carry_out(on.bot, "enrolled", who, f"Peserta {number:02}", "33.07.04 verified 3d", "id")
        await on.say(phone, "data saya", "1")


async def delete(on: Scene, phone: Phone) -> None:
    """Somebody has everything deleted, and is told so."""
    await on.say(phone, "hapus data", "2", "2", "hapus")
    records = on.sandbox.twilio.records
    await on.until(lambda: all(one["status"] in FINAL for one in records.page({"PageSize": "1000"})["messages"]))


def kept(on: Scene, phone: Phone) -> list[str]:
    """The texts that Twilio's log has of somebody."""
    own = {f"whatsapp:{phone.bsuid}", f"whatsapp:{phone.number}"}
    records = on.sandbox.twilio.records.page({"PageSize": "1000"})["messages"]
    return [one["body"] for one in records if own & {one["from"], one["to"]} and one["body"]]


async def look(on: Scene) -> None:
    """What it does every few minutes."""
    whatsapp = on.bot.channels["whatsapp"]
    assert isinstance(whatsapp, WhatsApp)
    await Redacting(whatsapp, on.bot.store).once()


@pytest.mark.asyncio
@pytest.mark.parametrize("hidden", [False, True])
async def test_nothing_of_somebody_deleted_is_left_at_twilio(hidden: bool) -> None:
    async with scene() as on:
        gone = await on.sandbox.phone("whatsapp", name="Peserta 01", hidden_number=hidden)
        (stays,) = await on.phones(1, "whatsapp")
        await enrolled(on, gone, stays)
        others = len(kept(on, stays))
        await delete(on, gone)
        assert on.sql(WAITING) == (1 if hidden else 2)
        await look(on)
        assert len(kept(on, gone)) > 10, "what is on its way is waited for"
        await on.wait(AFTER)
        await on.down()
        await on.up()
        await on.until(lambda: on.sql(WAITING) == 0)
        assert kept(on, gone) == []
        assert len(kept(on, stays)) == others


@pytest.mark.asyncio
async def test_it_is_tried_until_it_has_happened(capfd: pytest.CaptureFixture[str]) -> None:
    async with scene() as on:
        gone = await on.sandbox.phone("whatsapp", name="Peserta 01", number="+628120000001")
        await enrolled(on, gone)
        await delete(on, gone)
        fault = on.sandbox.fault("twilio", "messages.update", status=503)
        await on.wait(AFTER)
        await look(on)
        await look(on)
        assert on.sql("SELECT max(attempts) FROM redactions") == 1, "not at once again"
        on.sandbox.heal(fault)
        fault = on.sandbox.fault("twilio", "messages.list", close=True)
        await on.wait(AFTER)
        await look(on)
        on.sandbox.heal(fault)
        await on.wait(AFTER)
        await look(on)
        assert len(kept(on, gone)) > 10, "and later each time"
        await on.wait(6 * 3600)
        await look(on)
        assert kept(on, gone) == []
        assert on.sql(WAITING) == 0
        logged = "".join(capfd.readouterr())
        assert "redacting.later" in logged
        assert "8120000001" not in logged
        assert gone.bsuid not in logged


@pytest.mark.asyncio
async def test_an_address_is_not_kept_for_ever(capfd: pytest.CaptureFixture[str]) -> None:
    async with scene() as on:
        (gone,) = await on.phones(1, "whatsapp")
        await enrolled(on, gone)
        await delete(on, gone)
        on.sandbox.fault("twilio", "messages.*", status=401)
        await on.wait(31 * 24 * 3600)
        await on.until(lambda: on.sql(WAITING) == 0)
        assert "redactions.given_up" in "".join(capfd.readouterr())


@pytest.mark.asyncio
async def test_nothing_that_a_child_was_told_is_left() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        # Nothing is told of what was sent: until then the texts are kept.
        on.sandbox.world.settings.statuses = ("queued",)
        await on.say(phone, "daftar", "1")
        before = on.sql("SELECT count(*) FROM outbox WHERE body IS NOT NULL")
        assert before > 1
        await on.say(phone, "15", "betul")
        assert "18" in phone.chat[-1].text
        assert on.sql("SELECT count(*) FROM outbox WHERE body IS NOT NULL") == 1, "what was just said goes with its day"
        assert on.sql(WAITING) == 2
        await on.say(phone, "daftar", "1", "15", "1")
        assert on.sql(WAITING) == 2, "once for each address"


@pytest.mark.asyncio
async def test_a_draft_that_is_deleted_goes_there_too_and_telegram_keeps_nothing_of_ours() -> None:
    async with scene() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await on.say(phone, "daftar", "1", "Rahasia", "hapus data", "2")
        assert on.sql(WAITING) == 2
        assert on.sql("SELECT count(*) FROM talks WHERE conversation = 'enrol'") == 0
        (other,) = await on.phones(1, "telegram")
        await on.say(other, "daftar", "1", "Rahasia", "hapus data", "2")
        assert on.sql("SELECT count(*) FROM talks WHERE conversation = 'enrol'") == 0
        assert on.sql(WAITING) == 2
