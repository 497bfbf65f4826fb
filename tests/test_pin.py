"""A place on a map: behind the text, on both channels, once, and only where it is known where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert

from bot.messages import Outgoing, Pin
from bot.questions import marts
from bot.queued import body, message_of
from bot.sandbox.faults import Fault
from bot.sandbox.phones import Phone
from bot.schema import marts as table
from bot.store import Tx
from tests.dialogue import Stage, stage

WHERE = {"latitude": -7.4511, "longitude": 109.8544}


@pytest.fixture
def placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A file of marts in which the operator has filled in where one is."""
    text = marts.FILE.read_text(encoding="utf-8")
    known = 'latitude = -7.4511\nlongitude = 109.8544\ncontact = "Ibu Contoh, 0800-0-000-001"\n'
    path = tmp_path / "marts.toml"
    path.write_text(text.replace('code = "kaliwiro"', f'code = "kaliwiro"\n{known}'), encoding="utf-8")
    monkeypatch.setattr(marts, "FILE", path)
    marts.everywhere.cache_clear()
    yield
    marts.everywhere.cache_clear()


async def asked(on: Stage, channel: str, text: str = "mart wonosobo") -> Phone:
    """A phone on which somebody has asked for the mart, and was answered."""
    phone = await on.sandbox.phone(channel, name="Peserta 01", language_code="id", number="+6281200000001")
    await phone.type(text)
    await phone.waits(2)
    await on.quiet()
    return phone


@pytest.mark.asyncio
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_the_mart_is_shown_on_a_map_behind_the_answer(placed: None, channel: str) -> None:
    async with stage() as on:
        phone = await asked(on, channel)
        answer, pin = [message for message in phone.chat if message.side == "bot"][-2:]
    assert "SBMI Mart Kaliwiro" in answer.text
    assert "Ibu Contoh, 0800-0-000-001" in answer.text
    assert pin.kind == "location"
    assert pin.location is not None
    assert {name: pin.location[name] for name in WHERE} == WHERE
    if channel == "whatsapp":
        assert (pin.text, pin.location["label"]) == ("SBMI Mart Kaliwiro", "SBMI Mart Kaliwiro")
    else:
        assert answer.buttons
        assert not pin.buttons


@pytest.mark.asyncio
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_where_the_place_is_not_known_there_is_no_map(channel: str) -> None:
    async with stage() as on:
        phone = await on.sandbox.phone(channel, name="Peserta 01", language_code="id", number="+6281200000001")
        await phone.type("mart wonosobo")
        await on.quiet()
        assert [message.kind for message in phone.chat if message.side == "bot"] == ["text"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("channel", "provider", "method", "skip"),
    [("telegram", "telegram", "sendLocation", 0), ("whatsapp", "twilio", "messages.create", 1)],
)
async def test_a_map_that_does_not_arrive_goes_again_without_the_answer(
    placed: None, channel: str, provider: str, method: str, skip: int
) -> None:
    async with stage() as on:
        on.sandbox.world.faults.add(
            Fault(provider=provider, method=method, status=429, retry_after=1, times=1, skip=skip, error_code=20429)
        )
        phone = await asked(on, channel)
        told = [message for message in phone.chat if message.side == "bot"]
    assert [message.kind for message in told] == ["text", "location"]


@pytest.mark.asyncio
async def test_a_pin_that_comes_with_a_question_leaves_the_question_to_be_answered(placed: None) -> None:
    async with stage() as on:
        assert on.running is not None
        await on.running.store.run(_closed)
        phone = await asked(on, "whatsapp")
        text, pin = [message for message in phone.chat if message.side == "bot"][-2:]
        assert "1. Kabari saya" in text.text
        assert pin.kind == "location"
        await phone.type("1")
        (noted,) = await phone.waits()
        assert "Begitu *SBMI Mart Kaliwiro* buka" in noted.text


@pytest.mark.asyncio
async def test_a_question_keeps_its_buttons_on_whatsapp_where_a_pin_comes_with_it(placed: None) -> None:
    async with stage() as on:
        assert on.running is not None
        await on.running.store.run(_closed)
        await on.shaped()
        on.sandbox.world.faults.add(
            Fault(provider="twilio", method="messages.create", status=429, times=1, skip=1, error_code=20429)
        )
        phone = await asked(on, "whatsapp")
        text, pin = [message for message in phone.chat if message.side == "bot"]
        assert [button.label for row in text.buttons for button in row] == ["Kabari saya", "Tidak usah"]
        assert pin.kind == "location"
        await phone.press("Kabari saya", text.id)
        (noted,) = await phone.waits()
        assert "Begitu *SBMI Mart Kaliwiro* buka" in noted.text


async def _closed(tx: Tx) -> None:
    await tx.execute(insert(table), {"code": "kaliwiro", "status": "temporarily_closed"})


def test_a_pin_is_kept_with_its_message() -> None:
    message = Outgoing("telegram", "1", "Alamat", pin=Pin(-7.4511, 109.8544, "Mart"))
    assert message_of(msgspec.json.decode(body(message)), "telegram", "1") == message
